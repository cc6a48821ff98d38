//! Handshakes that never end: each keeps its own client waiting, and nobody else.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use super::{SecureServer, TIMEOUT};
use crate::support::WireTenant;

/// How many clients connect and then say nothing.
const SILENT: usize = 200;

/// A connection of a client that says nothing.
async fn silent(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

#[tokio::test]
async fn a_client_that_never_ends_its_handshake_is_let_go_and_keeps_nobody_waiting() {
    let stage = SecureServer::start(&["tls.handshake_timeout=1s"]).await;
    let address = stage.server.address();
    let mut silents = JoinSet::new();
    for number in 0..SILENT {
        let mut stream = silent(address).await;
        // Some begin, and go on no more.
        if number % 2 == 1 {
            stream.write_all(b"\x16\x03\x01\x02").await.unwrap();
        }
        silents.spawn(async move { stream.read(&mut [0; 8]).await });
    }
    let ended = async {
        while let Some(end) = silents.join_next().await {
            let end = end.unwrap();
            assert!(matches!(end, Ok(0)) || end.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionReset));
        }
    };
    timeout(TIMEOUT, ended).await.expect("the server ends each of them");
    stage.tenant().await;
}

#[tokio::test]
async fn clients_that_say_nothing_keep_nobody_waiting() {
    // Nothing but the number of those that are silent could make room for others.
    let stage = SecureServer::start(&["tls.handshake_timeout=1h"]).await;
    let address = stage.server.address();
    let mut silents = vec![silent(address).await];
    let world = timeout(TIMEOUT, stage.tenant()).await.expect("one is nobody's trouble");
    for _ in 0..SILENT {
        silents.push(silent(address).await);
    }
    let world = WireTenant { api: timeout(TIMEOUT, stage.api()).await.expect("nor are many"), ..world };
    assert!(timeout(TIMEOUT, world.may("ada", "user_management.view", "workspace")).await.unwrap());
    drop(silents);
}
