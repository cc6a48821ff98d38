//! A client's connection, and the budget of message bytes that its requests share.

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

/// A TCP connection whose requests share one budget of message bytes.
pub struct Connection {
    stream: TcpStream,
    budget: MessageBudget,
}

/// How many bytes of request messages a connection may have in memory at a time; one permit per byte.
#[derive(Clone)]
pub struct MessageBudget(pub(super) Arc<Semaphore>);

impl Connection {
    /// A connection just accepted. `limit_bytes` is the budget of its request messages, at least the size of the
    /// largest message; a smaller one would leave that message waiting for ever.
    pub fn new(stream: TcpStream, limit_bytes: usize) -> Self {
        Self { stream, budget: MessageBudget(Arc::new(Semaphore::new(limit_bytes))) }
    }
}

impl Connected for Connection {
    type ConnectInfo = MessageBudget;

    fn connect_info(&self) -> MessageBudget {
        self.budget.clone()
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
