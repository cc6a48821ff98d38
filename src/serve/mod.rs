//! Puts the parts of the server together, and runs them until it is told to stop.

mod ambient;
mod certificates;
mod clock;
mod confirm;
mod credentials;
mod demo;
mod error;
mod health;
mod listeners;
mod policies;
mod reload;
mod settled;
mod sweep;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rollcall_engine::PolicyStore;
use tokio::{net::TcpListener, sync::watch, time};

use crate::{
    cache::Registry,
    config::Config,
    edge::identity::Attempts,
    service::{Service, ports::Store as _},
    store::SqlStore,
};

pub(crate) use clock::SystemClock;
pub use error::Error;

use credentials::Credentials;
use health::Health;
use policies::Sources;
use reload::Reload;

/// Serves until `stop` ends, then gives open requests the grace period of the settings. With `demo`, the policy of the
/// sample tenant is loaded beside the files of `policies.dir`, which need not exist.
///
/// # Errors
/// Why it could not start, or had to stop.
pub async fn run(config: &Config, demo: bool, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let clock = Arc::new(SystemClock::new());
    let credentials = Credentials::load(config, demo, clock.clone())?;
    let sources = Sources::new(&config.policies.dir, demo)?;
    let files = sources.load()?;
    let policies = Arc::new(PolicyStore::new(files.policy_set()));
    let store = Arc::new(SqlStore::open(&config.store).await?);
    if config.store.migrates { store.migrate().await } else { store.check_tables().await }?;
    let random = Arc::new(ambient::SystemRandom);
    let views = Arc::new(Registry::new(store.clone(), policies.clone(), clock.clone(), config.snapshots));
    let reload = Reload::new(sources, files, policies.clone(), views.clone());
    let identity = store.identity().await?;
    let service = Service::new((store.clone(), identity), views.clone(), policies, clock, random, config.watch);
    let service = Arc::new(service.with_quotas(config.quotas));

    let (listener, address) = listen(config.listen, "listen").await?;
    let (probes, health_address) = match config.health {
        Some(address) => {
            listen(address, "health.listen").await.map(|(probes, address)| (Some(probes), Some(address)))?
        }
        None => (None, None),
    };
    let health_address = health_address.map(tracing::field::display);
    if demo {
        demo::prepare(&service, address).await?;
    }

    let (health, health_service) = Health::new().await;
    let (drain, drained) = watch::channel(false);
    let attempts = Arc::new(Attempts::default());
    let known = (Arc::clone(credentials.callers()), credentials.tls().cloned(), Arc::clone(&attempts));
    let probes = listeners::probes(probes, health_service.clone(), attempts, drained.clone());
    let server = listeners::serve(config, listener, (&service, health_service), known, drained);
    let found = health.look(&service).await;
    tracing::info!(%address, health = health_address, ready = found.ready, "listening");
    let stopped = async {
        tokio::select! {
            () = stop => {}
            () = health.watch(&service, found) => {}
            () = reload.watch(config.policies.poll) => {}
            () = credentials.watch(config.auth.poll) => {}
            () = sweep::watch(&service, config.sweep.every) => {}
            () = confirm::watch(&views) => {}
        }
        shut_down(config.shutdown.grace, &health, &service, drain).await;
    };
    tokio::select! {
        outcome = listeners::both(server, probes) => outcome?,
        () = stopped => tracing::warn!("some requests did not end within the grace period and are cut off"),
    }
    store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Binds the address of a setting, and returns the one that the system has bound, which has a port of its choice for port 0.
async fn listen(address: SocketAddr, setting: &'static str) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { address, setting, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound_address = listener.local_addr().map_err(failed)?;
    Ok((listener, bound_address))
}

/// Has the server take no further requests, ends the watches, and waits for the grace period.
async fn shut_down(grace: Duration, health: &Health, service: &Service, drain: watch::Sender<bool>) {
    tracing::info!(?grace, "draining");
    health.drain().await;
    // The server may have failed meanwhile; then its own error is reported.
    let _ = drain.send(true);
    service.end_watches();
    health.end_watches().await;
    time::sleep(grace).await;
}
