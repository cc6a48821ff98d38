//! How deep teams may be in teams: 64 in a chain, however it comes about.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod depth;
mod firm;
mod log;
#[allow(dead_code, reason = "other tests need more of it")]
#[path = "../stated_parents/random.rs"]
mod random;
#[allow(dead_code, reason = "other tests need more of it")]
#[path = "../support/mod.rs"]
mod support;
