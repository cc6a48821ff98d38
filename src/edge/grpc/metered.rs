//! The body of a call of one message, which is taken in only when its connection has room for it, and handed on only when
//! it is whole.
//!
//! A gRPC message is buffered whole before any handler runs, and a connection has many streams: without a common bound, a
//! peer that begins a large message on each has the server keep them all. And a decoded message can be many times as large,
//! so none is decoded whose call has not ended.

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

/// Messages up to this size, in bytes, need no room: as many as a connection has streams are no burden.
const SMALL: usize = 16 * 1024;
/// How long a message may take to arrive whole, once there is room for it, beside what a slow network needs for its bytes.
const WHOLE_WITHIN: Duration = Duration::from_secs(30);
/// As slow as a network may be, in bytes a second.
const SLOWEST: usize = 32 * 1024;

/// The room that a request's message takes up, until whoever works on it has let go too.
pub(super) type Hold = Arc<Mutex<Option<OwnedSemaphorePermit>>>;

/// The body.
pub(super) struct Metered {
    body: Body,
    room: Arc<Semaphore>,
    /// The largest message that is read at all, in bytes; no room is needed for one that is refused.
    largest: usize,
    hold: Hold,
    prefixes: Prefixes,
    waiting: Option<Box<Waiting>>,
    /// The end of the message, until that of the call.
    last: Option<Frame<Bytes>>,
    /// Whether the end of the call is here.
    ended: bool,
    deadline: Option<Pin<Box<Sleep>>>,
}

/// The beginning of a message for which there is no room yet.
struct Waiting {
    frame: Frame<Bytes>,
    room: Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>,
}

/// Follows the length prefixes of messages: a byte that says whether it is compressed, and four of length, big-endian.
#[derive(Default)]
struct Prefixes {
    /// How many messages have begun.
    begun: usize,
    prefix: [u8; 5],
    /// How many bytes of the prefix are here.
    have: usize,
    /// How many bytes of the message are to come.
    left: usize,
}

impl Metered {
    pub(super) fn new(body: Body, room: Arc<Semaphore>, largest: usize, hold: Hold) -> Self {
        let prefixes = Prefixes::default();
        Self { body, room, largest, hold, prefixes, waiting: None, last: None, ended: false, deadline: None }
    }

    /// The frame, if there is room for the message that begins in it; otherwise it waits.
    fn admit(&mut self, frame: Frame<Bytes>) -> Result<Option<Frame<Bytes>>, Status> {
        let length = frame.data_ref().map_or(0, |data| self.prefixes.follow(data));
        if self.prefixes.begun > 1 {
            return Err(Status::invalid_argument("the call has one message; send a call for each"));
        }
        if length > self.largest {
            let message = format!("the message has {length} bytes; {} are allowed", self.largest);
            return Err(Status::out_of_range(message));
        }
        if length <= SMALL {
            return Ok(Some(frame));
        }
        let bytes = u32::try_from(length).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            self.hold(permit);
            return Ok(Some(frame));
        }
        let room = Box::pin(Arc::clone(&self.room).acquire_many_owned(bytes));
        self.waiting = Some(Box::new(Waiting { frame, room }));
        Ok(None)
    }

    fn hold(&mut self, permit: OwnedSemaphorePermit) {
        *self.hold.lock() = Some(permit);
        let needed = u64::try_from(self.prefixes.left / SLOWEST).unwrap_or(u64::MAX);
        self.deadline = Some(Box::pin(sleep(WHOLE_WITHIN.saturating_add(Duration::from_secs(needed)))));
    }

    /// What is handed on of the call's next frame; nothing while its end is not there.
    fn next(&mut self, frame: Frame<Bytes>) -> Result<Option<Frame<Bytes>>, Status> {
        if self.last.is_some() {
            // What comes behind the message is empty, or trailers, which say nothing in a request.
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
                let Poll::Ready(room) = waiting.room.as_mut().poll(cx) else {
                    self.waiting = Some(waiting);
                    return Poll::Pending;
                };
                // Nobody closes it.
                self.hold(room.map_err(|_| Status::unavailable("the connection is closing"))?);
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
    /// Takes the next bytes, and tells how long the messages are that begin in them.
    fn follow(&mut self, mut data: &[u8]) -> usize {
        let mut begun: usize = 0;
        while !data.is_empty() {
            let (wanted, in_prefix) = if self.left > 0 { (self.left, false) } else { (5 - self.have, true) };
            let (taken, rest) = data.split_at(wanted.min(data.len()));
            data = rest;
            if !in_prefix {
                self.left -= taken.len();
                continue;
            }
            for (to, from) in self.prefix.iter_mut().skip(self.have).zip(taken) {
                *to = *from;
            }
            self.have += taken.len();
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
