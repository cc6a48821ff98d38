//! Logs to standard error, and spans of requests to an OpenTelemetry collector.
//!
//! A request is sampled before its span is made, so that one that is not costs next to nothing. Spans below a request
//! follow it: without a sampled request around them they are not made either.

mod failure;
mod request;

use std::io::{self, IsTerminal as _};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tokio::task;
use tracing::{Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{ParseError, dynamic_filter_fn},
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::{SubscriberInitExt as _, TryInitError},
};

pub use crate::telemetry::request::{RequestLayer, request_layer};

/// The target of the spans and events of requests.
const REQUEST: &str = "rollcall::request";

/// What is logged and traced.
#[derive(Clone, Debug, PartialEq)]
pub struct TelemetryOptions {
    /// The form of a log line.
    pub format: LogFormat,
    /// Filter directives of `tracing-subscriber` for the log, comma separated: a level as in `info`, or levels by
    /// target as in `info,sqlx=warn`. [`init`] refuses what does not parse.
    pub level: String,
    /// Where spans are sent, by OTLP over gRPC: a URL that begins with `http://`, as in `http://localhost:4317`. Empty:
    /// no spans are made.
    pub otlp_endpoint: String,
    /// The share of requests traced among those without a valid `traceparent` header, 0 (none) to 1 (all).
    pub sample_ratio: f64,
    /// The `service.name` of the spans; not blank.
    pub service_name: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text per event, coloured on a terminal.
    Text,
    /// One JSON object per line.
    Json,
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter directives do not parse.
    #[error("log level `{level}` is no list of filter directives, as in `info` or `info,sqlx=warn`: {source}")]
    Level {
        /// The directives, as the options have them.
        level: String,
        /// What does not parse in them.
        source: ParseError,
    },
    /// The exporter does not take the endpoint.
    #[error("spans cannot be exported to `{endpoint}`, give a URL as in `http://localhost:4317`: {source}")]
    Endpoint {
        /// The endpoint, as the options have it.
        endpoint: String,
        /// Why the exporter refuses it.
        source: ExporterBuildError,
    },
    /// The process has set up telemetry before.
    #[error("telemetry is already set up in this process, call init once: {0}")]
    Twice(#[from] TryInitError),
}

/// Exports the spans while it lives. Shut it down last, or the spans of the last seconds are lost.
#[derive(Debug)]
#[must_use = "spans that are not yet exported are lost without a shutdown"]
pub struct Guard {
    provider: Option<SdkTracerProvider>,
}

/// Sets up the log and, with an endpoint, the export of spans, for the whole process. Once, and within a Tokio runtime.
///
/// # Errors
/// When the level or the endpoint does not parse, or the process has set up telemetry before. A collector that can't be
/// reached is no error.
pub fn init(options: &TelemetryOptions) -> Result<Guard, Error> {
    // h2 warns of what a peer does wrong. A level for it in the options overrides this one.
    let filter = EnvFilter::builder()
        .parse(format!("h2=error,{}", options.level))
        .map_err(|source| Error::Level { level: options.level.clone(), source })?;
    let provider = if options.otlp_endpoint.is_empty() { None } else { Some(provider(options)?) };
    tracing_subscriber::registry()
        .with(log(options.format).with_filter(filter))
        .with(provider.as_ref().map(spans))
        .try_init()?;
    Ok(Guard { provider })
}

fn log(format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    }
}

fn provider(options: &TelemetryOptions) -> Result<SdkTracerProvider, Error> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&options.otlp_endpoint)
        .build()
        .map_err(|source| Error::Endpoint { endpoint: options.otlp_endpoint.clone(), source })?;
    let resource = Resource::builder().with_service_name(options.service_name.clone()).build();
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        // A span exists only if its request was sampled, so every span is exported.
        .with_sampler(Sampler::AlwaysOn)
        .with_batch_exporter(exporter)
        .build())
}

fn spans<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let is_request = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == REQUEST;
    let filter = dynamic_filter_fn(move |metadata, context| is_request(metadata) || context.lookup_current().is_some())
        .with_callsite_filter(move |metadata| {
            use tracing::subscriber::Interest;
            if is_request(metadata) {
                Interest::always()
            } else if *metadata.level() <= Level::INFO {
                Interest::sometimes()
            } else {
                Interest::never()
            }
        })
        .with_max_level_hint(LevelFilter::DEBUG);
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("rollcall"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter)
}

impl Guard {
    /// Exports what is left and stops, within a few seconds; a failure is logged. Call it last, within the runtime.
    pub async fn shutdown(self) {
        let Some(provider) = self.provider else { return };
        // The provider waits for its exporter, which needs the runtime that this runs on.
        let outcome = task::spawn_blocking(move || provider.shutdown()).await;
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last spans were not exported"),
            Err(error) => tracing::warn!(%error, "the last spans were not exported"),
        }
    }
}
