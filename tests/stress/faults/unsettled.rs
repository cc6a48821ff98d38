//! Commits whose outcome is unknown: nothing is written until it is known, nobody is told an untruth, and what is there
//! after a crash is what was said.

use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::disk::{EIO, ENOSPC, FaultyServer};
use crate::support::{WireTenant, db::audited, expect_error, golden};

/// What the health service says of a name.
async fn health(faulty: &FaultyServer, service: &str) -> ServingStatus {
    let mut health = HealthClient::new(faulty.server.channel().await);
    let request = HealthCheckRequest { service: service.into() };
    health.check(request).await.expect("the service is known").into_inner().status()
}

/// Waits until the health service says so of whether writes can be made.
async fn until_writes_are(faulty: &FaultyServer, status: ServingStatus) {
    while health(faulty, "writes").await != status {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn until_it_is_known_nothing_is_written_and_then_it_is_made_once() {
    for (call, errno) in [("sync", EIO), ("write", ENOSPC)] {
        let faulty = FaultyServer::start().await;
        let world = faulty.world.clone();
        faulty.fail_on(call, errno);
        let first = world.create_site("olga", "unknown").under("the unknown request");
        let unknown = world.api.write(first.clone()).await;
        golden::error(unknown.as_ref().expect_err("the disk fails"));
        expect_error(unknown, Code::Unavailable, "COMMIT_UNKNOWN");
        until_writes_are(&faulty, ServingStatus::NotServing).await;

        // A write of the tenant waits for its turn, and one of another tenant for the store; both leave before they begin.
        let other = WireTenant { tenant: "other".to_owned(), ..world.clone() };
        let (waiting, creating) = tokio::join!(
            world.api.write(world.create_site("olga", "later").under("the request after it")),
            other.api.write(other.create_tenant("olga")),
        );
        golden::error(creating.as_ref().expect_err("the store is busy"));
        expect_error(creating, Code::Unavailable, "WRITER_BUSY");
        expect_error(waiting, Code::Unavailable, "WRITER_BUSY");
        assert!(world.may("ada", "data.view", "harbour").await, "{call}: what is known is answered");
        assert_eq!(health(&faulty, "").await, ServingStatus::Serving, "{call}: it can decide");

        faulty.heal();
        until_writes_are(&faulty, ServingStatus::Serving).await;
        // It was tried again by itself: the retry gets its answer, or makes it now.
        let made = world.api.write(first).await.expect("the disk is well again").revision();
        let later = world.api.write(world.create_site("olga", "later")).await.expect("it goes on");
        assert_eq!(later.revision(), made + 1, "{call}: neither was made twice");
        let sites = world.sites("olga", "data.edit").await;
        let faulty = faulty.restarted().await;
        assert_eq!(faulty.world.sites("olga", "data.edit").await, sites);
        audited(faulty.dir.path(), "acme").await;
    }
}

#[tokio::test]
async fn after_a_kill_in_the_unknown_a_repetition_makes_it_once() {
    let faulty = FaultyServer::start().await;
    let world = faulty.world.clone();
    let before = world.observed_state().await.revision;
    faulty.fail_on("sync", EIO);
    let write = world.create_site("olga", "unknown").under("the unknown request");
    expect_error(world.api.write(write.clone()).await, Code::Unavailable, "COMMIT_UNKNOWN");
    faulty.heal();
    let faulty = faulty.restarted().await;
    let world = faulty.world.clone();
    world.api.write(write).await.expect("the disk is well again");
    assert_eq!(world.observed_state().await.revision, before + 1);
    audited(faulty.dir.path(), "acme").await;
}

#[tokio::test]
async fn when_every_commit_is_unknown_once_each_is_made_once() {
    const WRITES: i64 = 20;
    let faulty = FaultyServer::start().await;
    let world = faulty.world.clone();
    let before = world.observed_state().await.revision;
    faulty.fail_each_commit_once(EIO);
    for number in 0..WRITES {
        let write = world.create_site("olga", &format!("site-{number}"));
        world.api.write(write).await.expect("the second try succeeds");
    }
    faulty.heal();
    assert_eq!(world.observed_state().await.revision, before + WRITES);
    let unknown = faulty.server.log().iter().filter(|line| line.contains("a commit failed")).count();
    assert_eq!(i64::try_from(unknown), Ok(WRITES), "each was unknown once");
    audited(faulty.dir.path(), "acme").await;
}
