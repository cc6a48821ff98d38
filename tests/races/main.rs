//! Writes that contradict each other, sent at once: whatever comes of them, one after the other would have given it.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows its seed, a good one what won")]

mod harness;
mod invitations;
mod people;
mod resources;
#[path = "../support/mod.rs"]
mod support;
