//! The body of a response to a request with a deadline: a stream ends at it, and says so.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use prost::bytes::Bytes;
use tonic::{Status, body::Body};

use crate::edge::grpc::deadline::Deadline;

/// A response's body, which ends with `DEADLINE_EXCEEDED` when it has nothing more to send at the deadline.
pub(super) struct Timed {
    /// None once it has ended at the deadline: whoever makes its messages then sees that nobody wants them.
    body: Option<Body>,
    deadline: Deadline,
}

impl Timed {
    pub(super) fn new(body: Body, deadline: Deadline) -> Self {
        Self { body: Some(body), deadline }
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        if !self.deadline.has_passed(cx) {
            return Poll::Pending;
        }
        self.body = None;
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(self.deadline.status().add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}
