//! The body of a unary call: it is read only while the connection's message budget has room for it, and passed on only
//! when it is complete.
//!
//! A gRPC message is buffered whole before any handler runs, and a connection has many streams: without a common limit,
//! a peer that begins a large message on each stream makes the server buffer them all. A decoded message can be many
//! times as large as its bytes, so no message is decoded before the client has ended its side of the call.

#[cfg(test)]
mod tests;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use parking_lot::Mutex;
use prost::bytes::Bytes;
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tonic::{Status, body::Body};

use crate::service::{Error, ErrorKind};

/// Messages up to this size, in bytes, are not counted: one on each of a connection's streams is little memory.
const SMALL: usize = 16 * 1024;
/// How long a message may take to arrive complete once the budget admits it, besides the time that its bytes take at
/// [`SLOWEST`].
const WHOLE_WITHIN: Duration = Duration::from_secs(30);
/// The slowest transfer that is waited for, in bytes per second.
const SLOWEST: usize = 32 * 1024;

/// The share of the connection's message budget that a request's message uses. The body fills it in, and the request's
/// future keeps a clone, so it is released when the request is done with the message.
pub(super) type Hold = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

/// A request body that waits for the connection's message budget.
pub(super) struct Metered {
    body: Body,
    budget: Arc<Semaphore>,
    /// The largest message that is read at all, in bytes; a larger one is refused before it uses the budget.
    limit_bytes: usize,
    hold: Hold,
    prefixes: Prefixes,
    waiting: Option<Box<Waiting>>,
    /// The last frame of the message, kept back until the client ends its side of the call.
    last: Option<Frame<Bytes>>,
    /// Whether the client has ended its side of the call.
    ended: bool,
    deadline: Option<Pin<Box<Sleep>>>,
}

/// The first frame of a message that the budget has no room for yet.
struct Waiting {
    frame: Frame<Bytes>,
    budget: Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>,
}

/// Follows the length prefixes of messages: a byte that says whether it is compressed, and four of length, big-endian.
#[derive(Default)]
struct Prefixes {
    /// How many messages have begun.
    begun: usize,
    prefix: [u8; 5],
    /// How many bytes of the prefix have arrived.
    have: usize,
    /// How many bytes of the message are still to come.
    left: usize,
}

impl Metered {
    pub(super) fn new(body: Body, budget: Arc<Semaphore>, limit_bytes: usize, hold: Hold) -> Self {
        let prefixes = Prefixes::default();
        Self { body, budget, limit_bytes, hold, prefixes, waiting: None, last: None, ended: false, deadline: None }
    }

    /// Passes a frame on if the budget has room for the message that begins in it; otherwise the frame waits.
    fn admit(&mut self, frame: Frame<Bytes>) -> Result<Option<Frame<Bytes>>, Status> {
        let length = frame.data_ref().map_or(0, |data| self.prefixes.follow(data));
        if self.prefixes.begun > 1 {
            return Err(Status::invalid_argument("the call has one message; send a call for each"));
        }
        if length > self.limit_bytes {
            let message = format!("the message has {length} bytes; {} are allowed", self.limit_bytes);
            return Err(Error::new(ErrorKind::ResourceExhausted, "REQUEST_TOO_LARGE", message)
                .with("limit", self.limit_bytes.to_string())
                .with("length", length.to_string())
                .into());
        }
        if length <= SMALL {
            return Ok(Some(frame));
        }
        let bytes = u32::try_from(length).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&self.budget).try_acquire_many_owned(bytes) {
            self.hold(permit);
            return Ok(Some(frame));
        }
        let budget = Box::pin(Arc::clone(&self.budget).acquire_many_owned(bytes));
        self.waiting = Some(Box::new(Waiting { frame, budget }));
        Ok(None)
    }

    fn hold(&mut self, permit: OwnedSemaphorePermit) {
        *self.hold.lock() = Some(permit);
        let needed = u64::try_from(self.prefixes.left / SLOWEST).unwrap_or(u64::MAX);
        self.deadline = Some(Box::pin(sleep(WHOLE_WITHIN.saturating_add(Duration::from_secs(needed)))));
    }

    /// Takes the next frame of the call, and returns the frame to pass on: `None` for the frame that completes the
    /// message while the call has not ended.
    fn next(&mut self, frame: Frame<Bytes>) -> Result<Option<Frame<Bytes>>, Status> {
        if self.last.is_some() {
            // What follows the message is empty, or trailers, which have no meaning in a request.
            return match frame.data_ref() {
                Some(data) if !data.is_empty() => self.admit(frame),
                _ => Ok(None),
            };
        }
        let admitted = self.admit(frame)?;
        if self.prefixes.is_between() && !self.body.is_end_stream() {
            self.last = admitted;
            return Ok(None);
        }
        Ok(admitted)
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        loop {
            if let Some(mut waiting) = self.waiting.take() {
                let Poll::Ready(permit) = waiting.budget.as_mut().poll(cx) else {
                    self.waiting = Some(waiting);
                    return Poll::Pending;
                };
                // The semaphore is never closed, so this error does not happen.
                self.hold(permit.map_err(|_| Status::unavailable("the connection is closing"))?);
                return Poll::Ready(Some(Ok(waiting.frame)));
            }
            if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready()) {
                let message = "the message did not arrive in time; send it faster, or in parts";
                return Poll::Ready(Some(Err(Status::deadline_exceeded(message))));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match self.next(frame) {
                    Ok(Some(frame)) => return Poll::Ready(Some(Ok(frame))),
                    Ok(None) => {}
                    Err(status) => return Poll::Ready(Some(Err(status))),
                },
                None => {
                    self.ended = true;
                    return Poll::Ready(self.last.take().map(Ok));
                }
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.last.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Prefixes {
    /// Takes the next bytes, and returns the sum of the lengths of the messages that begin in them.
    fn follow(&mut self, mut data: &[u8]) -> usize {
        let mut begun: usize = 0;
        while !data.is_empty() {
            let (missing, in_prefix) = if self.left > 0 { (self.left, false) } else { (5 - self.have, true) };
            let (bytes, rest) = data.split_at(missing.min(data.len()));
            data = rest;
            if !in_prefix {
                self.left -= bytes.len();
                continue;
            }
            for (to, from) in self.prefix.iter_mut().skip(self.have).zip(bytes) {
                *to = *from;
            }
            self.have += bytes.len();
            if self.have == 5 {
                let [_, length @ ..] = self.prefix;
                self.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                self.have = 0;
                self.begun += 1;
                begun = begun.saturating_add(self.left);
            }
        }
        begun
    }

    /// Whether no message is under way.
    fn is_between(&self) -> bool {
        self.left == 0 && self.have == 0
    }
}
