//! A request's body, whose messages are taken in only when their connection has room for them.
//!
//! A gRPC message is buffered whole before any handler runs, and a connection has many streams: without a common bound, a
//! peer that begins a large message on each has the server keep them all.

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
/// How long a message may take to arrive whole, once there is room for it.
const WHOLE_WITHIN: Duration = Duration::from_secs(30);

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
    waiting: Option<Waiting>,
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
    prefix: [u8; 5],
    /// How many bytes of the prefix are here.
    have: usize,
    /// How many bytes of the message are to come.
    left: usize,
}

impl Metered {
    pub(super) fn new(body: Body, room: Arc<Semaphore>, largest: usize, hold: Hold) -> Self {
        Self { body, room, largest, hold, prefixes: Prefixes::default(), waiting: None, deadline: None }
    }

    /// The frame, if there is room for the messages that begin in it; otherwise it waits.
    fn admit(&mut self, frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        let begun = frame.data_ref().map_or(0, |data| self.prefixes.follow(data));
        if self.prefixes.is_between() {
            self.deadline = None;
        }
        if begun <= SMALL || self.prefixes.left > self.largest {
            return Some(frame);
        }
        let bytes = u32::try_from(begun).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(bytes) {
            self.hold(permit);
            return Some(frame);
        }
        let room = Box::pin(Arc::clone(&self.room).acquire_many_owned(bytes));
        self.waiting = Some(Waiting { frame, room });
        None
    }

    /// Room for a message makes that of the one before it free.
    fn hold(&mut self, permit: OwnedSemaphorePermit) {
        *self.hold.lock() = Some(permit);
        self.deadline = (!self.prefixes.is_between()).then(|| Box::pin(sleep(WHOLE_WITHIN)));
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
                let message = format!("the message did not arrive within {} seconds", WHOLE_WITHIN.as_secs());
                return Poll::Ready(Some(Err(Status::deadline_exceeded(message))));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Some(frame) = self.admit(frame) {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                end => return Poll::Ready(end),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.waiting.is_none() && self.body.is_end_stream()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let prefix = [0].into_iter().chain(length.to_be_bytes());
        prefix.chain(std::iter::repeat_n(7, length as usize)).collect()
    }

    #[test]
    fn lengths_are_found_however_the_bytes_are_cut() {
        let bytes: Vec<u8> = [message(3), message(0), message(70_000), message(1)].concat();
        for cut in [1, 2, 4, 5, 6, 7, 1000, 16_384, bytes.len()] {
            let mut prefixes = Prefixes::default();
            let begun: usize = bytes.chunks(cut).map(|chunk| prefixes.follow(chunk)).sum();
            assert_eq!(begun, 70_004, "cut at {cut}");
            assert!(prefixes.is_between());
            prefixes.follow(&[0]);
            assert!(!prefixes.is_between());
        }
    }

    /// A body of one message in frames of 16 KiB, and the room that it holds.
    fn metered(length: u32, room: &Arc<Semaphore>) -> (Metered, Hold) {
        let frames: Vec<Result<_, Status>> =
            message(length).chunks(16_384).map(|chunk| Ok(Frame::data(chunk.to_vec().into()))).collect();
        let body = Body::new(http_body_util::StreamBody::new(tokio_stream::iter(frames)));
        let hold = Hold::default();
        (Metered::new(body, Arc::clone(room), 1 << 20, hold.clone()), hold)
    }

    async fn read(mut body: Metered) -> usize {
        let mut read = 0;
        while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            read += frame.expect("the body is whole").data_ref().map_or(0, Bytes::len);
        }
        read
    }

    #[tokio::test]
    async fn a_message_waits_until_there_is_room_and_keeps_it_until_it_is_let_go() {
        let room = Arc::new(Semaphore::new(100_000));
        let (first, held) = metered(70_000, &room);
        assert_eq!(read(first).await, 70_005);
        assert_eq!(room.available_permits(), 30_000);
        let (second, held_second) = metered(70_000, &room);
        let second = tokio::spawn(read(second));
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        let (small, _held) = metered(16_384, &room);
        assert_eq!(read(small).await, 16_389, "a small one needs no room");
        drop(held);
        assert_eq!(second.await.expect("it is read"), 70_005);
        drop(held_second);
        assert_eq!(room.available_permits(), 100_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_does_not_arrive_is_given_up() {
        let room = Arc::new(Semaphore::new(100_000));
        let begun = Ok::<_, Status>(Frame::data(Bytes::from(message(70_000)).slice(..100)));
        let rest = tokio_stream::StreamExt::chain(tokio_stream::iter([begun]), tokio_stream::pending());
        let body = Body::new(http_body_util::StreamBody::new(rest));
        let mut body = Metered::new(body, Arc::clone(&room), 1 << 20, Hold::default());
        let mut next = async || std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        assert!(next().await.is_some_and(|frame| frame.is_ok()));
        let error = next().await.expect("it does not end").expect_err("is given up");
        assert_eq!(error.code(), tonic::Code::DeadlineExceeded);
        drop(body);
        assert_eq!(room.available_permits(), 100_000);
    }
}
