//! Request bodies whose frames are cut anywhere, wait for the budget, come late, are too long, or have two messages.

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

/// A stream of nothing, which ends when a channel says so.
struct Ended(tokio::sync::oneshot::Receiver<()>);

impl tokio_stream::Stream for Ended {
    type Item = Result<Frame<Bytes>, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.0).poll(cx).map(|_| None)
    }
}

/// A body of one message in frames of 16 KiB, and its share of the budget.
fn metered(length: u32, budget: &Arc<Semaphore>) -> (Metered, Hold) {
    let frames: Vec<Result<_, Status>> =
        message(length).chunks(16_384).map(|chunk| Ok(Frame::data(chunk.to_vec().into()))).collect();
    let body = Body::new(http_body_util::StreamBody::new(tokio_stream::iter(frames)));
    let hold = Hold::default();
    (Metered::new(body, Arc::clone(budget), 1 << 20, hold.clone()), hold)
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
    let budget = Arc::new(Semaphore::new(100_000));
    let (first, first_hold) = metered(70_000, &budget);
    assert_eq!(read(first).await, 70_005);
    assert_eq!(budget.available_permits(), 30_000);
    let (second, second_hold) = metered(70_000, &budget);
    let second = tokio::spawn(read(second));
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    let (small, _small_hold) = metered(16_384, &budget);
    assert_eq!(read(small).await, 16_389, "a small one needs no room");
    drop(first_hold);
    assert_eq!(second.await.expect("it is read"), 70_005);
    drop(second_hold);
    assert_eq!(budget.available_permits(), 100_000);
}

#[tokio::test]
async fn a_call_has_one_message_and_not_a_larger_one_than_allowed() {
    let budget = Arc::new(Semaphore::new(100_000));
    for (messages, limit_bytes, code) in [
        (vec![message(10), message(10)], 100, tonic::Code::InvalidArgument),
        (vec![message(101)], 100, tonic::Code::ResourceExhausted),
    ] {
        let frames: Vec<Result<_, Status>> = messages.into_iter().map(|it| Ok(Frame::data(it.into()))).collect();
        let body = Body::new(http_body_util::StreamBody::new(tokio_stream::iter(frames)));
        let mut body = Metered::new(body, Arc::clone(&budget), limit_bytes, Hold::default());
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        assert_eq!(frame.expect("it does not end").expect_err("is refused").code(), code);
    }
}

#[tokio::test]
async fn a_message_is_handed_on_when_its_call_has_ended() {
    let budget = Arc::new(Semaphore::new(100_000));
    let whole = Ok::<_, Status>(Frame::data(Bytes::from(message(10))));
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let until = tokio_stream::StreamExt::chain(tokio_stream::iter([whole]), Ended(ended));
    let until = http_body_util::StreamBody::new(until);
    let body = tokio::spawn(read(Metered::new(Body::new(until), budget, 1 << 20, Hold::default())));
    tokio::task::yield_now().await;
    assert!(!body.is_finished());
    end.send(()).expect("the body waits");
    assert_eq!(body.await.expect("it is read"), 15);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_arrive_is_given_up() {
    let budget = Arc::new(Semaphore::new(100_000));
    let begun = Ok::<_, Status>(Frame::data(Bytes::from(message(70_000)).slice(..100)));
    let rest = tokio_stream::StreamExt::chain(tokio_stream::iter([begun]), tokio_stream::pending());
    let body = Body::new(http_body_util::StreamBody::new(rest));
    let mut body = Metered::new(body, Arc::clone(&budget), 1 << 20, Hold::default());
    let mut next = async || std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
    assert!(next().await.is_some_and(|frame| frame.is_ok()));
    let error = next().await.expect("it does not end").expect_err("is given up");
    assert_eq!(error.code(), tonic::Code::DeadlineExceeded);
    drop(body);
    assert_eq!(budget.available_permits(), 100_000);
}
