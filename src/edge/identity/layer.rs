//! The layer that finds out who calls before a body is read: no handler is reached without it.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use crate::edge::{
    identity::{
        attempts::{Attempt, Attempts, Penalty},
        callers::Callers,
        refused::Refused,
    },
    listener::ConnectionInfo,
};

/// The prefixes of the paths that answer everyone. Every other path needs a known caller, those that do not exist too.
const OPEN: [&str; 2] = ["/grpc.health.v1.", "/grpc.reflection."];

/// Makes the layer's service.
#[derive(Clone)]
pub struct IdentityLayer {
    callers: Arc<Callers>,
    attempts: Arc<Attempts>,
}

/// Refuses requests of unknown callers with `UNAUTHENTICATED`, and passes the others on with their [`Identity`](super::Identity).
#[derive(Clone)]
pub struct Identified<S> {
    inner: S,
    callers: Arc<Callers>,
    attempts: Arc<Attempts>,
}

pin_project! {
    /// The response to a request, or the refusal of one that is not passed on.
    pub struct Answer<F> {
        refusal: Option<Response<Body>>,
        wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
        #[pin]
        passed: Option<F>,
    }
}

impl<F> Answer<F> {
    /// Answers with a refusal.
    pub fn refused(response: Response<Body>) -> Self {
        Self { refusal: Some(response), wait: None, passed: None }
    }

    /// Answers with a refusal, after a while.
    pub(super) fn slowed(response: Response<Body>, penalty: Penalty) -> Self {
        Self { refusal: Some(response), wait: Some(Box::pin(penalty.wait())), passed: None }
    }

    /// Answers with what the service says that the request is passed on to.
    pub fn passed(answer: F) -> Self {
        Self { refusal: None, wait: None, passed: Some(answer) }
    }
}

impl IdentityLayer {
    /// The layer that lets these callers through, and notes attempts of others.
    pub fn new(callers: Arc<Callers>, attempts: Arc<Attempts>) -> Self {
        Self { callers, attempts }
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identified<S>;

    fn layer(&self, inner: S) -> Identified<S> {
        Identified { inner, callers: Arc::clone(&self.callers), attempts: Arc::clone(&self.attempts) }
    }
}

impl<S> Service<Request<Body>> for Identified<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answer<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if !OPEN.iter().any(|prefix| request.uri().path().starts_with(prefix)) {
            let connection = request.extensions().get::<ConnectionInfo>();
            match self.callers.find(request.headers(), connection.and_then(ConnectionInfo::certificate)) {
                Ok(identity) => {
                    request.extensions_mut().insert(identity);
                }
                Err(refused) => return self.refuse(&refused, connection),
            }
        }
        Answer::passed(self.inner.call(request))
    }
}

impl<S> Identified<S> {
    /// Refuses a request; whoever tries credentials waits for it.
    fn refuse<F>(&self, refused: &Refused, connection: Option<&ConnectionInfo>) -> Answer<F> {
        let response = Status::from(refused.to_error()).into_http();
        if *refused == Refused::Missing {
            return Answer::refused(response);
        }
        let source = connection.map_or_else(|| "unknown".to_owned(), ConnectionInfo::source);
        let penalty = self.attempts.note(Attempt::Credentials, &source, refused.name());
        match penalty.and_then(|penalty| penalty.within(connection.map(ConnectionInfo::slowed))) {
            Some(penalty) => Answer::slowed(response, penalty),
            None => Answer::refused(response),
        }
    }
}

impl<F, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(wait) = this.wait {
            match wait.as_mut().poll(cx) {
                Poll::Ready(()) => *this.wait = None,
                Poll::Pending => return Poll::Pending,
            }
        }
        match this.passed.as_pin_mut() {
            Some(answer) => answer.poll(cx),
            None => Poll::Ready(Ok(this.refusal.take().expect("a future is polled to its end once"))),
        }
    }
}
