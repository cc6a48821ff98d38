//! The way to the database is encrypted where the url says so, and nobody else's certificate passes for the server's.

use std::{fs, net::SocketAddr, path::Path, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rollcall::store::{Options, SqlStore};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::{
    stage::host,
    support::{Server, WireTenant, store::postgres_url, wire_tenant::DEPOT},
};

/// What a client of PostgreSQL begins with that wants TLS: eight bytes, with this number at their end.
const TLS_REQUEST: u32 = 80_877_103;

/// An authority that signs certificates, as a file in a directory.
fn authority(dir: &Path, name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    fs::write(dir.join(name), authority.pem()).unwrap();
    authority
}

/// Does TLS before a database as its server would, with a certificate for `localhost`.
async fn serve_tls(database: String, authority: &CertifiedIssuer<'static, KeyPair>) -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (acceptor, database) = (acceptor.clone(), database.clone());
            tokio::spawn(async move {
                let mut request = [0; 8];
                client.read_exact(&mut request).await?;
                assert_eq!(request[4..], TLS_REQUEST.to_be_bytes(), "nothing goes this way in plain text");
                client.write_all(b"S").await?;
                let mut client = acceptor.accept(client).await?;
                copy_bidirectional(&mut client, &mut TcpStream::connect(database).await?).await
            });
        }
    });
    address
}

/// A database behind TLS: its directory, its url without a host, and the port.
async fn encrypted() -> (TempDir, impl Fn(&str) -> String) {
    let dir = tempfile::tempdir().unwrap();
    let ours = authority(dir.path(), "ours.pem");
    authority(dir.path(), "others.pem");
    let direct = postgres_url(dir.path());
    let address = serve_tls(host(&direct).to_owned(), &ours).await;
    let path = dir.path().to_owned();
    let url = move |rest: &str| {
        let (name, authority) = rest.split_once(' ').expect("a host, and a file");
        let url = direct.replace(host(&direct), &format!("{name}:{}", address.port()));
        format!("{url}?sslmode=verify-full&sslrootcert={}", path.join(authority).display())
    };
    (dir, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_writes_and_reads_over_tls() {
    let (dir, url) = encrypted().await;
    let url = format!("store.url={}", url("localhost ours.pem"));
    let server = Server::start_with(dir.path(), &[DEPOT, &[&*url]].concat()).await;
    let world = WireTenant::depot(&server.api().await, "acme", &["otto"]).await;
    world.does(world.change("ada", "otto", "depot:", "keeper")).await;
    assert_eq!(world.grants("otto").await, ["acme keeper"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_of_somebody_else_is_refused() {
    let (_dir, url) = encrypted().await;
    for (rest, why) in [("localhost others.pem", "UnknownIssuer"), ("127.0.0.1 ours.pem", "NotValidForName")] {
        let refused = SqlStore::open(&Options::new(url(rest))).await.map(drop).unwrap_err();
        let said = format!("{refused:?}");
        assert!(said.contains(why), "{rest}: {said}");
    }
}

/// The tests' server itself does no TLS: what asks for it is not sent in plain text.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_be_encrypted_is_never_sent_in_plain_text() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("{}?sslmode=require", postgres_url(dir.path()));
    let refused = SqlStore::open(&Options::new(url)).await.map(drop).unwrap_err();
    assert!(format!("{refused:?}").contains("TLS"), "{refused:?}");
}
