//! The service over gRPC: real clients of a real server, one case at a time.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails loudly, shows its seed, and is nobody's library"
)]

mod callers;
mod chains;
mod connections;
mod conversation;
#[path = "../support/driver/mod.rs"]
mod driver;
mod errors;
mod fixture;
mod forms;
mod golden;
mod idempotency;
mod identity;
mod invitations;
mod kept_store;
mod large_subtree;
mod log;
mod lumicon;
mod nul;
#[path = "../oracle/mod.rs"]
mod oracle;
mod policy_cases_over_grpc;
mod policy_diff_database;
mod policy_versions;
mod privacy;
mod process;
mod resources;
mod role_models;
mod sizes;
mod subjects;
#[path = "../support/mod.rs"]
mod support;
mod teams_and_expiry;
mod transport;
