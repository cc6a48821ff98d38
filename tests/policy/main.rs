//! Policies from the outside: what they say when they are wrong, and what they decide when they are right.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod bench;
mod cases;
mod coverage;
mod diff;
mod docs;
mod everybody;
mod explain;
mod fuzzed;
mod golden;
mod guides;
mod html;
mod limits;
mod matrix;
mod mutation;
mod naive;
mod picture;
mod table;
