//! Policies and `rollcall policy`: the mistakes of wrong ones, the decisions of good ones, and what the commands print.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod cases;
mod coverage;
#[path = "../support/fixture/description.rs"]
#[allow(dead_code, reason = "this program needs facts alone")]
mod description;
mod diff;
mod docs;
mod exhaustive_cases;
mod explain;
#[path = "../support/fixture/facts.rs"]
mod facts;
mod fuzzed;
mod golden;
mod guides;
mod holdings;
mod html;
mod limits;
mod matrix;
mod mutation;
mod picture;
#[path = "../support/profile.rs"]
mod profile;
mod random_policies;
mod table;
mod whom;
