//! Puts the parts of the server together, and runs them until it is told to stop.

mod ambient;
mod clock;
mod confirm;
mod demo;
mod error;
mod health;
mod policies;
mod reload;
mod sweep;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, time};
use tokio_stream::StreamExt as _;
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::pb::health_server::{Health as HealthService, HealthServer};

use crate::{
    cache::Registry,
    config::{Auth, Config},
    edge::{
        grpc::{AdmissionLayer, Connection, Handler, PUBLIC_BYTES},
        identity::{Callers, IdentityLayer},
    },
    proto,
    service::{Caller, Service, ports::Store as _},
    store::SqlStore,
    telemetry::request_layer,
};
use rollcall_engine::PolicyStore;

pub(crate) use clock::SystemClock;
pub use error::Error;

use health::Health;
use policies::Sources;
use reload::Reload;

/// How often a quiet connection is asked whether its peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How much a stream may send ahead of its reader, in bytes.
const STREAM_WINDOW: u32 = 65_535;
/// The largest window that HTTP/2 allows, in bytes.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;

/// Serves until `stop` ends, then gives open requests the grace period of the settings. With `demo`, the policy of the
/// sample tenant is loaded beside the files of `policies.dir`, which need not exist.
///
/// # Errors
/// Why it could not start, or had to stop.
pub async fn run(config: &Config, demo: bool, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let callers = callers(&config.auth, demo)?;
    let sources = Sources::new(&config.policies.dir, demo)?;
    let files = sources.load()?;
    let policies = Arc::new(PolicyStore::new(files.policy_set()));
    let store = Arc::new(SqlStore::open(&config.store).await?);
    if config.store.migrates { store.migrate().await } else { store.check_tables().await }?;
    let (clock, random) = (Arc::new(SystemClock::new()), Arc::new(ambient::SystemRandom));
    let views = Arc::new(Registry::new(store.clone(), policies.clone(), clock.clone(), config.snapshots));
    let reload = Reload::new(sources, files, policies.clone(), views.clone());
    let identity = store.identity().await?;
    let service = Service::new((store.clone(), identity), views.clone(), policies, clock, random, config.watch);
    let service = Arc::new(service.with_quotas(config.quotas));

    let (listener, address) = listen(config.listen).await?;
    if demo {
        demo::prepare(&service, address).await?;
    }

    let (health, health_service) = Health::new().await;
    let limits = config.limits;
    let routes = routes(&service, health_service, limits.request_bytes, config.reflection)?;
    let (drain, drained) = oneshot::channel::<()>();
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let incoming = incoming.map(move |stream| Ok(Connection::new(stream?, limits.connection_bytes)) as io::Result<_>);
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .max_concurrent_streams(limits.connection_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(connection_window(limits.connection_streams))
        .layer(request_layer(&config.telemetry))
        .layer(IdentityLayer::new(Arc::new(callers)))
        .layer(AdmissionLayer::new(limits.request_bytes))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async {
            // An error means that the sender is gone, which is as good a reason to stop.
            let _ = drained.await;
        });
    let found = health.look(&service).await;
    tracing::info!(%address, ready = found.ready, "listening");
    let stopped = async {
        tokio::select! {
            () = stop => {}
            () = health.watch(&service, found) => {}
            () = reload.watch(config.policies.poll) => {}
            () = sweep::watch(&service, config.sweep.every) => {}
            () = confirm::watch(&views) => {}
        }
        shut_down(config.shutdown.grace, &health, &service, drain).await;
    };
    tokio::select! {
        outcome = server => outcome?,
        () = stopped => tracing::warn!("some requests did not end within the grace period and are cut off"),
    }
    store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Binds the address, and returns the one that the system has bound, which has a port of its choice for port 0.
async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound_address = listener.local_addr().map_err(failed)?;
    Ok((listener, bound_address))
}

/// The services of the contract, and those that answer everyone: health, and reflection where it is set.
fn routes(
    service: &Arc<Service>,
    health: HealthServer<impl HealthService>,
    request_bytes: usize,
    has_reflection: bool,
) -> Result<Routes, Error> {
    let routes = Handler::new(Arc::clone(service))
        .add_to(Routes::default(), request_bytes)
        .add_service(health.max_decoding_message_size(PUBLIC_BYTES));
    if !has_reflection {
        return Ok(routes);
    }
    Ok(routes
        .add_service(reflection().build_v1().map_err(io::Error::other)?.max_decoding_message_size(PUBLIC_BYTES))
        .add_service(reflection().build_v1alpha().map_err(io::Error::other)?.max_decoding_message_size(PUBLIC_BYTES)))
}

/// Has the server take no further requests, ends the watches, and waits for the grace period.
async fn shut_down(grace: Duration, health: &Health, service: &Service, drain: oneshot::Sender<()>) {
    tracing::info!(?grace, "draining");
    health.drain().await;
    // The server may have failed meanwhile; then its own error is reported.
    let _ = drain.send(());
    service.end_watches();
    health.end_watches().await;
    time::sleep(grace).await;
}

/// How much a connection may send ahead of the readers of all its streams, in bytes: streams whose messages wait for
/// the budget must not keep the messages of other streams from arriving.
fn connection_window(streams: u32) -> u32 {
    STREAM_WINDOW.saturating_mul(streams.saturating_add(1)).min(LARGEST_WINDOW)
}

/// The callers that the settings name; or everyone, where they allow it or for a demo without callers.
fn callers(auth: &Auth, demo: bool) -> Result<Callers, Error> {
    if !auth.callers.is_empty() {
        return Ok(Callers::known(auth.callers.iter().map(|caller| {
            let asserts_operators = auth.operators.contains(&caller.name);
            (caller.key_sha256, Caller { name: caller.name.clone(), asserts_operators })
        })));
    }
    if auth.allow_anonymous || demo { Ok(Callers::anyone(auth.anonymous_operators)) } else { Err(Error::NoCallers) }
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // The details of errors, so that a client that uses reflection can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
