//! Requests that would cost much: large answers, entries without end, writes that are given up, streams that are reset.

use std::time::Duration;

use prost::{Message as _, bytes::Bytes};
use tokio::time::timeout;
use tonic::Code;

use super::{
    CHECK, MAX_MESSAGE_BYTES, WITH_API_KEY, assert_bounded,
    client::{connect, framed, request, reset_streams, send, send_and_read_nothing},
};
use crate::support::{TestServer, Write, expect_error, wire_tenant::fixture};

/// Longer than anything takes that is not broken.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(20);
const INVITE: &str = "/rollcall.v1.MembershipService/Invite";
/// The tag of an item of `BatchCheckRequest`.
const ITEM: u8 = 0x12;

#[tokio::test]
async fn what_needs_no_key_gives_no_large_answers() {
    // Protobuf: field 1, a text, in both; to reflection also field 7, a text, which asks for something.
    let text = [&[0x0a, 0xf0, 0xff, 0xff, 0x01][..], &vec![b'a'; 0x3f_fff0]].concat();
    for (path, message) in [
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", [&text[..], &[0x3a, 0]].concat()),
        ("/grpc.health.v1.Health/Check", text.clone()),
    ] {
        let stage = TestServer::with(&[WITH_API_KEY]).await;
        assert_bounded(&stage, send_and_read_nothing(connect(&stage.server).await, path, framed(&message), true)).await;
    }
}

#[tokio::test]
async fn entries_without_end_are_not_decoded() {
    // A question of no bytes, again and again.
    const BATCH: &str = "/rollcall.v1.AuthorizationService/BatchCheck";
    let stage = TestServer::new().await;
    assert_bounded(
        &stage,
        send_and_read_nothing(
            connect(&stage.server).await,
            BATCH,
            framed(&[ITEM, 0].repeat(MAX_MESSAGE_BYTES / 2)),
            true,
        ),
    )
    .await;
    // As many as a small message has, in calls that do not end.
    assert_bounded(
        &stage,
        send_and_read_nothing(connect(&stage.server).await, BATCH, framed(&[ITEM, 0].repeat(8000)), false),
    )
    .await;
}

#[tokio::test]
async fn a_list_of_values_is_as_long_as_there_is_sense_in_it() {
    let (stage, world) = fixture().await;
    let requests = async {
        let mut request = world.members_at("harbour");
        request.statuses = vec![2; 40_000];
        expect_error(world.api.list_members(request.clone()).await, Code::InvalidArgument, "FIELD_TOO_LONG");
        request.statuses.truncate(128);
        world.api.list_members(request).await.expect("as many as are allowed");
    };
    assert_bounded(&stage, requests).await;
}

#[tokio::test]
async fn writes_that_nobody_waits_for_are_not_kept() {
    let (stage, world) = fixture().await;
    let guests: Vec<String> = (0..100).map(|number| format!("{}-{number}@acme.test", "g".repeat(50))).collect();
    let guests: Vec<&str> = guests.iter().map(String::as_str).collect();
    let Write::Invite(invite) = world.invite_all("edith", &guests, &[("harbour", "viewer")]).dry() else {
        unreachable!()
    };
    let message = framed(&invite.encode_to_vec());
    let client = connect(&stage.server).await;
    let abandoned = async {
        loop {
            let Ok(mut ready) = client.clone().ready().await else { return };
            let Ok((response, mut stream)) = ready.send_request(request(INVITE), false) else { return };
            if send(&mut stream, message.clone()).await {
                stream.send_data(Bytes::new(), true).ok();
            }
            // So that it is on its way when it is given up.
            timeout(Duration::from_millis(2), response).await.ok();
            stream.send_reset(h2::Reason::CANCEL);
        }
    };
    assert_bounded(&stage, abandoned).await;
    world.api.write(world.create_site("olga", "new")).await.expect("others are not kept waiting");
}

#[tokio::test]
async fn a_stranger_is_refused_before_a_byte_of_the_body_is_read() {
    let stage = TestServer::with(&[WITH_API_KEY]).await;
    let mut client = connect(&stage.server).await.ready().await.unwrap();
    let (response, _stream) = client.send_request(request(CHECK), false).unwrap();
    let response = timeout(RESPONSE_TIMEOUT, response).await.expect("nothing is waited for").unwrap();
    assert_eq!(response.headers()["grpc-status"], "16", "{response:?}");
}

#[tokio::test]
async fn a_connection_has_so_many_streams_and_no_more() {
    for (settings, streams) in [(&[][..], 200), (&["limits.connection_streams=3"], 3)] {
        let stage = TestServer::with(settings).await;
        let mut client = connect(&stage.server).await.ready().await.unwrap();
        // The first answer comes behind the server's settings.
        let (response, mut stream) = client.send_request(request(CHECK), false).unwrap();
        stream.send_data(Bytes::new(), true).unwrap();
        response.await.unwrap();
        assert_eq!(client.current_max_send_streams(), streams);
    }
}

#[tokio::test]
async fn streams_that_are_reset_at_once_are_not_kept() {
    for settings in [&[][..], &[WITH_API_KEY]] {
        let stage = TestServer::with(settings).await;
        assert_bounded(&stage, reset_streams(connect(&stage.server).await)).await;
    }
}
