//! The processes of servers: bound to their core, stopped while others are measured, and what they used.

use std::{
    collections::HashMap,
    fs,
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    empty,
    pin::pinned,
    support::{Api, Server, server},
};

/// A server in a process of its own, ended when dropped.
pub struct Process {
    pub id: u32,
    pub address: SocketAddr,
    kind: Kind,
}

enum Kind {
    Rollcall(Server),
    Empty(#[allow(dead_code, reason = "ends the process when dropped")] empty::Process),
}

impl Process {
    /// The real server, with its store in `dir` and some settings.
    pub async fn rollcall(core: usize, dir: &Path, settings: &[&str]) -> Self {
        let mut command = pinned(core, &server::command(dir, settings));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let server = Server::spawn(command).await;
        Self { id: server.id(), address: server.address(), kind: Kind::Rollcall(server) }
    }

    /// The server of the empty RPC.
    pub fn empty(core: usize) -> Self {
        let process = empty::Process::start(core);
        Self { id: process.id(), address: process.address, kind: Kind::Empty(process) }
    }

    /// Typed clients of the real server.
    pub async fn api(&self) -> Api {
        match &self.kind {
            Kind::Rollcall(server) => server.api().await,
            Kind::Empty(_) => panic!("the empty server has no such API"),
        }
    }

    /// Ends it in good order.
    pub async fn end(self) {
        signal(self.id, "-CONT");
        if let Kind::Rollcall(server) = self.kind {
            let status = server.terminate().await;
            assert!(status.success(), "the server ended with {status}");
        }
    }

    /// Lets it take no time of its core until it is resumed.
    pub fn stop(&self) {
        signal(self.id, "-STOP");
    }
}

/// Lets a stopped process run for as long as the result lives.
pub fn resume(id: u32) -> Running {
    signal(id, "-CONT");
    Running(id)
}

/// A process that runs, stopped when this is dropped.
#[must_use]
pub struct Running(u32);

impl Drop for Running {
    fn drop(&mut self) {
        signal(self.0, "-STOP");
    }
}

fn signal(id: u32, signal: &str) {
    let status = Command::new("kill").args([signal, &id.to_string()]).status().expect("`kill` runs");
    // While a panic is under way, its message is the one to read.
    assert!(status.success() || std::thread::panicking(), "process {id} is gone");
}

/// Notes what a server and this process use, from now on.
pub struct Meter {
    server: u32,
    before: (Times, Times),
    start: Instant,
}

/// What was used in some time.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    pub wall: Duration,
    /// Processor time of the server.
    pub server: Duration,
    /// Processor time of this process.
    pub client: Duration,
}

impl Meter {
    /// Starts.
    pub fn start(server: u32) -> Self {
        Self { server, before: (Times::of(server), Times::of(std::process::id())), start: Instant::now() }
    }

    /// What was used since the start.
    pub fn stop(self) -> Used {
        let wall = self.start.elapsed();
        let server = Times::of(self.server).since(&self.before.0);
        let client = Times::of(std::process::id()).since(&self.before.1);
        Used { wall, server, client }
    }
}

/// The nanoseconds that each thread of a process has been on a processor, by the system's own account.
struct Times(HashMap<String, u64>);

impl Times {
    fn of(process: u32) -> Self {
        let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the process runs");
        let times = threads.filter_map(|thread| {
            let thread = thread.ok()?;
            // A thread may end meanwhile.
            let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            let nanoseconds = text.split_whitespace().next()?.parse::<u64>().ok()?;
            Some((thread.file_name().to_string_lossy().into_owned(), nanoseconds))
        });
        let times = times.collect::<HashMap<_, _>>();
        assert!(!times.is_empty(), "this kernel has no /proc/PID/task/TID/schedstat");
        Self(times)
    }

    fn since(&self, earlier: &Self) -> Duration {
        let spent =
            self.0.iter().map(|(thread, time)| time.saturating_sub(earlier.0.get(thread).copied().unwrap_or(0)));
        Duration::from_nanos(spent.sum())
    }
}
