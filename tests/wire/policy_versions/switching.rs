//! The change of a tenant's policy version as a write: retried, kept over a restart, and under concurrent writes.

use super::depot::{Depot, allowed_actions, second};
use crate::support::{WireTenant, db::audited, repetitions};

#[tokio::test]
async fn a_retry_is_answered_as_the_first_time_and_a_restart_keeps_the_version() {
    let depot = Depot::with(&[&second()]).await;
    let write = depot.world.set_policy(0).under("a-random-request-1");
    let first = depot.world.api.write(write.clone()).await.expect("an operator may");
    let revision = depot.world.revision().await;
    assert_eq!(depot.world.api.write(write.clone()).await.expect("it was answered"), first);
    // Back and forth: the retry is still the first answer.
    depot.world.api.write(depot.world.set_policy(1)).await.expect("an operator may");
    assert_eq!(depot.world.api.write(write.clone()).await.expect("it was answered"), first);
    assert_eq!((depot.world.revision().await, depot.version().await), (revision + 1, 1));
    depot.world.api.write(depot.world.set_policy(2)).await.expect("an operator may");
    let actions_before = allowed_actions(&depot.world).await;

    let Depot { dir, server, world } = depot;
    server.kill9();
    let server = Depot::start(&dir).await;
    let world = WireTenant { api: server.api().await, ..world };
    let depot = Depot { dir, server, world };
    assert_eq!(depot.version().await, 2);
    assert_eq!(allowed_actions(&depot.world).await, actions_before);
    assert_eq!(depot.world.api.write(write).await.expect("it was answered"), first);
    let (log, _) = audited(depot.dir.path(), "acme").await;
    let set: Vec<_> = log.iter().filter(|row| row.kind == "policy_set").map(|row| row.data.to_string()).collect();
    assert_eq!(set.len(), 3, "{set:?}");
}

/// Each is decided under one version, and none is lost.
#[tokio::test]
async fn writes_go_on_while_the_version_changes() {
    let depot = Depot::with(&[&second()]).await;
    let before = depot.world.revision().await;
    let rounds = u32::try_from(repetitions("version_changes", 8, 40)).expect("few");
    let mut writers = Vec::new();
    for who in ["carl", "kim", "vera"] {
        let world = WireTenant { api: depot.server.api().await, ..depot.world.clone() };
        writers.push(tokio::spawn(async move {
            for number in 0..rounds {
                let resource_name = format!("shelf:{who}-{number}");
                let answer = world.api.write(world.create(who, &resource_name, "workspace")).await;
                answer.unwrap_or_else(|status| panic!("{resource_name}: {status:?}"));
                // By either version, for a boss is a keeper of every shelf.
                assert!(world.may("ada", "shelf.see", &resource_name).await, "a write is seen by the next question");
            }
        }));
    }
    for round in 0..rounds {
        let version = 2 - round % 2;
        depot.world.api.write(depot.world.set_policy(version)).await.expect("an operator may");
        let may = depot.world.may("kim", "books.view", "workspace").await;
        assert_eq!(may, version == 2, "the version counts at once");
    }
    for writer in writers {
        writer.await.expect("no panic");
    }
    assert_eq!(
        (depot.world.revision().await, depot.version().await),
        (before + i64::from(4 * rounds), 2 - (rounds + 1) % 2)
    );
    audited(depot.dir.path(), "acme").await;
}
