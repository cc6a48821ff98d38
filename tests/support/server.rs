//! The real server as a child process: its start, its address and log, and the ways to end it.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tonic::transport::{Channel, Endpoint};

use super::{
    Api,
    store::{self, store_options},
    test_transport,
    transport::TlsClient,
};

pub use super::store::store_file;

const READY_TIMEOUT: Duration = Duration::from_secs(30);
const EXIT_TIMEOUT: Duration = Duration::from_mins(1);
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(30);
const LOG_TIMEOUT: Duration = Duration::from_secs(30);

/// The real binary, serving on a port of its own. Killed when dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
    store: Option<Arc<str>>,
    /// How it is reached, if not in plaintext, and the token that calls send, if they send one.
    client: Option<TlsClient>,
    token: Option<String>,
}

impl Server {
    /// Starts a server whose store is in `dir`, and waits until it listens.
    pub async fn start(dir: &Path) -> Self {
        Self::start_with(dir, &[]).await
    }

    /// As [`Self::start`], with further settings of the form `key=value`, which win over the usual ones.
    pub async fn start_with(dir: &Path, settings: &[&str]) -> Self {
        Self::spawn(command(dir, settings)).await
    }

    /// Starts what [`command`] made, and waits until it listens.
    pub async fn spawn(mut command: Command) -> Self {
        let store = store_of(&command);
        let settings = || command.get_args().filter_map(|argument| argument.to_str());
        let (client, token) = (settings().find_map(test_transport::client), settings().find_map(test_transport::token));
        let mut child = command.spawn().expect("the server's binary runs");
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = mpsc::channel();
        let lines = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let address = listening(&line);
                lines.lock().unwrap().push(line);
                if let Some(address) = address {
                    found.send(address).ok();
                }
            }
        });
        let waited = tokio::task::spawn_blocking(move || address.recv_timeout(READY_TIMEOUT)).await.expect("no panic");
        let Ok(address) = waited else {
            child.kill().ok();
            child.wait().ok();
            panic!("the server does not listen:\n{}", log.lock().unwrap().join("\n"));
        };
        Self { child, address, log, store, client, token }
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The address that it listens at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address at which it answers health alone, if `health.listen` is set.
    pub fn health_address(&self) -> Option<SocketAddr> {
        let lines = self.log();
        let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let line = lines.into_iter().find(|line| line["message"] == "listening").expect("it listens");
        line["health"].as_str().map(|address| address.parse().expect("an address"))
    }

    /// Its lines with this message, each an object, once there is one. Gives up after half a minute.
    pub async fn logged(&self, message: &str) -> Vec<Value> {
        let deadline = Instant::now() + LOG_TIMEOUT;
        loop {
            let lines = self.log().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
            let lines = lines.filter(|line| line["message"] == message).collect::<Vec<_>>();
            if !lines.is_empty() {
                return lines;
            }
            assert!(Instant::now() < deadline, "`{message}` is not in the log:\n{}", self.log().join("\n"));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A new connection to it.
    pub async fn channel(&self) -> Channel {
        if let Some(client) = &self.client {
            return client.channel(self.address).await.expect("the server takes connections");
        }
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).expect("an address makes a URI");
        endpoint.connect().await.expect("the server takes connections")
    }

    /// Clients of every service over a new connection.
    pub async fn api(&self) -> Api {
        let api = Api::new(self.channel().await);
        let api = self.token.as_ref().map_or(api.clone(), |token| api.with_key(token));
        Api { store: self.store.clone(), ..api }
    }

    /// Clients of every service over a new connection of a client.
    pub async fn secure_api(&self, client: &TlsClient) -> Api {
        Api::new(client.channel(self.address).await.expect("the server takes connections"))
    }

    /// The lines that it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Sends SIGTERM, and does not wait.
    pub fn drain(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.expect("`kill` runs").success(), "the server is gone already");
    }

    /// Waits until it has ended after [`Self::drain`], for a minute at most.
    pub async fn ended(mut self) -> ExitStatus {
        let deadline = Instant::now() + EXIT_TIMEOUT;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Sends SIGTERM and waits until it has ended.
    pub async fn terminate(self) -> ExitStatus {
        self.drain();
        self.ended().await
    }

    /// Ends it with SIGKILL, at once.
    pub fn kill9(mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("the child can be waited for");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if thread::panicking() {
            let log = self.log.lock().unwrap();
            let last = log.iter().skip(log.len().saturating_sub(30)).cloned().collect::<Vec<_>>();
            eprintln!("the server's last lines:\n{}", last.join("\n"));
        }
    }
}

/// The url of the store that a command of [`command`] serves, past a pooler, if it is of use elsewhere; the last setting wins.
fn store_of(command: &Command) -> Option<Arc<str>> {
    let setting = |name: &str| command.get_args().filter_map(|argument| argument.to_str()?.strip_prefix(name)).last();
    let url = setting("store.direct_url=").or_else(|| setting("store.url="));
    let is_of_use = |url: &&str| url.strip_prefix("sqlite:").is_none_or(|file| Path::new(file).is_absolute());
    url.filter(is_of_use).map(Arc::from)
}

/// The command that serves with a store in `dir`, ready to be spawned.
pub fn command(dir: &Path, settings: &[&str]) -> Command {
    let store = store::settings(&store_options(dir));
    let store = store.iter().map(String::as_str);
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("serve");
    // Without callers of its own a test calls as anybody, operators included.
    let names_callers =
        settings.iter().any(|setting| setting.starts_with("auth.") && !setting.starts_with("auth.poll="));
    let names_tls = settings.iter().any(|setting| setting.starts_with("tls."));
    let transport = match (names_callers, names_tls) {
        (true, _) => Vec::new(),
        (false, true) => ["auth.allow_anonymous=true", "auth.anonymous_operators=true"].map(str::to_owned).to_vec(),
        (false, false) => test_transport::settings(dir),
    };
    let transport = transport.iter().map(String::as_str);
    for setting in ["listen=127.0.0.1:0", "log.format=json"].into_iter().chain(transport).chain(store) {
        command.args(["--set", setting]);
    }
    for setting in settings {
        command.args(["--set", setting]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// What a second server prints and exits with, which must refuse the store that its command names.
pub fn refused(mut command: Command) -> Output {
    let mut child = command.spawn().expect("the server's binary runs");
    let deadline = Instant::now() + REFUSAL_TIMEOUT;
    while child.try_wait().expect("the child can be waited for").is_none() {
        if Instant::now() >= deadline {
            // One that serves would never end by itself.
            child.kill().ok();
            let output = child.wait_with_output().expect("the child can be waited for");
            let printed = String::from_utf8_lossy(&output.stderr);
            panic!("the second server did not end: it served the same store, or a copy of it:\n{printed}");
        }
        thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().expect("the child can be waited for")
}

fn listening(line: &str) -> Option<SocketAddr> {
    let line = serde_json::from_str::<Value>(line).ok()?;
    (line.get("message")? == "listening").then(|| line.get("address")?.as_str()?.parse().ok())?
}
