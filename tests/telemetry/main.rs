//! A request over TCP becomes a span at a real OTLP receiver, in the caller's trace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{iter, net::SocketAddr};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{AnyValue, any_value},
    trace::v1::{Span, span::SpanKind},
};
use rollcall::telemetry::{self, LogFormat, TelemetryOptions};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Request, Response, Status,
    service::interceptor::InterceptedService,
    transport::{Channel, Server},
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

const TRACE_ID: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const PARENT_ID: u64 = 0xb7ad_6b71_6920_3331;

struct Receiver(mpsc::UnboundedSender<Span>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        for span in resources.flat_map(|r| r.scope_spans).flat_map(|scope| scope.spans) {
            self.0.send(span).unwrap();
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn listen() -> (SocketAddr, TcpListenerStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), TcpListenerStream::new(listener))
}

fn text(span: &Span, key: &str) -> Option<String> {
    match span.attributes.iter().find(|attribute| attribute.key == key)?.value.clone()? {
        AnyValue { value: Some(any_value::Value::StringValue(text)) } => Some(text),
        AnyValue { value: Some(any_value::Value::IntValue(integer)) } => Some(integer.to_string()),
        _ => None,
    }
}

async fn check(client: &mut HealthClient<Channel>, service: &str, flags: Option<&str>) {
    let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
    if let Some(flags) = flags {
        let header = format!("00-{TRACE_ID:032x}-{PARENT_ID:016x}-{flags}");
        request.metadata_mut().insert("traceparent", header.parse().unwrap());
    }
    let _ = client.check(request).await;
}

#[tokio::test]
async fn a_request_is_a_span_in_the_callers_trace() {
    let (sender, mut spans) = mpsc::unbounded_channel();
    let (collector, incoming) = listen().await;
    tokio::spawn(
        Server::builder().add_service(TraceServiceServer::new(Receiver(sender))).serve_with_incoming(incoming),
    );

    let options = TelemetryOptions {
        format: LogFormat::Json,
        level: "info".to_owned(),
        otlp_endpoint: format!("http://{collector}"),
        sample_ratio: 0.0,
        service_name: "rollcall".to_owned(),
    };
    let guard = telemetry::init(&options).unwrap();
    assert!(telemetry::init(&options).is_err());

    let (address, incoming) = listen().await;
    let (_reporter, health) = tonic_health::server::health_reporter();
    let health = InterceptedService::new(health, |request| tracing::info_span!("inner").in_scope(|| Ok(request)));
    let server = Server::builder().layer(telemetry::request_layer(&options)).add_service(health);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.serve_with_incoming_shutdown(incoming, async { stopped.await.unwrap() }));
    let channel = Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut client = HealthClient::new(channel);

    tracing::info_span!("background").in_scope(|| ());
    check(&mut client, "", None).await;
    check(&mut client, "", Some("00")).await;
    check(&mut client, "", Some("01")).await;
    check(&mut client, "no.such.Service", Some("01")).await;
    drop(client);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    guard.shutdown().await;

    let received: Vec<Span> = iter::from_fn(|| spans.try_recv().ok()).collect();
    let (requests, inner): (Vec<&Span>, Vec<&Span>) = received.iter().partition(|span| span.name != "inner");
    assert_eq!((requests.len(), inner.len()), (2, 2), "{received:#?}");
    for ((span, inner), code) in requests.into_iter().zip(inner).zip(["0", "5"]) {
        assert_eq!(inner.parent_span_id, span.span_id);
        assert_eq!(span.trace_id, TRACE_ID.to_be_bytes());
        assert_eq!(span.parent_span_id, PARENT_ID.to_be_bytes());
        assert_eq!(span.name, "grpc.health.v1.Health/Check");
        assert_eq!(span.kind, i32::from(SpanKind::Server));
        assert_eq!(text(span, "rpc.system").as_deref(), Some("grpc"));
        assert_eq!(text(span, "rpc.service").as_deref(), Some("grpc.health.v1.Health"));
        assert_eq!(text(span, "rpc.method").as_deref(), Some("Check"));
        assert_eq!(text(span, "rpc.grpc.status_code").as_deref(), Some(code));
    }
}
