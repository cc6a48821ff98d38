//! Policies from the outside: what they say when they are wrong, and what they decide when they are right.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod cases;
mod docs;
mod golden;
mod guides;
mod matrix;
mod mutation;
mod naive;
