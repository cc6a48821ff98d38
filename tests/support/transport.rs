//! How a test's client reaches a server over TLS: whom it trusts, which certificate it shows, and what it speaks.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ALL_VERSIONS, ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName},
        version::{TLS12, TLS13},
    },
};
use tonic::transport::{Channel, Endpoint, Error};
use tower::service_fn;

use super::authority::{Authority, Leaf, SERVER_NAME};

/// What a client speaks that knows one version of TLS.
pub const ONLY_1_2: &[&SupportedProtocolVersion] = &[&TLS12];
pub const ONLY_1_3: &[&SupportedProtocolVersion] = &[&TLS13];

/// A client that speaks TLS. Its connections share what they remember of sessions.
#[derive(Clone)]
pub struct TlsClient {
    roots: RootCertStore,
    versions: &'static [&'static SupportedProtocolVersion],
    protocols: Vec<Vec<u8>>,
    certificate: Option<Arc<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>>,
    config: Arc<ClientConfig>,
    handshakes: Arc<AtomicUsize>,
}

impl TlsClient {
    /// A client that trusts an authority, shows no certificate, and speaks HTTP/2 over any version of TLS.
    pub fn trusting(authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der()).expect("an authority is one");
        let (versions, protocols) = (ALL_VERSIONS, vec![b"h2".to_vec()]);
        let config = config(&roots, versions, &protocols, None);
        Self { roots, versions, protocols, certificate: None, config, handshakes: Arc::default() }
    }

    /// The same client, which shows a certificate to a server that wants one.
    pub fn showing(&self, leaf: &Leaf) -> Self {
        let certificate = Some(Arc::new((leaf.chain(), leaf.key())));
        Self { certificate, ..self.clone() }.anew()
    }

    /// The same client, which speaks only these versions.
    pub fn speaking(&self, versions: &'static [&'static SupportedProtocolVersion]) -> Self {
        Self { versions, ..self.clone() }.anew()
    }

    /// The same client, which offers only this protocol above TLS.
    pub fn offering(&self, protocol: &str) -> Self {
        Self { protocols: vec![protocol.into()], ..self.clone() }.anew()
    }

    /// A client of this description that remembers nothing.
    fn anew(self) -> Self {
        let config = config(&self.roots, self.versions, &self.protocols, self.certificate.as_deref());
        Self { config, handshakes: Arc::default(), ..self }
    }

    /// A new connection as far as TLS goes.
    ///
    /// # Errors
    /// Why there is none. With TLS 1.3 a client does not learn here that its certificate is refused, but when it reads.
    pub async fn handshake(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(address).await?;
        // As the channels do that encrypt nothing: else each call would wait for an acknowledgement of the system.
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from(SERVER_NAME).expect("the name of a host");
        let stream = TlsConnector::from(self.config.clone()).connect(name, tcp).await?;
        self.handshakes.fetch_add(1, Ordering::Relaxed);
        Ok(stream)
    }

    /// How many handshakes it has ended well, those of its channels included.
    pub fn handshakes(&self) -> usize {
        self.handshakes.load(Ordering::Relaxed)
    }

    /// A channel to an address, which connects anew when its connection ends.
    ///
    /// # Errors
    /// Why the first connection fails.
    pub async fn channel(&self, address: SocketAddr) -> Result<Channel, Error> {
        let client = self.clone();
        let connector = service_fn(move |_| {
            let client = client.clone();
            async move { client.handshake(address).await.map(TokioIo::new) }
        });
        Endpoint::from_static("http://rollcall").connect_with_connector(connector).await
    }
}

fn config(
    roots: &RootCertStore,
    versions: &[&'static SupportedProtocolVersion],
    protocols: &[Vec<u8>],
    certificate: Option<&(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_protocol_versions(versions).expect("the provider speaks them");
    let builder = builder.with_root_certificates(roots.clone());
    let mut config = match certificate {
        Some((chain, key)) => builder.with_client_auth_cert(chain.clone(), key.clone_key()).expect("the key fits"),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = protocols.to_vec();
    Arc::new(config)
}
