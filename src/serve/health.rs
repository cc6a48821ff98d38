//! What probes are told. The process is alive while it answers at all; it is ready while the store answers and it is
//! not being stopped.

use std::time::Duration;

use tokio::time;
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health as HealthService, HealthServer},
    server::HealthReporter,
};

use crate::{edge::grpc::SERVICES, service::Service};

/// The name that a liveness probe asks for. Overall readiness goes by the empty name.
const LIVENESS: &str = "liveness";
/// How often the store is asked.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long watchers have to read that the service is draining, before their streams end.
const LAST_WORD: Duration = Duration::from_millis(100);

pub(super) struct Health {
    reporter: HealthReporter,
}

impl Health {
    /// Reports and the service that tells them. Everything is NOT_SERVING until [`Health::look`] says otherwise.
    pub(super) async fn new() -> (Self, HealthServer<impl HealthService>) {
        let (reporter, service) = tonic_health::server::health_reporter();
        let health = Self { reporter };
        health.report(ServingStatus::NotServing).await;
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        (health, service)
    }

    /// Looks once, and says what it found.
    pub(super) async fn look(&self, service: &Service) -> bool {
        let ready = matches!(time::timeout(PATIENCE, service.ready()).await, Ok(Ok(())));
        self.report(if ready { ServingStatus::Serving } else { ServingStatus::NotServing }).await;
        ready
    }

    /// Keeps the reports true, which were `ready` at the last look. Never ends.
    pub(super) async fn watch(&self, service: &Service, mut ready: bool) {
        loop {
            time::sleep(INTERVAL).await;
            let was = std::mem::replace(&mut ready, self.look(service).await);
            if was != ready {
                tracing::warn!(ready, "readiness changed");
            }
        }
    }

    /// Tells everybody to go elsewhere.
    pub(super) async fn drain(&self) {
        self.report(ServingStatus::NotServing).await;
    }

    /// Ends the streams of those who watch, which would otherwise keep the server from stopping.
    pub(super) async fn end_watches(&self) {
        time::sleep(LAST_WORD).await;
        let mut reporter = self.reporter.clone();
        for name in names().chain([LIVENESS]) {
            reporter.clear_service_status(name).await;
        }
    }

    async fn report(&self, status: ServingStatus) {
        for name in names() {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(SERVICES)
}
