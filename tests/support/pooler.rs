//! A pgbouncer before the tests' PostgreSQL, which hands connections over after each transaction.

use std::{
    env::var_os,
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Says where pgbouncer is, if it is not where `./dev tools` puts it.
const PROGRAM: &str = "PGBOUNCER_BIN";
const INSTALLED: &str = "target/tools/pgbouncer/usr/sbin/pgbouncer";
const LIBRARIES: &str = "target/tools/pgbouncer/usr/lib/x86_64-linux-gnu";
const READY_TIMEOUT: Duration = Duration::from_secs(10);

/// A pooler that ends with this process.
struct Pooler {
    port: u16,
    _dir: TempDir,
}

/// The url of a database by way of the pooler, and not of its server.
pub fn pooled(direct: &str) -> String {
    let (user, rest) = direct.split_once('@').expect("it names a user");
    let (server, database) = rest.split_once('/').expect("it names a database");
    format!("{user}@127.0.0.1:{}/{database}", pooler(server).port)
}

/// The pooler that all tests of this process share, before a server at a host and a port.
fn pooler(server: &str) -> &'static Pooler {
    static POOLER: OnceLock<Pooler> = OnceLock::new();
    POOLER.get_or_init(|| Pooler::start(server))
}

impl Pooler {
    fn start(server: &str) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a directory");
        let (host, server_port) = server.split_once(':').expect("it has a port");
        let port = free_port();
        let users = dir.path().join("users");
        fs::write(&users, "\"rollcall\" \"\"\n").expect("there is room");
        // Few connections, so that each is many clients' in turn.
        let settings = format!(
            "[databases]\n* = host={host} port={server_port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = trust\nauth_file = {}\npool_mode = transaction\ndefault_pool_size = 4\n\
             max_client_conn = 2000\n",
            users.display()
        );
        let file = dir.path().join("settings");
        fs::write(&file, settings).expect("there is room");
        // It refuses to be root, and has nothing but its own files to read.
        let open = |path: &Path| {
            Command::new("chmod").arg("a+rX").arg(path).status().expect("`chmod` runs");
        };
        [dir.path(), &users, &file].into_iter().for_each(open);
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let program = var_os(PROGRAM).map_or_else(|| root.join(INSTALLED), PathBuf::from);
        assert!(program.exists(), "there is no {}; run `./dev tools`", program.display());
        let copied = dir.path().join("pgbouncer");
        fs::copy(&program, &copied).expect("there is room");
        let libraries = dir.path().join("libraries");
        let status = Command::new("cp").arg("-rL").arg(root.join(LIBRARIES)).arg(&libraries).status();
        status.expect("`cp` runs");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if is_root() {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.arg(copied).arg("--quiet").arg(&file).env("LD_LIBRARY_PATH", libraries).stdin(Stdio::null());
        spawn_for_good(command);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < READY_TIMEOUT, "pgbouncer does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        Self { port, _dir: dir }
    }
}

/// Starts a program that ends with the thread that has started it, as the system has it: so that is one that never ends.
fn spawn_for_good(mut command: Command) {
    thread::spawn(move || {
        let mut child = command.spawn().expect("`setpriv` runs");
        child.wait().ok();
    });
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("`id` runs").stdout;
    id == b"0\n"
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("what listens has an address").port()
}
