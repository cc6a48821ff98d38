//! What is stated above a resource that is not registered: a decision is the same as if it were registered there.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod chains;
mod differential;
mod random;
#[path = "../support/mod.rs"]
mod support;
