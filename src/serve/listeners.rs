//! What is served where: the contract over the main listener, and the health service over one for probes.

use std::{io, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::watch};
use tonic::{service::Routes, transport::Server};
use tonic_health::pb::health_server::{Health as HealthService, HealthServer};

use crate::{
    config::Config,
    edge::{
        grpc::{AdmissionLayer, Handler, PUBLIC_BYTES},
        identity::{Attempts, Callers, IdentityLayer},
        listener::{ListenerOptions, incoming},
        tls::Tls,
    },
    proto,
    serve::error::Error,
    service::Service,
    telemetry::request_layer,
};

/// How often a quiet connection is asked whether its peer is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How many probes a connection has under way.
const PROBES: u32 = 16;
/// How many connections probes have: who opens more without a word keeps no probe out.
const PROBE_CONNECTIONS: usize = 64;
/// How old a probe's connection gets.
const PROBE_AGE: Duration = Duration::from_mins(10);
/// How much a stream may send ahead of its reader, in bytes.
const STREAM_WINDOW: u32 = 65_535;
/// The largest window that HTTP/2 allows, in bytes.
const LARGEST_WINDOW: u32 = (1 << 31) - 1;

/// Serves the contract until the server drains; then its requests end.
pub(super) async fn serve(
    config: &Config,
    listener: TcpListener,
    (service, health): (&Arc<Service>, HealthServer<impl HealthService>),
    (callers, tls, attempts): (Arc<Callers>, Option<Arc<Tls>>, Arc<Attempts>),
    drained: watch::Receiver<bool>,
) -> Result<(), Error> {
    let limits = config.limits;
    let handler = Handler::new(Arc::clone(service), Arc::clone(&callers), Arc::clone(&attempts));
    let routes = routes(&handler, health, limits.request_bytes, config.reflection)?;
    let options = ListenerOptions {
        handshake_timeout: config.tls.handshake_timeout,
        connection_bytes: limits.connection_bytes,
        // Half of its streams are for requests that nobody slows.
        slowed_answers: usize::try_from(limits.connection_streams / 2).unwrap_or(usize::MAX),
        connections: None,
        connection_age: limits.connection_age,
    };
    let incoming = incoming(listener, tls, Arc::clone(&attempts), options);
    let server = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .max_concurrent_streams(limits.connection_streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(connection_window(limits.connection_streams));
    let server =
        if limits.connection_age.is_zero() { server } else { server.max_connection_age(limits.connection_age) };
    server
        .layer(request_layer(&config.telemetry))
        .layer(IdentityLayer::new(callers, attempts))
        .layer(AdmissionLayer::new(limits.request_bytes))
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, drain(drained))
        .await?;
    Ok(())
}

/// Serves the health service alone, to everyone, where there is a listener for it.
pub(super) async fn probes(
    listener: Option<TcpListener>,
    health: HealthServer<impl HealthService>,
    attempts: Arc<Attempts>,
    drained: watch::Receiver<bool>,
) -> Result<(), Error> {
    let Some(listener) = listener else { return Ok(()) };
    let options = ListenerOptions {
        handshake_timeout: Duration::ZERO,
        connection_bytes: PUBLIC_BYTES,
        slowed_answers: 0,
        connections: Some(PROBE_CONNECTIONS),
        connection_age: PROBE_AGE,
    };
    Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE))
        .max_concurrent_streams(PROBES)
        .max_connection_age(PROBE_AGE)
        .add_service(health.max_decoding_message_size(PUBLIC_BYTES))
        .serve_with_incoming_shutdown(incoming(listener, None, attempts, options), drain(drained))
        .await?;
    Ok(())
}

/// Serves both until they end: that of the contract first, for without it there is nothing to probe.
pub(super) async fn both(
    server: impl Future<Output = Result<(), Error>>,
    probes: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    tokio::pin!(server, probes);
    tokio::select! {
        outcome = &mut server => outcome,
        outcome = &mut probes => {
            outcome?;
            server.await
        }
    }
}

/// Ends when the server drains, or has gone.
async fn drain(mut drained: watch::Receiver<bool>) {
    let _ = drained.wait_for(|drains| *drains).await;
}

/// The services of the contract, and those that answer everyone: health, and reflection where it is set.
fn routes(
    handler: &Handler,
    health: HealthServer<impl HealthService>,
    request_bytes: usize,
    has_reflection: bool,
) -> Result<Routes, Error> {
    let routes =
        handler.add_to(Routes::default(), request_bytes).add_service(health.max_decoding_message_size(PUBLIC_BYTES));
    if !has_reflection {
        return Ok(routes);
    }
    Ok(routes
        .add_service(reflection().build_v1().map_err(io::Error::other)?.max_decoding_message_size(PUBLIC_BYTES))
        .add_service(reflection().build_v1alpha().map_err(io::Error::other)?.max_decoding_message_size(PUBLIC_BYTES)))
}

/// How much a connection may send ahead of the readers of all its streams, in bytes: streams whose messages wait for
/// the budget must not keep the messages of other streams from arriving.
fn connection_window(streams: u32) -> u32 {
    STREAM_WINDOW.saturating_mul(streams.saturating_add(1)).min(LARGEST_WINDOW)
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        // The details of errors, so that a client that uses reflection can show them.
        .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
}
