//! A bare HTTP/2 client, and what it floods the server with.

use std::future::poll_fn;

use h2::{RecvStream, SendStream, client::SendRequest};
use http::Request;
use prost::bytes::Bytes;
use tokio::{
    net::TcpStream,
    task::{JoinSet, yield_now},
};

use super::{CHECK, MAX_MESSAGE_BYTES};
use crate::support::Server;

/// More streams than the server lets anybody open.
const STREAMS: usize = 1000;

/// A bare HTTP/2 connection.
pub(super) async fn connect(server: &Server) -> SendRequest<Bytes> {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The head of a call of the method at `path`.
pub(super) fn request(path: &str) -> Request<()> {
    let request = Request::post(format!("http://rollcall{path}"));
    request.header("content-type", "application/grpc").header("te", "trailers").body(()).unwrap()
}

/// A message behind its prefix.
pub(super) fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0][..], &length, message].concat().into()
}

/// A message of zeros of the largest size behind its prefix.
pub(super) fn largest_message() -> Bytes {
    framed(&vec![0; MAX_MESSAGE_BYTES])
}

/// Sends bytes as the server takes them; whether all were taken.
pub(super) async fn send(stream: &mut SendStream<Bytes>, mut bytes: Bytes) -> bool {
    while !bytes.is_empty() {
        stream.reserve_capacity(bytes.len().min(16_384));
        let Some(Ok(capacity)) = poll_fn(|cx| stream.poll_capacity(cx)).await else { return false };
        if stream.send_data(bytes.split_to(capacity.min(bytes.len())), false).is_err() {
            return false;
        }
    }
    true
}

/// Streams that each begin a message of the largest size; with `ends` they also finish it.
pub(super) async fn send_messages(client: SendRequest<Bytes>, path: &'static str, ends: bool) {
    let whole = largest_message();
    let message = if ends { whole } else { whole.slice(..whole.len() - 1) };
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let (client, message) = (client.clone(), message.clone());
        streams.spawn(async move {
            loop {
                let Ok(mut ready) = client.clone().ready().await else { return };
                let Ok((response, mut stream)) = ready.send_request(request(path), false) else { return };
                if send(&mut stream, message.clone()).await {
                    if ends {
                        stream.send_data(Bytes::new(), true).ok();
                    }
                    if let Ok(response) = response.await {
                        drain(response.into_body()).await;
                    }
                }
            }
        });
    }
    streams.join_all().await;
}

async fn drain(mut body: RecvStream) {
    while let Some(Ok(data)) = body.data().await {
        body.flow_control().release_capacity(data.len()).ok();
    }
}

/// Streams that are reset as soon as they are open.
pub(super) async fn reset_streams(client: SendRequest<Bytes>) {
    loop {
        let Ok(mut ready) = client.clone().ready().await else { return };
        let Ok((response, mut stream)) = ready.send_request(request(CHECK), false) else { return };
        stream.send_reset(h2::Reason::CANCEL);
        drop(response);
        // Lets the connection send it.
        yield_now().await;
    }
}

/// Sends the same message on as many streams as there may be, and reads no response.
pub(super) async fn send_and_read_nothing(client: SendRequest<Bytes>, path: &'static str, message: Bytes, ends: bool) {
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let (client, message) = (client.clone(), message.clone());
        streams.spawn(async move {
            let Ok(mut ready) = client.ready().await else { return };
            let Ok((response, mut stream)) = ready.send_request(request(path), false) else { return };
            if send(&mut stream, message).await && ends {
                stream.send_data(Bytes::new(), true).ok();
            }
            // Keeps the stream, and reads nothing.
            let _response = response.await;
            std::future::pending::<()>().await;
        });
    }
    streams.join_all().await;
}
