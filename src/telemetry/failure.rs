//! Classifies failed requests as the server's fault or the caller's, and logs the server's.

use std::{fmt, time::Duration};

use http::{HeaderMap, Request, Response, Uri};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower_http::{
    classify::{ClassifiedResponse, ClassifyEos, ClassifyResponse, MakeClassifier},
    trace::OnFailure,
};
use tracing::Span;

use crate::telemetry::REQUEST;

/// Makes the [`Classifier`] of a request.
#[derive(Clone, Copy, Debug)]
pub struct ClassifyFailures;

/// Classifies the response to one request by its `grpc-status`, and knows which RPC it was.
#[derive(Clone, Debug)]
pub struct Classifier {
    uri: Uri,
}

/// A request that failed by the server's fault.
#[derive(Debug)]
pub struct Failure {
    uri: Uri,
    code: Code,
    error: Option<String>,
}

/// Logs a failure, and marks the span of its request.
#[derive(Clone, Copy, Debug)]
pub struct LogFailure;

impl MakeClassifier for ClassifyFailures {
    type Classifier = Classifier;
    type FailureClass = Failure;
    type ClassifyEos = Classifier;

    fn make_classifier<B>(&self, request: &Request<B>) -> Classifier {
        Classifier { uri: request.uri().clone() }
    }
}

impl Classifier {
    /// `None` without a status. The service adds details to each of its errors. A status without them comes from the
    /// transport, for a message that does not decode or a stream that broke off, which is the client's fault.
    fn classify(&self, headers: &HeaderMap) -> Option<Result<(), Failure>> {
        let code = Code::from_bytes(headers.get("grpc-status")?.as_bytes());
        let is_ours = headers.contains_key("grpc-status-details-bin");
        let is_failure = match code {
            Code::Internal | Code::Unknown | Code::DataLoss => is_ours,
            Code::Unavailable => is_ours && !is_draining(headers),
            _ => false,
        };
        Some(if is_failure { Err(Failure { uri: self.uri.clone(), code, error: None }) } else { Ok(()) })
    }

    fn error(self, error: &impl fmt::Display) -> Failure {
        Failure { uri: self.uri, code: Code::Unknown, error: Some(error.to_string()) }
    }
}

impl ClassifyResponse for Classifier {
    type FailureClass = Failure;
    type ClassifyEos = Self;

    fn classify_response<B>(self, response: &Response<B>) -> ClassifiedResponse<Failure, Self> {
        match self.classify(response.headers()) {
            Some(outcome) => ClassifiedResponse::Ready(outcome),
            None => ClassifiedResponse::RequiresEos(self),
        }
    }

    fn classify_error<E: fmt::Display + 'static>(self, error: &E) -> Failure {
        self.error(error)
    }
}

impl ClassifyEos for Classifier {
    type FailureClass = Failure;

    fn classify_eos(self, trailers: Option<&HeaderMap>) -> Result<(), Failure> {
        trailers.and_then(|trailers| self.classify(trailers)).unwrap_or(Ok(()))
    }

    fn classify_error<E: fmt::Display + 'static>(self, error: &E) -> Failure {
        self.error(error)
    }
}

impl OnFailure<Failure> for LogFailure {
    fn on_failure(&mut self, failure: Failure, _latency: Duration, span: &Span) {
        span.record("otel.status_code", "ERROR");
        let Failure { uri, code, error } = failure;
        tracing::warn!(target: REQUEST, rpc = uri.path(), code = name(code), error, "request failed");
    }
}

/// Whether a stream ended in good order, to go on over another connection or at another server.
fn is_draining(headers: &HeaderMap) -> bool {
    let info = Status::from_header_map(headers).and_then(|status| status.get_details_error_info());
    info.is_some_and(|info| info.reason == "DRAINING")
}

/// The code's name in the gRPC specification, for the codes that count as failures.
fn name(code: Code) -> &'static str {
    match code {
        Code::Internal => "INTERNAL",
        Code::DataLoss => "DATA_LOSS",
        Code::Unavailable => "UNAVAILABLE",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        io,
        sync::{Arc, Mutex},
    };

    use tonic::body::Body;
    use tonic_types::ErrorDetails;
    use tower::{ServiceBuilder, ServiceExt as _, service_fn};
    use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

    use super::*;
    use crate::telemetry::{LogFormat, TelemetryOptions, request_layer};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Lines {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// What a log at info says of a request that ends in `status`.
    async fn log(status: Status) -> String {
        let options = TelemetryOptions {
            format: LogFormat::Text,
            level: "info".to_owned(),
            otlp_endpoint: "http://localhost:4317".to_owned(),
            sample_ratio: 1.0,
            service_name: "rollcall".to_owned(),
        };
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(lines.clone())
            .with_ansi(false)
            .with_env_filter(EnvFilter::new(&options.level))
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let service =
            ServiceBuilder::new().layer(request_layer(&options)).service(service_fn(move |_: Request<Body>| {
                let response = status.clone().into_http::<Body>();
                async { Ok::<_, Infallible>(response) }
            }));
        let request =
            Request::builder().uri("http://h/rollcall.v1.TenantService/GetTenant").body(Body::empty()).unwrap();
        service.oneshot(request).await.unwrap();
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[tokio::test]
    async fn a_failure_of_the_server_is_one_line() {
        for (code, name) in [
            (Code::Internal, "INTERNAL"),
            (Code::Unknown, "UNKNOWN"),
            (Code::DataLoss, "DATA_LOSS"),
            (Code::Unavailable, "UNAVAILABLE"),
        ] {
            let details = ErrorDetails::with_error_info("REASON", "rollcall", []);
            let log = log(Status::with_error_details(code, "", details)).await;
            let expected = format!(
                "WARN rollcall::request: request failed rpc=\"/rollcall.v1.TenantService/GetTenant\" code=\"{name}\"\n"
            );
            assert!(log.ends_with(&expected), "{log}");
            assert_eq!(log.lines().count(), 1, "{log}");
        }
    }

    #[tokio::test]
    async fn what_the_caller_did_wrong_is_not_logged() {
        let details = || ErrorDetails::with_error_info("REASON", "rollcall", []);
        for status in [
            Status::ok(""),
            Status::not_found(""),
            Status::with_error_details(Code::PermissionDenied, "", details()),
            Status::cancelled(""),
            // What tonic says of a message that does not decode, and of a stream that broke off.
            Status::internal("failed to decode Protobuf message"),
            Status::unknown("h2 protocol error"),
        ] {
            assert_eq!(log(status).await, "");
        }
    }

    #[tokio::test]
    async fn a_stream_that_ends_in_good_order_is_not_logged() {
        let details = ErrorDetails::with_error_info("DRAINING", "rollcall", []);
        assert_eq!(log(Status::with_error_details(Code::Unavailable, "", details)).await, "");
    }

    #[test]
    fn trailers_count_as_headers_do() {
        let classifier = || Classifier { uri: Uri::from_static("/s/m") };
        let name = http::HeaderName::from_static;
        let trailers = |code: &str| {
            let details = (name("grpc-status-details-bin"), "AA".parse().unwrap());
            HeaderMap::from_iter([(name("grpc-status"), code.parse().unwrap()), details])
        };
        assert!(classifier().classify_eos(None).is_ok());
        assert!(classifier().classify_eos(Some(&trailers("0"))).is_ok());
        assert!(classifier().classify_eos(Some(&trailers("5"))).is_ok());
        assert_eq!(classifier().classify_eos(Some(&trailers("13"))).unwrap_err().code, Code::Internal);
    }
}
