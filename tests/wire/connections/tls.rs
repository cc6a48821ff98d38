//! Connections are encrypted where that is set: by TLS of a version that is allowed, with HTTP/2, and never resumed.

use std::{fs, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};
use tokio_rustls::rustls::{HandshakeKind, ProtocolVersion};

use super::{SecureServer, TIMEOUT, causes, no_answer, no_connection, plaintext};
use crate::support::{
    WireTenant,
    authority::Authority,
    server::{command, refused},
    transport::{ONLY_1_2, ONLY_1_3, TlsClient},
};

/// What a client of HTTP/2 begins with, and settings that set nothing.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

#[tokio::test]
async fn a_server_with_a_certificate_answers_over_tls_and_not_without() {
    let stage = SecureServer::start(&[]).await;
    let world = stage.tenant().await;
    assert!(world.may("ada", "user_management.view", "workspace").await);
    match plaintext(stage.server.address()).await {
        Ok(channel) => drop(no_answer(channel).await),
        Err(error) => drop(causes(&error)),
    }
}

#[tokio::test]
async fn a_client_does_not_take_another_authority_s_server_for_this_one() {
    let stage = SecureServer::start(&[]).await;
    let misled = TlsClient::trusting(&Authority::new("servers"));
    let why = no_connection(&misled, stage.server.address()).await;
    assert!(why.contains("invalid peer certificate"), "{why}");
    // That was the client's doing alone.
    stage.tenant().await;
}

#[tokio::test]
async fn a_client_of_an_older_tls_is_served_where_the_settings_say_so() {
    for (settings, serves_1_2) in
        [(&[][..], true), (&["tls.minimum_version=1.2"], true), (&["tls.minimum_version=1.3"], false)]
    {
        let stage = SecureServer::start(settings).await;
        let address = stage.server.address();
        let newer = stage.client.speaking(ONLY_1_3);
        let world = WireTenant::bare(&stage.server.secure_api(&newer).await, "acme").await;
        let older = stage.client.speaking(ONLY_1_2);
        if serves_1_2 {
            let world = WireTenant { api: stage.server.secure_api(&older).await, ..world };
            assert!(world.may("ada", "user_management.view", "workspace").await, "{settings:?}");
        } else {
            let why = no_connection(&older, address).await;
            assert!(why.contains("ProtocolVersion"), "{settings:?}: {why}");
        }
        // Who speaks both gets the newer one.
        let stream = stage.client.handshake(address).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(ProtocolVersion::TLSv1_3), "{settings:?}");
    }
}

#[tokio::test]
async fn of_http_only_the_second_version_is_spoken() {
    let stage = SecureServer::start(&[]).await;
    for versions in [ONLY_1_2, ONLY_1_3] {
        let client = stage.client.speaking(versions);
        let stream = client.handshake(stage.server.address()).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let refused = client.offering("http/1.1").handshake(stage.server.address()).await.unwrap_err();
        assert!(causes(&refused).contains("NoApplicationProtocol"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_certificate_and_a_key_that_do_not_fit_refuse_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new("servers");
    let [certificate, key] = authority.server().write(dir.path(), "server");
    let [_, other_key] = authority.server().write(dir.path(), "other");
    let path = |name: &str| dir.path().join(name).display().to_string();
    fs::write(path("empty"), "").unwrap();
    let (no_certificate, no_key) = (format!("tls.certificate={}", path("empty")), format!("tls.key={}", path("empty")));
    let (missing, missing_key) =
        (format!("tls.certificate={}", path("missing.crt")), format!("tls.key={}", path("missing.key")));
    for (settings, named) in [
        ([&*certificate, &*other_key], "tls.key"),
        ([&*certificate, &*no_key], "tls.key"),
        ([&*no_certificate, &*key], "tls.certificate"),
        ([&*missing, &*key], &*path("missing.crt")),
        ([&*certificate, &*missing_key], &*path("missing.key")),
        ([&*certificate, "tls.key="], "tls.key"),
        (["tls.certificate=", &*key], "tls.certificate"),
    ] {
        let output = refused(command(dir.path(), &settings));
        let printed = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{settings:?}: {printed}");
        assert!(printed.contains(named), "{settings:?}: {printed}");
        assert!(!printed.contains("PRIVATE KEY"), "{settings:?}: {printed}");
    }
}

/// Connects, and reads what the server says first, which has the tickets for a resumption with it, if there are any.
async fn handshake_kind(client: &TlsClient, address: SocketAddr) -> Option<HandshakeKind> {
    let mut stream = client.handshake(address).await.unwrap();
    stream.write_all(PREFACE).await.unwrap();
    timeout(TIMEOUT, stream.read_exact(&mut [0; 9])).await.expect("the server's settings come").unwrap();
    stream.get_ref().1.handshake_kind()
}

#[tokio::test]
async fn no_connection_is_resumed() {
    let stage = SecureServer::start(&[]).await;
    for versions in [ONLY_1_2, ONLY_1_3] {
        let client = stage.client.speaking(versions);
        for _ in 0..3 {
            let kind = handshake_kind(&client, stage.server.address()).await;
            assert!(matches!(kind, Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest)), "{kind:?}");
        }
    }
}
