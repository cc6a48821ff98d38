//! The server under random and concurrent writes, floods, failing disks and kills.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails loudly, shows its seed, and is nobody's library"
)]

mod concurrent_random_writes;
mod contrary;
mod crash;
#[path = "../support/driver/mod.rs"]
mod driver;
mod faults;
mod flood;
mod late;
mod model_based;
#[path = "../oracle/mod.rs"]
mod oracle;
mod races;
mod retries;
#[path = "../support/mod.rs"]
mod support;
mod write_path;
