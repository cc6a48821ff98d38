//! The service and its store in one process, with a clock that the test moves.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails loudly, shows its seed, and is nobody's library"
)]

mod identifiers;
mod membership_tables;
mod moments;
mod policy_replacement;
#[path = "../support/mod.rs"]
mod support;
mod sweep;
mod write_path;
