//! What one connection can make the server keep, and say: little, with a key or without.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "what the server took is worth knowing")]

mod support;

use std::{
    fs,
    future::poll_fn,
    time::{Duration, Instant},
};

use h2::{RecvStream, SendStream, client::SendRequest};
use http::Request;
use prost::{Message as _, bytes::Bytes};
use support::{Server, Stage, World, Write, expect_error, world::fixture};
use tokio::{
    net::TcpStream,
    task::{JoinSet, yield_now},
    time::timeout,
};
use tonic::Code;

/// What the server may take in all, in KiB of resident memory.
const MEMORY: u64 = 100 * 1024;
/// How long the flood lasts.
const SPAN: Duration = Duration::from_secs(4);
/// The largest message that the server reads.
const LARGEST: usize = 4 << 20;
/// More streams than the server lets anybody open.
const STREAMS: usize = 1000;
const INVITE: &str = "/rollcall.v1.MembershipService/Invite";
/// The tag of an item of `BatchCheckRequest`.
const ITEM: u8 = 0x12;
const CHECK: &str = "/rollcall.v1.AuthorizationService/Check";

/// The SHA-256 of a key that the flood does not have.
const KEYED: &str = "auth.callers=shop:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683";

/// A bare HTTP/2 connection.
async fn connect(server: &Server) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client
}

fn request(path: &str) -> Request<()> {
    let request = Request::post(format!("http://rollcall{path}"));
    request.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap()
}

/// Sends as many zero bytes as the server takes, behind the prefix of a message of `length`; whether all were taken.
async fn send(stream: &mut SendStream<Bytes>, length: usize, bytes: usize) -> bool {
    let prefix = [&[0][..], &u32::try_from(length).unwrap().to_be_bytes()].concat();
    if stream.send_data(prefix.into(), false).is_err() {
        return false;
    }
    let mut left = bytes;
    while left > 0 {
        stream.reserve_capacity(left.min(16_384));
        let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await else { return false };
        let room = room.min(left);
        if stream.send_data(vec![0; room].into(), false).is_err() {
            return false;
        }
        left -= room;
    }
    true
}

/// Streams that each begin a message of the largest size; with `ends` they also finish it.
async fn messages(client: SendRequest<Bytes>, path: &'static str, ends: bool) {
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let client = client.clone();
        streams.spawn(async move {
            loop {
                let Ok(mut ready) = client.clone().ready().await else { return };
                let Ok((response, mut stream)) = ready.send_request(request(path), false) else { return };
                let bytes = if ends { LARGEST } else { LARGEST - 1 };
                if send(&mut stream, LARGEST, bytes).await {
                    if ends {
                        stream.send_data(Bytes::new(), true).ok();
                    }
                    if let Ok(response) = response.await {
                        drain(response.into_body()).await;
                    }
                }
            }
        });
    }
    streams.join_all().await;
}

async fn drain(mut body: RecvStream) {
    while let Some(Ok(data)) = body.data().await {
        body.flow_control().release_capacity(data.len()).ok();
    }
}

/// Streams that are reset as soon as they are open.
async fn resets(client: SendRequest<Bytes>) {
    loop {
        let Ok(mut ready) = client.clone().ready().await else { return };
        let Ok((response, mut stream)) = ready.send_request(request(CHECK), false) else { return };
        stream.send_reset(h2::Reason::CANCEL);
        drop(response);
        // Lets the connection send it.
        yield_now().await;
    }
}

/// The most memory that a process has had at once, in KiB.
fn peak(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Floods a server for a while. Others are served meanwhile and after, and little is kept or said of it.
async fn flooded(stage: &Stage, flood: impl Future<Output = ()>) {
    timeout(SPAN, flood).await.ok();
    eprintln!("at most {} KiB", peak(&stage.server));
    assert!(peak(&stage.server) < MEMORY, "{} KiB", peak(&stage.server));
    let log = stage.server.log();
    let warning = log.iter().find(|line| !line.contains(r#""level":"INFO""#));
    assert_eq!(warning, None, "of {} lines", log.len());
}

/// Asks on connections of its own until the flood is over; every question is answered.
async fn asking(world: World, until: Instant) -> usize {
    let mut answered = 0;
    while Instant::now() < until {
        assert!(world.may("edith", "data.edit", "harbour").await);
        answered += 1;
    }
    answered
}

#[tokio::test]
async fn begun_messages_are_not_kept_without_a_key() {
    let stage = Stage::with(&[KEYED]).await;
    flooded(&stage, messages(connect(&stage.server).await, CHECK, false)).await;
}

#[tokio::test]
async fn whole_messages_are_not_kept_without_a_key() {
    let stage = Stage::with(&[KEYED]).await;
    flooded(&stage, messages(connect(&stage.server).await, CHECK, true)).await;
}

#[tokio::test]
async fn begun_messages_take_no_more_than_their_connection_has_room_for() {
    let stage = Stage::new().await;
    let world = stage.world().await;
    let asking = tokio::spawn(asking(world, Instant::now() + SPAN));
    flooded(&stage, messages(connect(&stage.server).await, CHECK, false)).await;
    assert!(asking.await.unwrap() > 10);
}

#[tokio::test]
async fn whole_messages_take_no_more_than_their_connection_has_room_for() {
    let stage = Stage::new().await;
    let world = stage.world().await;
    let asking = tokio::spawn(asking(world, Instant::now() + SPAN));
    flooded(&stage, messages(connect(&stage.server).await, CHECK, true)).await;
    assert!(asking.await.unwrap() > 10);
}

#[tokio::test]
async fn what_needs_no_key_has_the_same_bounds() {
    let stage = Stage::with(&[KEYED]).await;
    let reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
    flooded(&stage, messages(connect(&stage.server).await, reflection, false)).await;
}

/// A message behind its prefix.
fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat().into()
}

/// Sends bytes as the server takes them; whether all were taken.
async fn send_all(stream: &mut SendStream<Bytes>, mut bytes: Bytes) -> bool {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len().min(16_384));
        let Some(Ok(room)) = poll_fn(|cx| stream.poll_capacity(cx)).await else { return false };
        if stream.send_data(bytes.split_to(room.min(bytes.len())), false).is_err() {
            return false;
        }
    }
    true
}

/// The same message on as many streams as there may be, and no answer is read.
async fn unread(client: SendRequest<Bytes>, path: &'static str, message: Bytes, ends: bool) {
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let (client, message) = (client.clone(), message.clone());
        streams.spawn(async move {
            let Ok(mut ready) = client.ready().await else { return };
            let Ok((response, mut stream)) = ready.send_request(request(path), false) else { return };
            if send_all(&mut stream, message).await && ends {
                stream.send_data(Bytes::new(), true).ok();
            }
            // Keeps the stream, and reads nothing.
            let _response = response.await;
            std::future::pending::<()>().await;
        });
    }
    streams.join_all().await;
}

#[tokio::test]
async fn what_needs_no_key_gives_no_large_answers() {
    // Protobuf: field 1, a text, in both; to reflection also field 7, a text, which asks for something.
    let text = [&[0x0a, 0xf0, 0xff, 0xff, 0x01][..], &vec![b'a'; 0x3f_fff0]].concat();
    for (path, message) in [
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", [&text[..], &[0x3a, 0]].concat()),
        ("/grpc.health.v1.Health/Check", text.clone()),
    ] {
        let stage = Stage::with(&[KEYED]).await;
        flooded(&stage, unread(connect(&stage.server).await, path, framed(&message), true)).await;
    }
}

#[tokio::test]
async fn entries_without_end_are_not_decoded() {
    // A question of no bytes, again and again.
    const BATCH: &str = "/rollcall.v1.AuthorizationService/BatchCheck";
    let stage = Stage::new().await;
    flooded(&stage, unread(connect(&stage.server).await, BATCH, framed(&[ITEM, 0].repeat(LARGEST / 2)), true)).await;
    // As many as a small message has, in calls that do not end.
    flooded(&stage, unread(connect(&stage.server).await, BATCH, framed(&[ITEM, 0].repeat(8000)), false)).await;
}

#[tokio::test]
async fn a_list_of_values_is_as_long_as_there_is_sense_in_it() {
    let (stage, world) = fixture().await;
    let ended = async {
        let mut request = world.members_at("harbour");
        request.statuses = vec![2; 40_000];
        expect_error(world.api.list_members(request.clone()).await, Code::InvalidArgument, "FIELD_TOO_LONG");
        request.statuses.truncate(128);
        world.api.list_members(request).await.expect("as many as are allowed");
    };
    flooded(&stage, ended).await;
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
            if send_all(&mut stream, message.clone()).await {
                stream.send_data(Bytes::new(), true).ok();
            }
            // So that it is on its way when it is given up.
            timeout(Duration::from_millis(2), response).await.ok();
            stream.send_reset(h2::Reason::CANCEL);
        }
    };
    flooded(&stage, abandoned).await;
    world.api.write(world.create_site("olga", "new")).await.expect("others are not kept waiting");
}

#[tokio::test]
async fn many_large_messages_at_once_all_arrive() {
    let stage = Stage::new().await;
    let client = connect(&stage.server).await;
    let mut messages = JoinSet::new();
    for _ in 0..40 {
        let mut client = client.clone().ready().await.unwrap();
        messages.spawn(async move {
            let (response, mut stream) = client.send_request(request(CHECK), false).unwrap();
            assert!(send(&mut stream, LARGEST, LARGEST).await);
            stream.send_data(Bytes::new(), true).unwrap();
            let response = response.await.unwrap();
            // Each was read whole: zeros are no message.
            assert_eq!(response.headers()["grpc-status"], "13", "{response:?}");
        });
    }
    timeout(Duration::from_secs(25), messages.join_all()).await.expect("none keeps another from arriving");
    assert!(peak(&stage.server) < MEMORY, "{} KiB", peak(&stage.server));
}

#[tokio::test]
async fn a_stranger_is_refused_before_a_byte_of_the_body_is_read() {
    let stage = Stage::with(&[KEYED]).await;
    let mut client = connect(&stage.server).await.ready().await.unwrap();
    let (response, _stream) = client.send_request(request(CHECK), false).unwrap();
    let response = timeout(SPAN, response).await.expect("nothing is waited for").unwrap();
    assert_eq!(response.headers()["grpc-status"], "16", "{response:?}");
}

#[tokio::test]
async fn a_connection_has_so_many_streams_and_no_more() {
    for (settings, streams) in [(&[][..], 200), (&["limits.connection_streams=3"], 3)] {
        let stage = Stage::with(settings).await;
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
    for settings in [&[][..], &[KEYED]] {
        let stage = Stage::with(settings).await;
        flooded(&stage, resets(connect(&stage.server).await)).await;
    }
}
