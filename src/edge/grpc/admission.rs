//! What is done before a request's body is read: whoever is not known is refused, and the body is metered.

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
    connection::Room,
    metered::{Hold, Metered},
};

/// How the paths of this product's RPCs begin. Health and reflection answer everybody.
const OURS: &str = "/rollcall.";

/// How the paths of calls with many messages begin. Those are small: reflection reads no larger ones.
const STREAMS: &str = "/grpc.reflection.";

/// Admits requests; see [`Admission`].
#[derive(Clone)]
pub struct AdmissionLayer {
    callers: Arc<Callers>,
    largest: usize,
}

/// Admits requests to a service.
#[derive(Clone)]
pub struct Admission<S> {
    inner: S,
    callers: Arc<Callers>,
    largest: usize,
}

pin_project! {
    /// The answer to a request, or the refusal of one that was not admitted.
    #[project = Projected]
    pub enum Admitted<F> {
        Refused { response: Option<Response<Body>> },
        // The room is kept until the handler is done with the message.
        Running { #[pin] answer: F, _hold: Hold },
    }
}

impl AdmissionLayer {
    /// Admits these callers, and messages of at most `largest` bytes.
    pub fn new(callers: Arc<Callers>, largest: usize) -> Self {
        Self { callers, largest }
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = Admission<S>;

    fn layer(&self, inner: S) -> Admission<S> {
        Admission { inner, callers: Arc::clone(&self.callers), largest: self.largest }
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
        let room = request.extensions().get::<Room>().filter(|_| !request.uri().path().starts_with(STREAMS));
        let request = match room.map(|room| Arc::clone(&room.0)) {
            Some(room) => request.map(|body| Body::new(Metered::new(body, room, self.largest, Arc::clone(&hold)))),
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
