//! The layer that admits requests whose caller is known: it refuses what is no call, meters the bodies of the others, and
//! keeps their deadlines.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::edge::{
    grpc::{
        deadline::Deadline,
        metered::{Hold, Metered},
        protocol,
        timed::Timed,
    },
    identity::Answer,
    listener::ConnectionInfo,
};

/// The prefix of the paths whose calls have many messages. They are not metered: reflection reads only small ones.
const STREAMS: &str = "/grpc.reflection.";
/// The prefix of the paths of the health service.
const HEALTH: &str = "/grpc.health.v1.";
/// The largest message to the services that answer everyone, health and reflection, in bytes. Reflection repeats the
/// whole request in its response.
pub const PUBLIC_BYTES: usize = 4096;

/// Makes the admission of a service.
#[derive(Clone)]
pub struct AdmissionLayer {
    request_bytes: usize,
}

/// Admits requests to a service.
#[derive(Clone)]
pub struct Admission<S> {
    inner: S,
    request_bytes: usize,
}

pin_project! {
    /// The response to a request, or its refusal, or `DEADLINE_EXCEEDED`.
    pub struct Admitted<F> {
        #[pin]
        answer: Answer<F>,
        deadline: Option<Deadline>,
        // The message's share of the budget is kept until the handler is done.
        _hold: Hold,
    }
}

impl AdmissionLayer {
    /// Admits request messages of at most `request_bytes` bytes.
    pub fn new(request_bytes: usize) -> Self {
        Self { request_bytes }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Admission<S> {
        Admission { inner, request_bytes: self.request_bytes }
    }
}

impl<S> Service<Request<Body>> for Admission<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Admitted<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let hold = Hold::default();
        if let Some(response) = protocol::refusal(&request) {
            return Admitted { answer: Answer::refused(response), deadline: None, _hold: hold };
        }
        let deadline = Deadline::of(request.headers());
        let path = request.uri().path();
        let limit_bytes = if path.starts_with(HEALTH) { PUBLIC_BYTES } else { self.request_bytes };
        let budget = request.extensions().get::<ConnectionInfo>().filter(|_| !path.starts_with(STREAMS));
        let request = match budget.map(|connection| Arc::clone(connection.budget())) {
            Some(budget) => request.map(|body| Body::new(Metered::new(body, budget, limit_bytes, Arc::clone(&hold)))),
            None => request,
        };
        Admitted { answer: Answer::passed(self.inner.call(request)), deadline, _hold: hold }
    }
}

impl<F, E> Future for Admitted<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Poll::Ready(answer) = this.answer.poll(cx) {
            let deadline = this.deadline.take();
            let timed = |response: Response<Body>| match deadline {
                Some(deadline) => response.map(|body| Body::new(Timed::new(body, deadline))),
                None => response,
            };
            return Poll::Ready(answer.map(timed));
        }
        let Some(deadline) = this.deadline else { return Poll::Pending };
        if deadline.has_passed(cx) { Poll::Ready(Ok(deadline.status().into_http())) } else { Poll::Pending }
    }
}
