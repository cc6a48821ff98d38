//! The real server as a child process.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tonic::transport::{Channel, Endpoint};

use super::Api;

const READY_WITHIN: Duration = Duration::from_secs(30);
const GONE_WITHIN: Duration = Duration::from_mins(1);

/// The real binary, serving on a port of its own. Killed when dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
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
        let mut child = command.spawn().expect("the server's binary runs");
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = Arc::new(Mutex::new(Vec::new()));
        let (found, address) = mpsc::channel();
        let lines = log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some(address) = listening(&line) {
                    found.send(address).ok();
                }
                lines.lock().unwrap().push(line);
            }
        });
        let waited = tokio::task::spawn_blocking(move || address.recv_timeout(READY_WITHIN)).await.expect("no panic");
        let Ok(address) = waited else {
            child.kill().ok();
            child.wait().ok();
            panic!("the server does not listen:\n{}", log.lock().unwrap().join("\n"));
        };
        Self { child, address, log }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection of its own.
    pub async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).expect("an address makes a URI");
        endpoint.connect().await.expect("the server takes connections")
    }

    /// Clients of every service over a new connection.
    pub async fn api(&self) -> Api {
        Api::new(self.channel().await)
    }

    /// What it has logged so far.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Asks it to end, without waiting.
    pub fn drain(&self) {
        let status = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(status.expect("`kill` runs").success(), "the server is gone already");
    }

    /// Waits for its end after [`Self::drain`].
    pub async fn ended(mut self) -> ExitStatus {
        let deadline = Instant::now() + GONE_WITHIN;
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks it to end and waits until it has.
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

/// The file that a server started in `dir` keeps its facts in.
pub fn store_file(dir: &Path) -> PathBuf {
    dir.join("rollcall.db")
}

/// The command that serves with a store in `dir`, ready to be spawned.
pub fn command(dir: &Path, settings: &[&str]) -> Command {
    let store = format!("store.url=sqlite:{}", store_file(dir).display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).arg("serve");
    for setting in ["listen=127.0.0.1:0", &store, "log.format=json"].iter().chain(settings) {
        command.args(["--set", setting]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn listening(line: &str) -> Option<SocketAddr> {
    let line = serde_json::from_str::<Value>(line).ok()?;
    (line.get("message")? == "listening").then(|| line.get("address")?.as_str()?.parse().ok())?
}
