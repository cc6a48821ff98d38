//! A server whose disk fails when a test says so.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::support::{
    Server, WireTenant,
    server::{command, store_file},
    shim::Shim,
};

pub use crate::support::shim::{EIO, ENOSPC, ESTALE};

/// A server under the shim, and its tenant `acme`.
pub struct FaultyServer {
    pub server: Server,
    pub world: WireTenant,
    pub dir: TempDir,
}

/// Lets each commit of a server under the shim fail once with this `errno`, at the sync of the write-ahead log: its barrier
/// and its second try then succeed.
pub fn fail_each_commit_once(shim: &Shim, errno: i32) {
    shim.order(&format!("sync {errno} {}-wal third", store_name()));
}

fn store_name() -> String {
    store_file(Path::new("")).display().to_string()
}

impl FaultyServer {
    /// A server with one connection that reads, whose policies are a copy that may be changed.
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("policies")).unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/lumicon.toml");
        fs::copy(from, dir.path().join("policies/lumicon.toml")).unwrap();
        let server = Self::server(dir.path()).await;
        let world = WireTenant::seeded(&server.api().await, "acme").await;
        Self { server, world, dir }
    }

    async fn server(dir: &Path) -> Server {
        let policies = format!("policies.dir={}", dir.join("policies").display());
        let mut command =
            command(dir, &[&policies, "policies.poll=20ms", "store.read_connections=1", "sweep.every=0s"]);
        Shim::load(&mut command, dir);
        Server::spawn(command).await
    }

    /// Lets the next call of a kind (`sync`, `read`, `write`) on the store's files fail with this `errno`.
    pub fn fail_next(&self, call: &str, errno: i32) {
        self.shim().order(&format!("{call} {errno} {}", store_name()));
    }

    /// Lets every call of a kind on the store's files fail with this `errno`, until [`Self::heal`].
    pub fn fail_on(&self, call: &str, errno: i32) {
        self.shim().order(&format!("{call} {errno} {} always", store_name()));
    }

    /// Lets each commit fail once with this `errno`, until [`Self::heal`].
    pub fn fail_each_commit_once(&self, errno: i32) {
        fail_each_commit_once(&self.shim(), errno);
    }

    /// Ends what [`Self::fail_on`] began.
    pub fn heal(&self) {
        self.shim().heal();
    }

    fn shim(&self) -> Shim {
        Shim::of(self.dir.path())
    }

    /// Whether the last call that was to fail has not been made yet.
    pub fn is_pending(&self) -> bool {
        self.shim().is_pending()
    }

    /// Kills the server, and starts another on its store.
    pub async fn restarted(self) -> Self {
        let Self { server, world, dir } = self;
        server.kill9();
        let server = Self::server(dir.path()).await;
        let world = WireTenant { api: server.api().await, ..world };
        Self { server, world, dir }
    }

    /// Has every view loaded anew, by a change of the policy file; waits for the line in the log.
    pub async fn reload(&self) {
        let file = self.dir.path().join("policies/lumicon.toml");
        let text = fs::read_to_string(&file).unwrap();
        let before = self.count_replacements();
        let whole = self.dir.path().join("whole");
        fs::write(&whole, text + "# the same again\n").unwrap();
        fs::rename(whole, file).unwrap();
        while self.count_replacements() == before {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    fn count_replacements(&self) -> usize {
        self.server.log().iter().filter(|line| line.contains("a policy was replaced")).count()
    }
}
