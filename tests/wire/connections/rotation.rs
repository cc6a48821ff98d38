//! Certificates and authorities that are replaced while clients call: no call fails, new connections have the new ones, and old
//! ones end within their age.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tempfile::TempDir;
use tokio::{
    task::JoinSet,
    time::{Duration, Instant, sleep},
};

use super::{TIMEOUT, aging::is_unsent, no_connection};
use crate::support::{
    Server, WireTenant,
    authority::{Authority, ClientLeaf, Leaf},
    transport::TlsClient,
};

/// What is logged when they were replaced.
const REPLACED: &str = "certificates were replaced; new connections have the new ones";
const SETTINGS: [&str; 2] = ["auth.poll=100ms", "limits.connection_age=1s"];
/// How many clients call at once, each over connections of its own.
const CLIENTS: usize = 4;

/// A server that anybody may ask over TLS, and its authority.
struct Stage {
    server: Server,
    authority: Authority,
    dir: TempDir,
}

impl Stage {
    async fn start(settings: &[String]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::start_in(dir, settings).await
    }

    async fn start_in(dir: TempDir, settings: &[String]) -> Self {
        let authority = Authority::new("servers");
        let files = authority.server().write(dir.path(), "server");
        let settings = files.iter().chain(settings).map(String::as_str).chain(SETTINGS).collect::<Vec<_>>();
        let server = Server::start_with(dir.path(), &settings).await;
        Self { server, authority, dir }
    }

    fn client(&self) -> TlsClient {
        TlsClient::trusting(&self.authority)
    }

    /// Waits until so many replacements were logged.
    async fn replaced(&self, times: usize) {
        let deadline = Instant::now() + TIMEOUT;
        while self.server.log().iter().filter(|line| line.contains(REPLACED)).count() < times {
            assert!(Instant::now() < deadline, "nothing was replaced:\n{}", self.server.log().join("\n"));
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Clients that ask all the time.
struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<u32>,
}

impl Load {
    /// Begins to ask with such a client.
    async fn start(stage: &Stage, client: &TlsClient) -> Self {
        let mut load = Self { stop: Arc::default(), clients: JoinSet::new() };
        for _ in 0..CLIENTS {
            let (api, stop) = (stage.server.secure_api(client).await, load.stop.clone());
            let world = WireTenant { api, tenant: "acme".to_owned() };
            load.clients.spawn(async move {
                let mut answers = 0;
                while !stop.load(Ordering::Relaxed) {
                    match world.api.check(world.question("ada", "user_management.view", "workspace")).await {
                        Ok(answer) => answers += u32::from(answer.allowed),
                        Err(status) => assert!(is_unsent(&status), "a question failed: {status:?}"),
                    }
                }
                answers
            });
        }
        load
    }

    /// Ends, when the clients have made so many more connections; none of their questions may have failed.
    async fn end_after(self, client: &TlsClient, connections: usize) {
        let (deadline, enough) = (Instant::now() + TIMEOUT, client.handshakes() + connections);
        while client.handshakes() < enough {
            assert!(Instant::now() < deadline, "no further connection was made");
            sleep(Duration::from_millis(20)).await;
        }
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.clients.join_all().await.iter().all(|answers| *answers > 0), "each was answered");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_certificate_is_replaced_and_no_call_fails() {
    let stage = Stage::start(&[]).await;
    let client = stage.client();
    WireTenant::bare(&stage.server.secure_api(&client).await, "acme").await;
    let shown = async || {
        let stream = stage.client().handshake(stage.server.address()).await.expect("a connection");
        stream.get_ref().1.peer_certificates().expect("a server has one")[0].clone()
    };
    let before = shown().await;
    let load = Load::start(&stage, &client).await;
    // For a moment the key is another one's than the certificate's.
    let next: Leaf = stage.authority.server();
    next.write(stage.dir.path(), "server");
    stage.replaced(1).await;
    assert!(shown().await == next.chain()[0] && before != next.chain()[0], "a new connection has the new one");
    load.end_after(&client, 2 * CLIENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_of_clients_is_replaced_and_no_call_fails() {
    let (dir, [old, new]) = (tempfile::tempdir().unwrap(), ["old", "new"].map(Authority::new));
    let trusted = dir.path().join("clients.pem");
    let trust = |path: &Path, pem: String| fs::write(path, pem).unwrap();
    trust(&trusted, old.pem());
    let settings =
        ["tls.client_certificates=required".to_owned(), format!("tls.client_authorities={}", trusted.display())];
    let stage = Stage::start_in(dir, &settings).await;
    let leaf = |authority: &Authority| authority.client(&ClientLeaf::new().host("web.internal"));
    let (of_old, of_new) = (stage.client().showing(&leaf(&old)), stage.client().showing(&leaf(&new)));
    WireTenant::bare(&stage.server.secure_api(&of_old).await, "acme").await;
    no_connection(&of_new, stage.server.address()).await;

    let load = Load::start(&stage, &of_old).await;
    trust(&trusted, format!("{}{}", old.pem(), new.pem()));
    stage.replaced(1).await;
    let load_of_new = Load::start(&stage, &of_new).await;
    load.end_after(&of_old, CLIENTS).await;

    // One connection of the old authority stays, until it is too old.
    let last = stage.server.secure_api(&of_old).await;
    let world = WireTenant { api: last, tenant: "acme".to_owned() };
    trust(&trusted, new.pem());
    stage.replaced(2).await;
    no_connection(&of_old, stage.server.address()).await;
    let deadline = Instant::now() + TIMEOUT;
    while world.api.check(world.question("ada", "user_management.view", "workspace")).await.is_ok() {
        assert!(Instant::now() < deadline, "a connection by an authority that counts no more goes on");
        sleep(Duration::from_millis(20)).await;
    }
    load_of_new.end_after(&of_new, CLIENTS).await;
}
