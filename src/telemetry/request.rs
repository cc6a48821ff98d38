//! The layer around every request: a span for those that are sampled, named and tagged as OpenTelemetry's semantic
//! conventions for gRPC say, and a log line for those that the server failed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderName, Request, Response};
use opentelemetry::{
    Context,
    propagation::{Extractor, TextMapPropagator as _},
    trace::TraceContextExt as _,
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tower_http::trace::{MakeSpan, OnEos, OnResponse, TraceLayer};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::telemetry::{
    REQUEST, TelemetryOptions,
    failure::{ClassifyFailures, LogFailure},
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A layer for `tonic::transport::Server::layer`.
pub type RequestLayer = TraceLayer<ClassifyFailures, MakeRequestSpan, (), RecordStatus, (), RecordStatus, LogFailure>;

/// Traces the requests that the options sample, and logs each that fails by the server's fault. It must be the
/// outermost layer.
pub fn request_layer(options: &TelemetryOptions) -> RequestLayer {
    let sampler = (!options.otlp_endpoint.is_empty()).then(|| Arc::new(Sampler::new(options.sample_ratio)));
    TraceLayer::new(ClassifyFailures)
        .make_span_with(MakeRequestSpan { sampler })
        .on_request(())
        .on_response(RecordStatus)
        .on_body_chunk(())
        .on_eos(RecordStatus)
        .on_failure(LogFailure)
}

/// Makes the span of a sampled request, a child of the caller's.
#[derive(Clone, Debug)]
pub struct MakeRequestSpan {
    /// `None` when no spans are exported.
    sampler: Option<Arc<Sampler>>,
}

/// Records the gRPC status of a response in the span of its request.
#[derive(Clone, Copy, Debug)]
pub struct RecordStatus;

/// Picks a share of the requests, spread evenly.
#[derive(Debug)]
struct Sampler {
    ratio: f64,
    count: AtomicU64,
}

/// What a request's `traceparent` header says.
enum Incoming {
    /// Nothing, or nothing valid.
    Absent,
    /// The caller does not sample this trace.
    Unsampled,
    /// The caller samples this trace; the context names the caller's span.
    Sampled(Context),
}

struct Headers<'a>(&'a HeaderMap);

impl<B> MakeSpan<B> for MakeRequestSpan {
    fn make_span(&mut self, request: &Request<B>) -> Span {
        let Some(sampler) = &self.sampler else { return Span::none() };
        let parent = match incoming(request.headers()) {
            Incoming::Sampled(parent) => Some(parent),
            Incoming::Absent if sampler.sample() => None,
            Incoming::Absent | Incoming::Unsampled => return Span::none(),
        };
        let name = request.uri().path().trim_start_matches('/');
        let (service, method) = name.split_once('/').unwrap_or((name, ""));
        // At level debug, so that a log at info does not show it.
        let span = tracing::debug_span!(
            target: REQUEST,
            "request",
            otel.name = name,
            otel.kind = "server",
            otel.status_code = Empty,
            rpc.system = "grpc",
            rpc.service = service,
            rpc.method = method,
            rpc.grpc.status_code = Empty,
        );
        if let Some(parent) = parent {
            // Fails only without the layer that exports spans, and then there is no trace to join.
            let _ = span.set_parent(parent);
        }
        span
    }
}

/// Reads the flags first: the whole context is parsed only for a request that is sampled.
fn incoming(headers: &HeaderMap) -> Incoming {
    // W3C Trace Context: VERSION-TRACE_ID-PARENT_ID-FLAGS in hex, where bit 0 of the flags says sampled.
    let flags = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.trim().split('-').nth(3));
    let Some(flags) = flags.and_then(|flags| u8::from_str_radix(flags, 16).ok()) else { return Incoming::Absent };
    if flags & 1 == 0 {
        return Incoming::Unsampled;
    }
    let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &Headers(headers));
    if context.span().span_context().is_valid() { Incoming::Sampled(context) } else { Incoming::Absent }
}

impl Sampler {
    fn new(ratio: f64) -> Self {
        Self { ratio, count: AtomicU64::new(0) }
    }

    /// Mixes a counter (SplitMix64), which needs no lock and no source of randomness.
    fn sample(&self) -> bool {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.count.fetch_add(STEP, Ordering::Relaxed);
        bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = u32::try_from((bits ^ bits >> 31) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / 4_294_967_296.0 < self.ratio
    }
}

impl<B> OnResponse<B> for RecordStatus {
    fn on_response(self, response: &Response<B>, _latency: Duration, span: &Span) {
        record_status(response.headers(), span);
    }
}

impl OnEos for RecordStatus {
    fn on_eos(self, trailers: Option<&HeaderMap>, _duration: Duration, span: &Span) {
        if let Some(trailers) = trailers {
            record_status(trailers, span);
        }
    }
}

/// A response without messages has its status in the headers, any other in the trailers.
fn record_status(headers: &HeaderMap, span: &Span) {
    if span.is_disabled() {
        return;
    }
    if let Some(code) = headers.get(GRPC_STATUS).and_then(|value| value.to_str().ok()?.parse::<i64>().ok()) {
        span.record("rpc.grpc.status_code", code);
    }
}

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

    fn headers(traceparent: &str) -> HeaderMap {
        HeaderMap::from_iter([(TRACEPARENT, traceparent.parse().unwrap())])
    }

    #[test]
    fn the_header_decides() {
        assert!(matches!(incoming(&headers(&format!("00-{TRACE}-01"))), Incoming::Sampled(_)));
        assert!(matches!(incoming(&headers(&format!("00-{TRACE}-03"))), Incoming::Sampled(_)));
        assert!(matches!(incoming(&headers(&format!("00-{TRACE}-00"))), Incoming::Unsampled));
        assert!(matches!(incoming(&HeaderMap::new()), Incoming::Absent));
    }

    #[test]
    fn an_invalid_header_is_as_good_as_none() {
        for header in ["", "00", "garbage", "00-0-0-01", "ff-0-0-01", &format!("00-{TRACE}-zz"), &format!("00-{TRACE}")]
        {
            assert!(matches!(incoming(&headers(header)), Incoming::Absent), "{header}");
        }
    }

    #[test]
    fn the_ratio_is_met() {
        let count = |ratio| {
            let sampler = Sampler::new(ratio);
            (0..100_000).filter(|_| sampler.sample()).count()
        };
        assert_eq!(count(0.0), 0);
        assert_eq!(count(1.0), 100_000);
        assert!((900..1_100).contains(&count(0.01)), "{}", count(0.01));
        assert!((49_000..51_000).contains(&count(0.5)), "{}", count(0.5));
    }
}
