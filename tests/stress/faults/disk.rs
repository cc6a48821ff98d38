//! A server whose disk fails when a test says so, by a shim that the dynamic linker loads before libc.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use tempfile::TempDir;

use crate::support::{
    Server, WireTenant,
    server::{command, store_file},
};

/// `EIO`: the device failed.
pub const EIO: i32 = 5;
/// `ENOSPC`: the disk is full.
pub const ENOSPC: i32 = 28;
/// `ESTALE`: what a network file system says of a file that it lost. (SQLite takes EIO of a read for corruption.)
pub const ESTALE: i32 = 116;

/// A server under the shim, and its tenant `acme`.
pub struct FaultyServer {
    pub server: Server,
    pub world: WireTenant,
    pub dir: TempDir,
}

/// The shim under a server whose store is in a directory.
pub struct Shim {
    dir: PathBuf,
}

impl Shim {
    /// Has a server run under the shim.
    pub fn load(command: &mut Command, dir: &Path) -> Self {
        command.env("LD_PRELOAD", shim()).env("FAULT_ORDER", dir.join("order"));
        Self { dir: dir.to_owned() }
    }

    /// Lets each commit fail once with this `errno`, at the sync of the write-ahead log: its barrier and its second try then
    /// succeed.
    pub fn fail_each_commit_once(&self, errno: i32) {
        self.order(&format!("sync {errno} {}-wal third", store_name()));
    }

    /// Lets everything succeed from now on.
    pub fn heal(&self) {
        drop(fs::remove_file(self.dir.join("order")));
    }

    fn order(&self, text: &str) {
        let whole = self.dir.join("whole");
        fs::write(&whole, text).unwrap();
        fs::rename(whole, self.dir.join("order")).unwrap();
    }
}

fn store_name() -> String {
    store_file(Path::new("")).display().to_string()
}

/// The shim, compiled once.
fn shim() -> &'static Path {
    static SHIM: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = SHIM.get_or_init(|| {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let file = dir.path().join("shim.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stress/faults/shim.c");
        let compiled = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&file).arg(source).status();
        assert!(compiled.expect("a C compiler is there").success());
        (dir, file)
    });
    file
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
        self.shim().fail_each_commit_once(errno);
    }

    /// Ends what [`Self::fail_on`] began.
    pub fn heal(&self) {
        self.shim().heal();
    }

    fn shim(&self) -> Shim {
        Shim { dir: self.dir.path().to_owned() }
    }

    /// Whether the last call that was to fail has not been made yet.
    pub fn is_pending(&self) -> bool {
        self.dir.path().join("order").exists()
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
