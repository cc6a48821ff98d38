//! Who may call: connections that are encrypted and age, and what proves who is at their other end.

mod aging;
mod authorities;
mod certificates;
mod handshakes;
mod probes;
mod refused_certificates;
mod rotation;
mod tls;

use std::{error::Error, iter::successors, net::SocketAddr, time::Duration};

use rollcall::proto::CheckRequest;
use tempfile::TempDir;
use tonic::transport::{self, Channel, Endpoint};

use crate::support::{Api, Server, WireTenant, authority::Authority, transport::TlsClient};

/// Longer than anything takes unless it hangs.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A server that speaks TLS, with a certificate of `authority`, and a client that trusts it.
struct SecureServer {
    server: Server,
    client: TlsClient,
    dir: TempDir,
}

impl SecureServer {
    async fn start(settings: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), settings).await
    }

    /// A server that has its store in a directory.
    async fn start_in(dir: TempDir, settings: &[&str]) -> Self {
        let authority = Authority::new("servers");
        let files = authority.server().write(dir.path(), "server");
        let files = files.iter().map(String::as_str);
        let server = Server::start_with(dir.path(), &files.chain(settings.iter().copied()).collect::<Vec<_>>()).await;
        let client = TlsClient::trusting(&authority);
        Self { server, client, dir }
    }

    /// Clients over a new connection of its client.
    async fn api(&self) -> Api {
        self.server.secure_api(&self.client).await
    }

    /// A tenant whose admin is `ada`.
    async fn tenant(&self) -> WireTenant {
        WireTenant::bare(&self.api().await, "acme").await
    }
}

/// A channel that encrypts nothing.
async fn plaintext(address: SocketAddr) -> Result<Channel, transport::Error> {
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await
}

/// Why a client gets no connection that answers. With TLS 1.3 it learns that its certificate is refused at its first call, and
/// no sooner.
async fn no_connection(client: &TlsClient, address: SocketAddr) -> String {
    match client.channel(address).await {
        Err(error) => causes(&error),
        Ok(channel) => no_answer(channel).await,
    }
}

/// Why a call over a channel gets no answer of the server.
async fn no_answer(channel: Channel) -> String {
    let status = Api::new(channel).check(CheckRequest::default()).await.expect_err("there is no server to answer");
    assert!(status.source().is_some(), "the server answered: {status:?}");
    causes(&status)
}

/// An error with all below it.
fn causes(error: &(dyn Error + 'static)) -> String {
    successors(Some(error), |&error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
