//! Health answers everybody: on the main port as it is spoken there, and in plaintext on one of its own, which serves nothing else.

use prost::bytes::Bytes;
use rollcall::proto::CheckRequest;
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};
use tonic::{Code, Request, client::Grpc, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::{SecureServer, TIMEOUT, no_answer, plaintext};
use crate::support::{Api, TestServer, error::reason_of, raw::RawCodec};

/// Nobody has the key of this hash.
const SOMEBODY: &str = "auth.callers=shop:e5b86a3e5c89d120c6a462380b16e83db0f37652534ba4a94ad6d7b5541c55a4";
const PROBES: &str = "health.listen=127.0.0.1:0";

async fn health(channel: &Channel) -> ServingStatus {
    let request = HealthCheckRequest { service: "rollcall.v1.AuthorizationService".into() };
    HealthClient::new(channel.clone()).check(request).await.expect("health needs no key").into_inner().status()
}

/// What a method answers an empty message.
async fn code(channel: &Channel, path: &'static str) -> Code {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let request = Request::new(tokio_stream::once(Bytes::new()));
    let Err(status) = client.streaming(request, path.parse().unwrap(), RawCodec).await else { return Code::Ok };
    status.code()
}

#[tokio::test]
async fn health_answers_over_tls_without_credentials() {
    let stage = SecureServer::start(&[SOMEBODY]).await;
    let channel = stage.client.channel(stage.server.address()).await.unwrap();
    assert_eq!(health(&channel).await, ServingStatus::Serving);
    let refused = Api::new(channel).check(CheckRequest::default()).await.expect_err("but the rest wants them");
    assert_eq!(reason_of(&refused), "UNAUTHENTICATED");
    assert_eq!(stage.server.health_address(), None, "it has no other port");
}

#[tokio::test]
async fn a_port_for_probes_answers_health_in_plaintext_and_nothing_else() {
    let stage = SecureServer::start(&[SOMEBODY, PROBES]).await;
    let address = stage.server.health_address().expect("there is a port for probes");
    assert_ne!(address, stage.server.address());
    let channel = plaintext(address).await.expect("it takes connections");
    assert_eq!(health(&channel).await, ServingStatus::Serving);
    for path in [
        "/rollcall.v1.AuthorizationService/Check",
        "/rollcall.v1.TenantService/CreateTenant",
        "/rollcall.v1.WatchService/WatchChanges",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.health.v1.Health/Chekc",
        "/",
    ] {
        assert_eq!(code(&channel, path).await, Code::Unimplemented, "{path}");
    }
    // Who is known on the main port is nobody here, and TLS is not spoken.
    let refused = Api::new(channel).with_key("open sesame").check(CheckRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    assert!(stage.client.handshake(address).await.is_err());
    if let Ok(channel) = plaintext(stage.server.address()).await {
        no_answer(channel).await;
    }
}

#[tokio::test]
async fn a_port_for_probes_may_stand_beside_a_plaintext_one_and_ends_with_it() {
    let stage = TestServer::with(&[PROBES]).await;
    let channel = plaintext(stage.server.health_address().expect("there is a port for probes")).await.unwrap();
    let request = HealthCheckRequest { service: String::new() };
    let mut watch = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().expect("the present state").status(), ServingStatus::Serving);
    stage.server.drain();
    let next = timeout(TIMEOUT, watch.message()).await.expect("the state changes");
    assert_eq!(next.unwrap().expect("the change").status(), ServingStatus::NotServing);
    let status = timeout(TIMEOUT, stage.server.ended()).await.expect("a probe keeps nobody");
    assert_eq!(status.code(), Some(0));
}

/// Whoever opens connections to it without a word keeps no probe out: the oldest make room.
#[tokio::test]
async fn a_port_for_probes_has_room_for_each_new_one() {
    let stage = TestServer::with(&[PROBES]).await;
    let address = stage.server.health_address().expect("there is a port for probes");
    let mut first = TcpStream::connect(address).await.unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let channel = plaintext(address).await.expect("it takes connections");
    assert_eq!(health(&channel).await, ServingStatus::Serving);
    // What the server says of itself, and then nothing more.
    let mut heard = Vec::new();
    timeout(TIMEOUT, first.read_to_end(&mut heard)).await.expect("it is cut off").ok();
    assert_eq!(health(&channel).await, ServingStatus::Serving);
}
