//! What the transport says of calls that reach no method: as gRPC's own servers say it.

use std::{future::poll_fn, time::Duration};

use h2::client::SendRequest;
use http::{HeaderMap, Request};
use prost::{Message as _, bytes::Bytes};
use rollcall::proto::{WatchChangesRequest, watch_changes_request::Start};
use tokio::net::TcpStream;

use crate::support::{TestServer, wire_tenant::fixture};

const CHECK: &str = "/rollcall.v1.AuthorizationService/Check";
const WATCH: &str = "/rollcall.v1.WatchService/WatchChanges";

async fn connect(server: &TestServer) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(server.server.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Calls `path` with these headers and bytes, and ends the call only if `ends`. The status and the message of the answer.
async fn call(
    client: &SendRequest<Bytes>,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    ends: bool,
) -> (String, String) {
    let mut request = Request::post(format!("http://rollcall{path}")).header("te", "trailers");
    for (name, value) in [("content-type", "application/grpc")].iter().chain(headers) {
        request = request.header(*name, *value);
    }
    let mut client = client.clone().ready().await.unwrap();
    let (response, mut stream) = client.send_request(request.body(()).unwrap(), false).unwrap();
    let mut body = Bytes::copy_from_slice(body);
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        let Some(Ok(capacity)) = poll_fn(|cx| stream.poll_capacity(cx)).await else { break };
        if stream.send_data(body.split_to(capacity.min(body.len())), false).is_err() {
            break;
        }
    }
    if ends {
        stream.send_data(Bytes::new(), true).ok();
    }
    let response = response.await.expect("the server answers");
    let status = |headers: &HeaderMap| {
        let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().to_owned());
        Some((text("grpc-status")?, text("grpc-message").unwrap_or_default()))
    };
    if let Some(status) = status(response.headers()) {
        return status;
    }
    let mut body = response.into_body();
    while let Some(data) = body.data().await {
        body.flow_control().release_capacity(data.unwrap().len()).unwrap();
    }
    status(&body.trailers().await.unwrap().expect("a call ends with its status")).expect("trailers have a status")
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat()
}

#[tokio::test]
async fn a_passed_deadline_is_said_to_be_one() {
    let (server, _) = fixture().await;
    let client = connect(&server).await;
    // The call never ends by itself, so that what it is answered is about its deadline, however slow the machine is.
    for timeout in ["1n", "1u", "300u", "1m", "2m", "5m", "10m", "11m", "50m"] {
        for round in 0..10 {
            let (code, message) = call(&client, CHECK, &[("grpc-timeout", timeout)], &[], false).await;
            assert_eq!(code, "4", "{timeout}, round {round}: {message}");
        }
    }
    let (code, _) = call(&client, CHECK, &[("grpc-timeout", "10S")], &framed(&[]), true).await;
    assert_eq!(code, "3", "in time, and wrong");
}

#[tokio::test]
async fn a_watch_ends_at_its_deadline() {
    let (server, world) = fixture().await;
    let client = connect(&server).await;
    let request = WatchChangesRequest { tenant: world.tenant.clone(), ..Default::default() };
    for start in [None, Some(Start::FromBeginning(true))] {
        let request = framed(&WatchChangesRequest { start, ..request.clone() }.encode_to_vec());
        let (code, message) = call(&client, WATCH, &[("grpc-timeout", "300m")], &request, true).await;
        assert_eq!(code, "4", "{message}");
    }
}

#[tokio::test]
async fn a_message_that_does_not_decode_is_internal_and_no_failure_of_the_server() {
    let (server, _) = fixture().await;
    let client = connect(&server).await;
    for broken in [&[0xff][..], &[0x0a, 0x05, b'a'], &[0x0a, 0x01, 0xff], &[0x08], &[0x0f]] {
        let (code, message) = call(&client, CHECK, &[], &framed(broken), true).await;
        assert_eq!(code, "13", "{broken:?}: {message}");
    }
    // An unknown field is no mistake.
    let (code, _) = call(&client, CHECK, &[], &framed(&[0xf8, 0x3f, 0x01]), true).await;
    assert_eq!(code, "3");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let log = server.server.log();
    assert!(!log.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "{log:?}");
}

#[tokio::test]
async fn an_encoding_that_is_not_read_is_refused_in_few_words() {
    let (server, _) = fixture().await;
    let client = connect(&server).await;
    for encoding in ["gzip", "zstd", &"x".repeat(8000)] {
        let (code, message) = call(&client, CHECK, &[("grpc-encoding", encoding)], &framed(&[]), true).await;
        assert!(code == "12" && message.len() < 100, "{code} {message}");
    }
    let (code, _) = call(&client, CHECK, &[("grpc-encoding", "identity")], &framed(&[]), true).await;
    assert_eq!(code, "3", "the empty question is read, and wrong");
}

#[tokio::test]
async fn what_is_too_large_exhausts_a_resource() {
    let server = TestServer::with(&["limits.request_bytes=2048", "limits.connection_bytes=4096"]).await;
    let client = connect(&server).await;
    let health = "/grpc.health.v1.Health/Check";
    for (path, bytes, code) in [(CHECK, 2049, "8"), (CHECK, 1 << 20, "8"), (health, 4097, "8"), (health, 0, "0")] {
        let (found, message) = call(&client, path, &[], &framed(&vec![0x0a; bytes]), true).await;
        assert_eq!(found, code, "{path} with {bytes} bytes: {message}");
    }
    let log = server.server.log();
    assert!(!log.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "{log:?}");
}
