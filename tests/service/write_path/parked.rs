//! A write whose plan is parked: nobody else waits for it, be it outside the queue or in its turn.

use std::time::Duration;

use rollcall::service::RequestContext;
use tokio::time::timeout;

use super::{Club, enters};

#[tokio::test]
async fn a_write_that_is_overtaken_again_and_again_is_a_conflict() {
    let club = Club::new().await;
    club.tenant.join("ada", "gus", "club", "guest", None).await;
    let before = club.tenant.token().await;
    club.store.miss_all();
    let refused = club.tenant.write("ada", club.tenant.remove("gus", "club", "")).await.map(drop);
    assert_eq!(refused, Err("CONFLICT"));
    assert_eq!(club.tenant.token().await, before, "nothing was written");
}

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// What others do while a write of `acme` is parked: another tenant writes, and `acme` answers a Check, a dry run and a
/// refusal.
async fn others_go_on(club: &Club, other: &crate::support::fixture::ServiceTenant) {
    let (tenant, service) = (&club.tenant, &club.tenant.service);
    let all = async {
        other.join("ada", "olga", "club", "guest", None).await;
        other.does("ada", other.remove("olga", "club", "")).await;
        assert!(enters(service, "acme", "gus").await);
        let dry_run = RequestContext { validate_only: true, ..tenant.context("ada") };
        service.write(dry_run, tenant.remove("gus", "club", "")).await.expect("it is allowed");
        let refused = tenant.write("gus", tenant.remove("ada", "club", "")).await.map(drop);
        assert_eq!(refused, Err("NOT_PERMITTED"));
    };
    timeout(LONG, all).await.expect("nobody waits for the write that is parked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_parked_outside_the_queue_keeps_nobody() {
    let club = Club::new().await;
    let other = club.another("globex").await;
    let tenant = &club.tenant;
    tenant.join("ada", "gus", "club", "guest", None).await;
    tenant.join("ada", "gil", "club", "guest", None).await;
    let parking = club.store.park_next("acme");
    let parked = tenant.write("ada", tenant.remove("gus", "club", ""));
    let meanwhile = async {
        parking.arrival().await;
        others_go_on(&club, &other).await;
        // A write of the same tenant is made as well; the parked one is then planned again.
        timeout(LONG, tenant.does("ada", tenant.remove("gil", "club", ""))).await.expect("it has the queue to itself");
        parking.release();
    };
    let (written, ()) = tokio::join!(parked, meanwhile);
    written.expect("it is allowed still");
    assert!(!enters(&tenant.service, "acme", "gus").await && !enters(&tenant.service, "acme", "gil").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_parked_in_its_turn_keeps_the_tenants_writes_and_nobody_else() {
    let club = Club::new().await;
    let other = club.another("globex").await;
    let tenant = &club.tenant;
    tenant.join("ada", "gus", "club", "guest", None).await;
    club.store.miss_every_first();
    let (_, parked) = (club.store.park_next("nobody"), tenant.write("ada", tenant.remove("gus", "club", "")));
    let (store, once) = (club.store.clone(), std::sync::OnceLock::new());
    let (arrived, parkings) = std::sync::mpsc::channel();
    // The first commit misses; the plan after it is parked, in the turn of the write.
    club.store.before_commit(move || {
        if once.set(()).is_ok() {
            arrived.send(store.park_next("acme")).unwrap();
        }
    });
    let meanwhile = async {
        let parking = loop {
            match parkings.try_recv() {
                Ok(parking) => break parking,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        parking.arrival().await;
        others_go_on(&club, &other).await;
        parking.release();
    };
    let (written, ()) = tokio::join!(parked, meanwhile);
    written.expect("it is planned again");
    assert!(!enters(&tenant.service, "acme", "gus").await);
}
