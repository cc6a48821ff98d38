//! A client that does not read holds nobody up, and is sent away without losing anything.

use std::time::Duration;

use rollcall::proto::{WatchChangesRequest, watch_changes_request::Start};
use tokio::time::{sleep, timeout};
use tonic::{Code, transport::Endpoint};

use crate::{
    place,
    support::{Api, Stage, World, expect_error, invitee, resource, subject},
    watch::{history, next, watch},
};

/// Longer than anything takes that is not broken.
const PATIENCE: Duration = Duration::from_mins(1);

/// Some hundred kilobytes of changes.
async fn much(world: &World) {
    for round in 0..10 {
        let people = (0..100).map(|number| {
            let mut invitee = invitee(&format!("guest-{round}-{number}@acme.test"));
            invitee.display_name = "x".repeat(200);
            invitee
        });
        let request = rollcall::proto::InviteRequest {
            tenant: world.tenant.clone(),
            actor: Some(subject("edith")),
            invitees: people.collect(),
            grants: vec![rollcall::proto::RoleGrant {
                resource: Some(resource(&world.tenant, "harbour")),
                role: "viewer".into(),
                expire_time: None,
            }],
            ..Default::default()
        };
        world.api.write(request.into()).await.unwrap();
    }
}

#[tokio::test]
async fn a_reader_that_stops_is_sent_away_and_comes_back_for_the_rest() {
    let stage = Stage::with(&[
        "watch.patience=300ms",
        "watch.heartbeat=100ms",
        "watch.watchers=2",
        "limits.invitations_per_day=10000",
    ])
    .await;
    let (world, other) = (stage.world().await, stage.world().await);
    let address = Endpoint::from_shared(format!("http://{}", stage.server.address())).unwrap();
    let narrow = address.initial_stream_window_size(65_535).connect().await.unwrap();
    let reader = World { api: Api::new(narrow), ..world.clone() };

    let mut stalled = watch(&reader, Some(Start::FromBeginning(true)), &[]).await;
    let mut awake = watch(&other, None, &[]).await;
    next(&mut awake).await;
    much(&world).await;
    // Both places are taken until the server has lost its patience with the one that does not read.
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
    timeout(PATIENCE, freed).await.expect("the stalled reader is sent away");

    let (mut seen, mut last) = (Vec::new(), None);
    let error = loop {
        match timeout(PATIENCE, stalled.message()).await.expect("the stream ends") {
            Ok(told) => {
                let told = told.expect("with a word");
                seen.extend(told.changes);
                if !told.token.is_empty() {
                    last = Some((told.token, seen.len()));
                }
            }
            Err(status) => break Err::<(), _>(status),
        }
    };
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
    assert!(seen.is_sorted_by_key(|change| place(&world.tenant, change)));
}
