//! Accepts connections. Each handshake is a task of its own, so that a slow or hostile client keeps nobody else waiting.

use std::{collections::VecDeque, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, CertificateError},
    server::TlsStream,
};
use tokio_stream::{Stream, wrappers::ReceiverStream};

use crate::edge::{
    identity::{Attempt, Attempts, LeafFault, PeerCertificate, read_leaf, source_of},
    listener::{
        connection::{Connection, Transport},
        options::ListenerOptions,
    },
    tls::Tls,
};

/// How many handshakes are under way at a time; a further one cuts off the oldest.
const HANDSHAKES: usize = 1024;
/// How many connections wait to be served.
const READY: usize = 64;
/// How long no connection is accepted after the system had no room for one.
const PAUSE: Duration = Duration::from_millis(50);

/// The connections that a listener accepts, encrypted where `tls` is given. Ends with the stream. Certificates that are refused
/// are noted.
pub fn incoming(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    attempts: Arc<Attempts>,
    options: ListenerOptions,
) -> impl Stream<Item = io::Result<Connection>> {
    let (ready, connections) = mpsc::channel(READY);
    tokio::spawn(async move {
        let mut handshakes = VecDeque::<AbortHandle>::new();
        let mut seats = VecDeque::<oneshot::Sender<()>>::new();
        loop {
            let accepted = tokio::select! {
                () = ready.closed() => return,
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok((stream, peer)) => (stream, Some(peer)),
                Err(error) => {
                    attempts.note(Attempt::Connection, "listener", &error.kind().to_string());
                    time::sleep(PAUSE).await;
                    continue;
                }
            };
            // Requests are small, and their answers are waited for.
            let _ = stream.set_nodelay(true);
            let Some(tls) = &tls else {
                let mut connection = Connection::new(Transport::Plain(stream), peer, None, options);
                if let Some(most) = options.connections {
                    connection = connection.at(seat(&mut seats, most));
                }
                // If nobody takes it, the next round ends.
                let _ = ready.send(Ok(connection)).await;
                continue;
            };
            if handshakes.len() >= HANDSHAKES {
                handshakes.retain(|task| !task.is_finished());
            }
            // Whoever sends nothing takes the room of nobody who does.
            if handshakes.len() >= HANDSHAKES
                && let Some(oldest) = handshakes.pop_front()
            {
                oldest.abort();
            }
            let (acceptor, attempts, ready) = (tls.acceptor(), Arc::clone(&attempts), ready.clone());
            let task = tokio::spawn(async move {
                if let Some(connection) = handshake((stream, peer), acceptor, &attempts, options).await {
                    let _ = ready.send(Ok(connection)).await;
                }
            });
            handshakes.push_back(task.abort_handle());
        }
    });
    ReceiverStream::new(connections)
}

/// A seat for a connection, which is its until it is told otherwise; the oldest one's, if there are as many as may be.
fn seat(seats: &mut VecDeque<oneshot::Sender<()>>, most: usize) -> oneshot::Receiver<()> {
    seats.retain(|seat| !seat.is_closed());
    if seats.len() >= most
        && let Some(oldest) = seats.pop_front()
    {
        // It may have ended by now.
        let _ = oldest.send(());
    }
    let (seat, own_seat) = oneshot::channel();
    seats.push_back(seat);
    own_seat
}

/// The encrypted connection; none if there was no handshake in time, or none that counts.
async fn handshake(
    (stream, peer): (TcpStream, Option<SocketAddr>),
    acceptor: TlsAcceptor,
    attempts: &Attempts,
    options: ListenerOptions,
) -> Option<Connection> {
    let source = peer.map_or_else(|| "unknown".to_owned(), |peer| source_of(peer.ip()));
    let stream = match time::timeout(options.handshake_timeout, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            // Others are of scanners, and of clients that speak no TLS.
            if let Some(cause) = refused_certificate(&error) {
                attempts.note(Attempt::Certificate, &source, cause);
            }
            return None;
        }
        Err(_) => return None,
    };
    let certificate = certificate(&stream)?;
    Some(Connection::new(Transport::Tls(Box::new(stream)), peer, certificate, options))
}

/// The certificate that a client proved to have, if it sent one. Outer none: it can't be read, which its verification rules
/// out.
#[expect(clippy::option_option, reason = "none is no certificate, and no connection")]
fn certificate(stream: &TlsStream<TcpStream>) -> Option<Option<PeerCertificate>> {
    let Some(leaf) = stream.get_ref().1.peer_certificates().and_then(<[_]>::first) else { return Some(None) };
    read_leaf(leaf).ok().map(Some)
}

/// Why a client's certificate was refused, if that is what failed. Nothing of what it says: it may be large, and hostile.
fn refused_certificate(error: &io::Error) -> Option<&'static str> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(error) => Some(match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "not_valid_yet",
            CertificateError::UnknownIssuer => "unknown_issuer",
            CertificateError::BadSignature => "bad_signature",
            CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => "not_for_clients",
            CertificateError::Other(other) => other.0.downcast_ref::<LeafFault>().map_or("refused", LeafFault::name),
            _ => "refused",
        }),
        rustls::Error::NoCertificatesPresented => Some("none_sent"),
        _ => None,
    }
}
