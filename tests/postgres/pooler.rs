//! By way of a pooler that hands a connection over after each transaction, each kind of write is made, and read back.

use tokio::task::JoinSet;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::support::{
    Kind, Server, WireTenant,
    retry_case::RetryCase,
    store::{pooled_options, postgres_url, settings},
    wire_tenant::DEPOT,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_write_is_made_by_way_of_a_pooler() {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let pooled = settings(&pooled_options(&postgres_url(dir.path())));
    let all: Vec<&str> = DEPOT.iter().copied().chain(pooled.iter().map(String::as_str)).collect();
    let server = Server::start_with(dir.path(), &all).await;
    let api = server.api().await;
    let mut health = HealthClient::new(server.channel().await);
    for service in ["", "writes"] {
        let request = HealthCheckRequest { service: service.into() };
        let found = health.check(request).await.expect("the service is known").into_inner().status();
        assert_eq!(found, ServingStatus::Serving, "`{service}`");
    }
    // More at once than it has connections.
    for round in 0..3 {
        let mut writing = JoinSet::new();
        for kind in Kind::ALL {
            let (api, dir) = (api.clone(), dir.path().to_owned());
            writing.spawn(async move {
                let tenant = format!("{kind:?}-{round}").to_lowercase();
                let mut case = RetryCase::new(*kind, api.clone(), tenant).await;
                let answer = case.world.does(case.write.clone()).await;
                case.record_answer(&answer);
                let world = WireTenant { tenant: case.world.tenant.clone(), ..case.world.clone() };
                assert!(!world.list(world.members_at("depot:")).await.is_empty());
                case.conclude(&dir, api).await;
            });
        }
        writing.join_all().await;
    }
}
