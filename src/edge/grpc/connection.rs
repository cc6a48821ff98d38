//! A peer's connection, and the room that its requests share.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Semaphore,
};
use tonic::transport::server::Connected;

/// A TCP connection whose requests share one [`Room`].
pub struct Connection {
    stream: TcpStream,
    room: Room,
}

/// How many bytes of messages a connection may have under way: a permit a byte.
#[derive(Clone)]
pub struct Room(pub(super) Arc<Semaphore>);

impl Connection {
    /// A connection that was just made, with room for so many bytes of messages.
    pub fn new(stream: TcpStream, bytes: usize) -> Self {
        Self { stream, room: Room(Arc::new(Semaphore::new(bytes))) }
    }
}

impl Connected for Connection {
    type ConnectInfo = Room;

    fn connect_info(&self) -> Room {
        self.room.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
