//! The database is away for a while: what needs it says so and when to come again, what does not goes on, and all heals by
//! itself.

use std::time::{Duration, Instant};

use rollcall::proto::{CheckRequest, Consistency, consistency::Requirement};
use tokio::time::sleep;
use tonic::{Code, Status, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_types::StatusExt as _;

use crate::{
    stage::Stage,
    support::{WireTenant, error::reason_of, repetitions},
};

/// How long the database is away.
fn absence() -> Duration {
    Duration::from_secs(repetitions("seconds_away", 6, 60))
}

/// How long it may take until writes go through after the database is back.
const HEALING: Duration = Duration::from_secs(20);

/// What the health service says of decisions, of writes, and of the process.
async fn probed(health: &mut HealthClient<Channel>) -> [ServingStatus; 3] {
    let mut found = [ServingStatus::Unknown; 3];
    for (status, service) in found.iter_mut().zip(["", "writes", "liveness"]) {
        let request = HealthCheckRequest { service: service.into() };
        *status = health.check(request).await.expect("the service is known").into_inner().status();
    }
    found
}

/// It may be tried again, and says when.
fn assert_unavailable(status: &Status) {
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    assert!(["STORE_UNAVAILABLE", "COMMIT_UNKNOWN"].contains(&&*reason_of(status)), "{status:?}");
    assert!(status.get_details_retry_info().is_some(), "{status:?}");
}

/// Asks and writes while the database is away, and until it is back.
async fn endures(leaves: impl Fn(&Stage)) {
    let stage = Stage::new(&[]).await;
    let world = WireTenant::depot(&stage.api, "acme", &["otto"]).await;
    assert!(world.may("ada", "box.create", "depot:").await);
    leaves(&stage);
    let mut health = HealthClient::new(stage.server.channel().await);
    let begun = Instant::now();
    let mut refused = 0;
    while begun.elapsed() < absence() {
        assert!(world.may("ada", "box.create", "depot:").await, "what is known needs no database");
        let status = world.api.write(world.change("ada", "otto", "depot:", "keeper")).await.unwrap_err();
        assert_unavailable(&status);
        refused += 1;
        let exact = Consistency { requirement: Some(Requirement::FullyConsistent(true)) };
        let question = CheckRequest { consistency: Some(exact), ..world.question("ada", "box.create", "depot:") };
        assert_unavailable(&world.api.check(question).await.unwrap_err());
        assert_unavailable(&world.api.clone().list_members(world.members_at("depot:")).await.unwrap_err());
        sleep(Duration::from_millis(50)).await;
    }
    assert!(refused > 0);
    assert_eq!(
        probed(&mut health).await,
        [ServingStatus::NotServing, ServingStatus::NotServing, ServingStatus::Serving]
    );
    stage.proxy.restore();
    let back = Instant::now();
    while let Err(status) = world.api.write(world.change("ada", "otto", "depot:", "keeper")).await {
        assert!(back.elapsed() < HEALING, "writes do not go on: {status:?}");
        sleep(Duration::from_millis(50)).await;
    }
    while probed(&mut health).await != [ServingStatus::Serving; 3] {
        assert!(back.elapsed() < HEALING, "the probes do not tell that it is back");
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.grants("otto").await, ["acme keeper"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_refuses_connections_is_endured() {
    endures(|stage| stage.proxy.refuse()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_answer_is_endured() {
    endures(|stage| stage.proxy.stall()).await;
}
