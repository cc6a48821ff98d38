//! A watcher that stops reading: its stream is ended, others are not delayed, and it continues from its token.

use std::time::Duration;

use rollcall::proto::{WatchChangesRequest, watch_changes_request::Start};
use tokio::time::{sleep, timeout};
use tonic::{Code, transport::Endpoint};

use super::{
    position,
    watch::{history, next, watch},
};
use crate::support::{Api, TestServer, WireTenant, expect_error, golden, invitee, resource, subject};

/// Longer than anything takes unless it hangs.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Some hundred kilobytes of changes.
async fn write_much(world: &WireTenant) {
    for round in 0..10 {
        let people = (0..100).map(|number| {
            let mut invitee = invitee(&format!("guest-{round}-{number}@acme.test"));
            invitee.display_name = "x".repeat(200);
            invitee.grants.push(rollcall::proto::RoleGrant {
                resource: Some(resource(&world.tenant, "harbour")),
                role: "viewer".into(),
                expire_time: None,
            });
            invitee
        });
        let request = rollcall::proto::InviteRequest {
            tenant: world.tenant.clone(),
            actor: Some(subject("edith")),
            invitees: people.collect(),
            ..Default::default()
        };
        world.api.write(request.into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_that_stops_is_sent_away_and_comes_back_for_the_rest() {
    let stage = TestServer::with(&[
        "watch.timeout=300ms",
        "watch.heartbeat=100ms",
        "watch.watchers=2",
        "limits.invitations_per_day=10000",
    ])
    .await;
    let (world, other) = (stage.tenant().await, stage.tenant().await);
    let address = Endpoint::from_shared(format!("http://{}", stage.server.address())).unwrap();
    let narrow = address.initial_stream_window_size(65_535).connect().await.unwrap();
    let reader = WireTenant { api: Api::new(narrow), ..world.clone() };

    let mut stalled = watch(&reader, Some(Start::FromBeginning(true)), &[]).await;
    let mut awake = watch(&other, None, &[]).await;
    next(&mut awake).await;
    write_much(&world).await;
    // Both watchers are counted until the server ends the one that does not read.
    let request = WatchChangesRequest { tenant: other.tenant.clone(), ..Default::default() };
    let freed = async {
        loop {
            let site = format!("site-{}", other.revision().await);
            let written = other.api.write(other.create_site("olga", &site)).await.unwrap();
            while next(&mut awake).await.token != written.token() {}
            if other.api.watch.clone().watch_changes(request.clone()).await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TIMEOUT, freed).await.expect("the stalled reader's stream ends");

    let (mut seen, mut last) = (Vec::new(), None);
    let error = loop {
        match timeout(TIMEOUT, stalled.message()).await.expect("the stream ends") {
            Ok(response) => {
                let response = response.expect("an error ends it");
                seen.extend(response.changes);
                if !response.token.is_empty() {
                    last = Some((response.token, seen.len()));
                }
            }
            Err(status) => break Err::<(), _>(status),
        }
    };
    golden::error(error.as_ref().expect_err("it ended so"));
    expect_error(error, Code::ResourceExhausted, "WATCH_TOO_SLOW");
    let history = history(&world).await;
    assert!(seen.len() < history.len(), "it did not get everything");
    let (token, whole) = last.expect("it got something");
    seen.truncate(whole);
    let mut again = watch(&reader, Some(Start::After(token)), &[]).await;
    while seen.len() < history.len() {
        seen.extend(next(&mut again).await.changes);
    }
    assert_eq!(seen, history);
    assert!(seen.is_sorted_by_key(position));
}
