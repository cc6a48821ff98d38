//! The health service for probes. The process is alive while it answers at all; it is ready while it can decide, which
//! takes a store that answers; and it can write while that takes commits and the clock is believed. Nothing of both holds
//! once it is being stopped.

use std::time::Duration;

use tokio::time;
use tonic_health::{
    ServingStatus,
    pb::health_server::{Health as HealthService, HealthServer},
    server::HealthReporter,
};

use crate::{edge::grpc::SERVICES, service::Service};

/// The service name of the liveness probe. Overall readiness has the empty name.
const LIVENESS: &str = "liveness";
/// The service name of whether writes can be made.
const WRITES: &str = "writes";
/// How often the store is asked.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long the store may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long health watchers have to read that the server is draining, before their streams end.
const DRAIN_NOTICE: Duration = Duration::from_millis(100);

pub(super) struct Health {
    reporter: HealthReporter,
}

/// What a look at the store found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Whether questions can be answered.
    pub(super) ready: bool,
    /// Whether writes can be made.
    pub(super) can_write: bool,
}

impl Health {
    /// The reports, and the service that sends them. Everything but liveness is NOT_SERVING until [`Health::look`]
    /// finds otherwise.
    pub(super) async fn new() -> (Self, HealthServer<impl HealthService>) {
        let (reporter, service) = tonic_health::server::health_reporter();
        let health = Self { reporter };
        health.report(ServingStatus::NotServing).await;
        health.reporter.clone().set_service_status(WRITES, ServingStatus::NotServing).await;
        health.reporter.set_service_status(LIVENESS, ServingStatus::Serving).await;
        (health, service)
    }

    /// Asks the store once, reports what that shows, and returns it.
    pub(super) async fn look(&self, service: &Service) -> Found {
        let ready = matches!(time::timeout(TIMEOUT, service.ready()).await, Ok(Ok(())));
        self.report(status(ready)).await;
        let can_write = ready && service.can_write().is_ok();
        self.reporter.clone().set_service_status(WRITES, status(can_write)).await;
        Found { ready, can_write }
    }

    /// Keeps the reports up to date; `found` is what the last look found. Never ends.
    pub(super) async fn watch(&self, service: &Service, mut found: Found) {
        loop {
            time::sleep(INTERVAL).await;
            let was = std::mem::replace(&mut found, self.look(service).await);
            let Found { ready, can_write } = found;
            if was != found {
                tracing::warn!(ready, can_write, "readiness changed");
            }
        }
    }

    /// Reports that the server takes no further requests.
    pub(super) async fn drain(&self) {
        self.report(ServingStatus::NotServing).await;
        self.reporter.clone().set_service_status(WRITES, ServingStatus::NotServing).await;
    }

    /// Ends the streams of those who watch, which would otherwise keep the server from stopping.
    pub(super) async fn end_watches(&self) {
        time::sleep(DRAIN_NOTICE).await;
        let mut reporter = self.reporter.clone();
        for name in names().chain([LIVENESS, WRITES]) {
            reporter.clear_service_status(name).await;
        }
    }

    async fn report(&self, status: ServingStatus) {
        for name in names() {
            self.reporter.set_service_status(name, status).await;
        }
    }
}

fn status(serving: bool) -> ServingStatus {
    if serving { ServingStatus::Serving } else { ServingStatus::NotServing }
}

fn names() -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(SERVICES)
}
