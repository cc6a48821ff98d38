//! Connections get no older than the settings say: clients change to another, and lose nothing.

use std::{error::Error as _, sync::Arc, time::Duration};

use rollcall::proto::{
    Change, ChangeOrder, ListChangesRequest, WatchChangesRequest, WatchChangesResponse, watch_changes_request::Start,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tonic::{Code, Status, Streaming};

use super::{SecureServer, TIMEOUT, causes};
use crate::{
    log::{all, position},
    support::{WireTenant, error::reason_of},
};

const AGE: &str = "limits.connection_age=2s";
/// How many connections a client makes, one after the other.
const CONNECTIONS: usize = 4;
/// How many clients of one connection call at a time.
const CLIENTS: usize = 4;
/// What a client says of a call that a GOAWAY of its server leaves out, where that has no error to report.
const LEFT_OUT: &str = "connection error received: not a result of an error";
/// Between two writes.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether no server took a call that failed, so that it can be sent again whatever it is: the channel handed it to a connection that
/// was just closing, or the connection's end (a GOAWAY without an error) leaves it out of what the server takes.
pub(super) fn is_unsent(status: &Status) -> bool {
    let causes = causes(status);
    match status.code() {
        Code::Cancelled => status.source().is_some() && causes.contains("connection closed"),
        Code::Internal => causes.contains(LEFT_OUT),
        _ => false,
    }
}

/// Asks until the channel has made its last connection. How many questions were answered.
async fn ask(stage: Arc<SecureServer>, world: WireTenant) -> u32 {
    let mut answers = 0;
    while stage.client.handshakes() < CONNECTIONS {
        match world.api.check(world.question("ada", "user_management.view", "workspace")).await {
            Ok(answer) => {
                assert!(answer.allowed);
                answers += 1;
            }
            Err(status) => assert!(is_unsent(&status), "{status:?}"),
        }
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_over_the_connections_that_follow_one_another() {
    let stage = Arc::new(SecureServer::start(&[AGE]).await);
    let world = stage.tenant().await;
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(ask(stage.clone(), world.clone()));
    }
    let answers = timeout(TIMEOUT, clients.join_all()).await.expect("no connection is older than its age");
    assert!(answers.iter().all(|answers| *answers > 0), "{answers:?}");
}

/// Invites until the channel has made its last connection.
async fn write(stage: Arc<SecureServer>, world: WireTenant) {
    for number in 0.. {
        if stage.client.handshakes() >= CONNECTIONS {
            return;
        }
        let invite = world.invite("ada", &format!("guest-{number}@acme.test"), "workspace", "user");
        while let Err(status) = world.api.write(invite.clone()).await {
            assert!(is_unsent(&status), "{status:?}");
        }
        sleep(PAUSE).await;
    }
}

/// Watches from a start on.
async fn watch(world: &WireTenant, start: Start) -> Streaming<WatchChangesResponse> {
    let request = WatchChangesRequest { tenant: world.tenant.clone(), start: Some(start), ..Default::default() };
    loop {
        match world.api.watch.clone().watch_changes(request.clone()).await {
            Ok(stream) => return stream.into_inner(),
            Err(status) => assert!(is_unsent(&status), "{status:?}"),
        }
    }
}

/// Reads a watch to its end: its changes are `seen`, and `start` is after the last of its tokens.
async fn read(mut stream: Streaming<WatchChangesResponse>, start: &mut Start, seen: &mut Vec<Change>) -> Status {
    loop {
        match timeout(TIMEOUT, stream.message()).await.expect("a watch has heartbeats") {
            Ok(response) => {
                let response = response.expect("a watch ends with an error");
                seen.extend(response.changes);
                if !response.token.is_empty() {
                    *start = Start::After(response.token);
                }
            }
            Err(status) => return status,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_ends_with_its_connection_and_goes_on_over_the_next() {
    let stage = Arc::new(SecureServer::start(&[AGE, "watch.heartbeat=100ms"]).await);
    let world = stage.tenant().await;
    let writes = tokio::spawn(write(stage.clone(), world.clone()));
    let (mut start, mut seen) = (Start::FromBeginning(true), Vec::new());
    while stage.client.handshakes() < CONNECTIONS {
        let end = read(watch(&world, start.clone()).await, &mut start, &mut seen).await;
        assert_eq!(reason_of(&end), "DRAINING", "{end:?}");
    }
    writes.await.unwrap();
    // What came after the last end.
    read(watch(&world, start.clone()).await, &mut start, &mut seen).await;
    let others = WireTenant { api: stage.api().await, ..world };
    let made =
        all(&others, ListChangesRequest { order_by: ChangeOrder::OldestFirst.into(), ..Default::default() }).await;
    let positions = |changes: &[Change]| changes.iter().map(position).collect::<Vec<_>>();
    assert_eq!(positions(&seen), positions(&made));
    let log = stage.server.log();
    assert!(!log.iter().any(|line| line.contains("WARN") || line.contains("ERROR")), "that is no trouble:\n{log:?}");
}
