//! A client's connection: what travels over it, who is at its other end, and what its requests share.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{Semaphore, oneshot},
    time::{self, Instant, Sleep},
};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::Connected;

use crate::edge::{
    identity::{PeerCertificate, source_of},
    listener::options::ListenerOptions,
};

/// For how long the requests of a connection go on that is too old, before it is cut off.
const GRACE: Duration = Duration::from_mins(1);
/// How much sooner than its watches end a client knows that the connection does: who watches again does so over another.
const NOTICE: Duration = Duration::from_millis(200);

/// A connection, encrypted or not, whose requests share one budget of message bytes.
pub struct Connection {
    stream: Transport,
    info: ConnectionInfo,
    /// For clients that do not leave when they are asked to.
    cut_off: Option<Pin<Box<Sleep>>>,
    /// Is told when the connection has to make room for others.
    seat: Option<oneshot::Receiver<()>>,
}

/// How a connection's bytes travel.
pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What the requests of a connection share. It is in the extensions of each.
#[derive(Clone, Debug)]
pub struct ConnectionInfo(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How many bytes of request messages may be in memory at a time; one permit per byte.
    budget: Arc<Semaphore>,
    /// How many answers may wait that are slowed; one permit each.
    slowed: Arc<Semaphore>,
    peer: Option<SocketAddr>,
    certificate: Option<PeerCertificate>,
    ages_at: Option<Instant>,
}

impl ConnectionInfo {
    /// The permits for bytes of request messages.
    pub(crate) fn budget(&self) -> &Arc<Semaphore> {
        &self.0.budget
    }

    /// The permits for answers that are slowed.
    pub(crate) fn slowed(&self) -> &Arc<Semaphore> {
        &self.0.slowed
    }

    /// Where the connection comes from, for logs; `unknown` where the system does not say.
    pub(crate) fn source(&self) -> String {
        self.0.peer.map_or_else(|| "unknown".to_owned(), |peer| source_of(peer.ip()))
    }

    /// The certificate that the peer proved to have, if it did.
    pub(crate) fn certificate(&self) -> Option<&PeerCertificate> {
        self.0.certificate.as_ref()
    }

    /// When the connection is too old for what goes on over it, shortly after its client was asked to make another; none if
    /// it may be of any age.
    pub(crate) fn ages_at(&self) -> Option<Instant> {
        self.0.ages_at
    }
}

impl Connection {
    /// A connection just accepted, of a peer with this certificate.
    pub(super) fn new(
        stream: Transport,
        peer: Option<SocketAddr>,
        certificate: Option<PeerCertificate>,
        options: ListenerOptions,
    ) -> Self {
        let age = options.connection_age;
        let ages_at = Instant::now().checked_add(age + NOTICE).filter(|_| !age.is_zero());
        let cut_off =
            ages_at.and_then(|ages_at| ages_at.checked_add(GRACE)).map(|end| Box::pin(time::sleep_until(end)));
        let budget = Arc::new(Semaphore::new(options.connection_bytes));
        let slowed = Arc::new(Semaphore::new(options.slowed_answers));
        let info = ConnectionInfo(Arc::new(Shared { budget, slowed, peer, certificate, ages_at }));
        Self { stream, info, cut_off, seat: None }
    }

    /// The same, which is cut off when it is told so.
    pub(super) fn at(self, seat: oneshot::Receiver<()>) -> Self {
        Self { seat: Some(seat), ..self }
    }

    /// Fails when the connection has to end: it is too old, or others need its seat. A peer that does not read what it is sent is
    /// not read from, so this is asked wherever the connection is used.
    fn check_end(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let is_old = self.cut_off.as_mut().is_some_and(|cut_off| cut_off.as_mut().poll(cx).is_ready());
        let notice = self.seat.as_mut().map_or(Poll::Pending, |seat| Pin::new(seat).poll(cx));
        if notice == Poll::Ready(Ok(())) || is_old {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if notice.is_ready() {
            // Without anybody to tell it, it goes on.
            self.seat = None;
        }
        Ok(())
    }
}

impl Connected for Connection {
    type ConnectInfo = ConnectionInfo;

    fn connect_info(&self) -> ConnectionInfo {
        self.info.clone()
    }
}

/// Passes a call on to the stream, whichever it is.
macro_rules! on_stream {
    ($this:expr, $stream:ident => $call:expr) => {
        match &mut $this.stream {
            Transport::Plain($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            Transport::Tls($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $call
            }
        }
    };
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check_end(cx)?;
        on_stream!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check_end(cx)?;
        on_stream!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_end(cx)?;
        on_stream!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_end(cx)?;
        on_stream!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, stream => stream.poll_shutdown(cx))
    }
}
