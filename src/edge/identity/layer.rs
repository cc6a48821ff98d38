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

use crate::{edge::identity::Callers, service::Caller};

/// The prefixes of the paths that answer everyone. Every other path needs a known caller, those that do not exist too.
const OPEN: [&str; 2] = ["/grpc.health.v1.", "/grpc.reflection."];

/// Who sent a request. In the extensions of every request that came through the layer, but for those to open paths.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The service that sent it.
    pub caller: Arc<Caller>,
}

/// Makes the layer's service.
#[derive(Clone, Debug)]
pub struct IdentityLayer {
    callers: Arc<Callers>,
}

/// Refuses requests of unknown callers with `UNAUTHENTICATED`, and passes the others on with their [`Identity`].
#[derive(Clone, Debug)]
pub struct Identified<S> {
    inner: S,
    callers: Arc<Callers>,
}

pin_project! {
    /// The response to a request, or the refusal of one that is not passed on.
    pub struct Answer<F> {
        refusal: Option<Response<Body>>,
        #[pin]
        passed: Option<F>,
    }
}

impl<F> Answer<F> {
    /// Answers with a refusal.
    pub fn refused(response: Response<Body>) -> Self {
        Self { refusal: Some(response), passed: None }
    }

    /// Answers with what the service says that the request is passed on to.
    pub fn passed(answer: F) -> Self {
        Self { refusal: None, passed: Some(answer) }
    }
}

impl IdentityLayer {
    /// The layer that lets these callers through.
    pub fn new(callers: Arc<Callers>) -> Self {
        Self { callers }
    }
}

impl<S> Layer<S> for IdentityLayer {
    type Service = Identified<S>;

    fn layer(&self, inner: S) -> Identified<S> {
        Identified { inner, callers: Arc::clone(&self.callers) }
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
            match self.callers.find(request.headers()) {
                Ok(caller) => {
                    let caller = Arc::clone(caller);
                    request.extensions_mut().insert(Identity { caller });
                }
                Err(error) => return Answer::refused(Status::from(error).into_http()),
            }
        }
        Answer::passed(self.inner.call(request))
    }
}

impl<F, E> Future for Answer<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        match this.passed.as_pin_mut() {
            Some(answer) => answer.poll(cx),
            None => Poll::Ready(Ok(this.refusal.take().expect("a future is polled to its end once"))),
        }
    }
}
