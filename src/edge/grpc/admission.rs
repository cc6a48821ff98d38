//! The layer that admits requests before their body is read: it refuses unknown callers, and meters the body.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::edge::grpc::{
    Callers,
    connection::MessageBudget,
    metered::{Hold, Metered},
};

/// The prefix of the paths that need a known caller. Health and reflection answer everyone.
const OURS: &str = "/rollcall.";

/// The prefix of the paths whose calls have many messages. They are not metered: reflection reads only small ones.
const STREAMS: &str = "/grpc.reflection.";

/// Makes the admission of a service.
#[derive(Clone)]
pub struct AdmissionLayer {
    callers: Arc<Callers>,
    request_bytes: usize,
}

/// Admits requests to a service: one of an unknown caller is refused with `UNAUTHENTICATED` before its body is read,
/// and the bodies of the others are metered.
#[derive(Clone)]
pub struct Admission<S> {
    inner: S,
    callers: Arc<Callers>,
    request_bytes: usize,
}

pin_project! {
    /// The response to a request, or the refusal of one that was not admitted.
    #[project = Projected]
    pub enum Admitted<F> {
        Refused { response: Option<Response<Body>> },
        // The message's share of the budget is kept until the handler is done.
        Running { #[pin] answer: F, _hold: Hold },
    }
}

impl AdmissionLayer {
    /// Admits these callers, and request messages of at most `request_bytes` bytes.
    pub fn new(callers: Arc<Callers>, request_bytes: usize) -> Self {
        Self { callers, request_bytes }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Admission<S> {
        Admission { inner, callers: Arc::clone(&self.callers), request_bytes: self.request_bytes }
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
        if request.uri().path().starts_with(OURS)
            && let Err(error) = self.callers.find(request.headers().get("authorization"))
        {
            return Admitted::Refused { response: Some(Status::from(error).into_http()) };
        }
        let hold = Hold::default();
        let budget = request.extensions().get::<MessageBudget>().filter(|_| !request.uri().path().starts_with(STREAMS));
        let request = match budget.map(|budget| Arc::clone(&budget.0)) {
            Some(budget) => {
                request.map(|body| Body::new(Metered::new(body, budget, self.request_bytes, Arc::clone(&hold))))
            }
            None => request,
        };
        Admitted::Running { answer: self.inner.call(request), _hold: hold }
    }
}

impl<F, E> Future for Admitted<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.project() {
            Projected::Refused { response } => {
                Poll::Ready(Ok(response.take().expect("a future is polled to its end once")))
            }
            Projected::Running { answer, .. } => answer.poll(cx),
        }
    }
}
