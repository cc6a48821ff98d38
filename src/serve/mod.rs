//! Puts the parts together and runs them until told to stop.

mod ambient;
mod demo;
mod health;
mod policies;
mod reload;
mod sweep;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use tokio::{net::TcpListener, sync::oneshot, time};
use tokio_stream::StreamExt as _;
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    cache::{HistoryLimits, Registry},
    config::{self, Config},
    edge::grpc::{AdmissionLayer, Callers, Connection, Handler},
    proto,
    service::{self, Caller, Service, WatchOptions, ports::StoreError},
    store::{self, SqlStore},
    telemetry::{TelemetryOptions, request_layer},
};
use rollcall_engine::PolicyStore;

pub(crate) use ambient::SystemClock;

use health::Health;
use policies::Sources;
use reload::Reload;

/// How often a quiet connection is asked whether its peer is still there.
const KEEPALIVE: time::Duration = time::Duration::from_secs(30);

/// The largest message to the services that answer everybody, health and reflection, in bytes. Reflection answers with the
/// whole question in it.
const PUBLIC_BYTES: usize = 4096;
/// How much a stream may send ahead of its reader, in bytes.
const STREAM_WINDOW: u32 = 65_535;
/// The largest window that HTTP/2 knows, in bytes.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;

/// Why the service could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory of policies can't be read, or has none.
    #[error("policies in `{dir}`: {problem}; set `policies.dir`")]
    Policies {
        /// The directory.
        dir: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Policy files have mistakes.
    #[error("policies have mistakes\n{0}")]
    PolicyMistakes(String),
    /// The store can't be opened or migrated.
    #[error("the store can't be opened; check `store.url`: {}", chain(.0))]
    Store(#[from] StoreError),
    /// The address can't be listened on.
    #[error("can't listen on `{address}`; set `listen`: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The server failed.
    #[error("the server failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The sample tenant can't be made.
    #[error("the sample tenant can't be created: {0}")]
    Demo(#[from] service::Error),
    /// Something of the system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Error {
    /// Whether only a change of settings or policies mends it, and no restart.
    pub fn is_mistake(&self) -> bool {
        matches!(self, Self::Policies { .. } | Self::PolicyMistakes(_))
    }
}

/// Serves until `stop` ends, then lets requests under way finish for as long as the settings say. With the demo, the
/// policy of the sample tenant is loaded beside the files of `policies.dir`, which need not exist.
///
/// # Errors
/// Why it could not start, or had to stop.
pub async fn run(
    config: &Config,
    telemetry: &TelemetryOptions,
    demo: bool,
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let sources = Sources::new(&config.policies.dir, demo)?;
    let files = sources.load()?;
    let policies = Arc::new(PolicyStore::new(files.library()));
    let options =
        store::Options { read_connections: config.store.read_connections, ..store::Options::new(&config.store.url) };
    let store = Arc::new(SqlStore::open(&options).await?);
    store.migrate().await?;
    let (clock, random) = (Arc::new(ambient::SystemClock), Arc::new(ambient::SystemRandom));
    let past = HistoryLimits { changes: config.snapshots.changes, kept: config.snapshots.kept };
    let views = Arc::new(Registry::new(store.clone(), policies.clone(), clock.clone(), past));
    let reload = Reload::new(sources, files, policies.clone(), views.clone());
    let limits = service::Quotas { invitations_per_day: config.limits.invitations_per_day };
    let service = Service::new(store.clone(), views, policies, clock, random, watch(config));
    let service = Arc::new(service.limited(limits));

    let listen = |source| Error::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    if demo {
        demo::prepare(&service, address).await?;
    }

    let (health, health_service) = Health::new().await;
    let config::Limits { request_bytes, connection_bytes, connection_streams, .. } = config.limits;
    let callers = Arc::new(callers(config));
    let routes = Handler::new(service.clone(), Arc::clone(&callers))
        .add_to(Routes::default(), request_bytes)
        .add_service(health_service.max_decoding_message_size(PUBLIC_BYTES))
        .add_service(reflection().build_v1().map_err(io::Error::other)?.max_decoding_message_size(PUBLIC_BYTES))
        .add_service(reflection().build_v1alpha().map_err(io::Error::other)?.max_decoding_message_size(PUBLIC_BYTES));
    let (drain, drained) = oneshot::channel::<()>();
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let incoming = incoming.map(move |stream| Ok(Connection::new(stream?, connection_bytes)) as io::Result<_>);
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .max_concurrent_streams(connection_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(connection_window(connection_streams))
        .layer(request_layer(telemetry))
        .layer(AdmissionLayer::new(callers, request_bytes))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async {
            // An error means that the sender is gone, which is as good a reason to stop.
            let _ = drained.await;
        });
    let ready = health.look(&service).await;
    tracing::info!(%address, ready, "listening");
    let stopped = async {
        tokio::select! {
            () = stop => {}
            () = health.watch(&service, ready) => {}
            () = reload.watch(config.policies.poll) => {}
            () = sweep::watch(&service, config.sweep.every) => {}
        }
        tracing::info!(grace = ?config.shutdown.grace, "draining");
        health.drain().await;
        // The server may have failed meanwhile; its own error is the one to tell.
        let _ = drain.send(());
        service.end_watches();
        health.end_watches().await;
        time::sleep(config.shutdown.grace).await;
    };
    tokio::select! {
        outcome = server => outcome?,
        () = stopped => tracing::warn!("some requests did not end within the grace period and are cut off"),
    }
    store.close().await?;
    tracing::info!("stopped");
    Ok(())
}

/// How much a connection may send ahead of the readers of all its streams: streams whose messages wait for room must not
/// keep those from arriving that have it.
fn connection_window(streams: u32) -> u32 {
    STREAM_WINDOW.saturating_mul(streams.saturating_add(1)).min(LARGEST_WINDOW)
}

fn watch(config: &Config) -> WatchOptions {
    let config::Watch { heartbeat, poll, timeout: patience, watchers } = config.watch;
    WatchOptions { heartbeat, poll, timeout: patience, watchers }
}

fn callers(config: &Config) -> Callers {
    if config.auth.callers.is_empty() {
        return Callers::anyone();
    }
    Callers::known(config.auth.callers.iter().map(|caller| {
        let asserts_operators = config.auth.operators.contains(&caller.name);
        (caller.key_sha256, Caller { name: caller.name.clone(), asserts_operators })
    }))
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // The details of errors, so that a client that goes by reflection can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
