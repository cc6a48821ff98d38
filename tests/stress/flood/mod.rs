//! What one connection can make the server keep in memory and write to its log: little, with an API key or without.

mod client;
mod messages;
mod requests;

use std::{
    fs,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::support::{Server, TestServer, WireTenant, repetitions};

/// What the server may take in all, in KiB of resident memory.
const MEMORY_LIMIT_KIB: u64 = 100 * 1024;
/// The largest message that the server reads.
const MAX_MESSAGE_BYTES: usize = 4 << 20;
const CHECK: &str = "/rollcall.v1.AuthorizationService/Check";

/// The SHA-256 of a key that the flood does not have.
const WITH_API_KEY: &str = "auth.callers=shop:2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683";

/// How long a flood lasts, in seconds.
fn flood_seconds() -> u64 {
    repetitions("flood_seconds", 3, 10)
}

/// The most memory that a process has had at once, in KiB.
fn peak_memory_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Floods a server for a while, and asserts that it stays within its memory and logs no warning.
async fn assert_bounded(stage: &TestServer, flood: impl Future<Output = ()>) {
    timeout(Duration::from_secs(flood_seconds()), flood).await.ok();
    eprintln!("at most {} KiB", peak_memory_kib(&stage.server));
    assert!(peak_memory_kib(&stage.server) < MEMORY_LIMIT_KIB, "{} KiB", peak_memory_kib(&stage.server));
    let log = stage.server.log();
    let warning = log.iter().find(|line| !line.contains(r#""level":"INFO""#));
    assert_eq!(warning, None, "of {} lines", log.len());
}

/// Asks until the flood is over, and asserts that every question is answered, and more than two a second.
async fn ask_throughout(world: WireTenant) {
    let until = Instant::now() + Duration::from_secs(flood_seconds());
    let mut answer_count = 0;
    while Instant::now() < until {
        assert!(world.may("edith", "data.edit", "harbour").await);
        answer_count += 1;
    }
    assert!(answer_count > 2 * flood_seconds(), "{answer_count} questions were answered");
}
