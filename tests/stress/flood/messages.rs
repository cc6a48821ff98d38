//! Large messages, begun or whole: they take no more memory than their connection has room for.

use std::time::Duration;

use prost::bytes::Bytes;
use tokio::{task::JoinSet, time::timeout};

use super::{
    CHECK, MEMORY_LIMIT_KIB, WITH_API_KEY, ask_throughout, assert_bounded,
    client::{connect, largest_message, request, send, send_messages},
    peak_memory_kib,
};
use crate::support::TestServer;

#[tokio::test]
async fn begun_messages_are_not_kept_without_a_key() {
    let stage = TestServer::with(&[WITH_API_KEY]).await;
    assert_bounded(&stage, send_messages(connect(&stage.server).await, CHECK, false)).await;
}

#[tokio::test]
async fn whole_messages_are_not_kept_without_a_key() {
    let stage = TestServer::with(&[WITH_API_KEY]).await;
    assert_bounded(&stage, send_messages(connect(&stage.server).await, CHECK, true)).await;
}

#[tokio::test]
async fn begun_messages_take_no_more_than_their_connection_has_room_for() {
    let stage = TestServer::new().await;
    let world = stage.tenant().await;
    let asking = tokio::spawn(ask_throughout(world));
    assert_bounded(&stage, send_messages(connect(&stage.server).await, CHECK, false)).await;
    asking.await.unwrap();
}

#[tokio::test]
async fn whole_messages_take_no_more_than_their_connection_has_room_for() {
    let stage = TestServer::new().await;
    let world = stage.tenant().await;
    let asking = tokio::spawn(ask_throughout(world));
    assert_bounded(&stage, send_messages(connect(&stage.server).await, CHECK, true)).await;
    asking.await.unwrap();
}

#[tokio::test]
async fn what_needs_no_key_has_the_same_bounds() {
    let stage = TestServer::with(&[WITH_API_KEY]).await;
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    assert_bounded(&stage, send_messages(connect(&stage.server).await, reflection, false)).await;
}

#[tokio::test]
async fn many_large_messages_at_once_all_arrive() {
    let stage = TestServer::new().await;
    let client = connect(&stage.server).await;
    let message = largest_message();
    let mut messages = JoinSet::new();
    for _ in 0..40 {
        let mut client = client.clone().ready().await.unwrap();
        let message = message.clone();
        messages.spawn(async move {
            let (response, mut stream) = client.send_request(request(CHECK), false).unwrap();
            assert!(send(&mut stream, message).await);
            stream.send_data(Bytes::new(), true).unwrap();
            let response = response.await.unwrap();
            // Each was read whole: zeros are no message.
            assert_eq!(response.headers()["grpc-status"], "13", "{response:?}");
        });
    }
    timeout(Duration::from_secs(25), messages.join_all()).await.expect("none keeps another from arriving");
    assert!(peak_memory_kib(&stage.server) < MEMORY_LIMIT_KIB, "{} KiB", peak_memory_kib(&stage.server));
}
