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
        command.env("LD_PRELOAD", shim()).env("FAULT_ORDER", dir.join("order"));
        Server::spawn(command).await
    }

    /// Lets the next call of a kind (`sync`, `read`, `write`) on the store's files fail with this `errno`.
    pub fn fail_next(&self, call: &str, errno: i32) {
        let name = store_file(Path::new("")).display().to_string();
        let whole = self.dir.path().join("whole");
        fs::write(&whole, format!("{call} {errno} {name}")).unwrap();
        fs::rename(whole, self.dir.path().join("order")).unwrap();
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
