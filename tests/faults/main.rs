//! A disk that fails in the midst of things: what was acknowledged stays, nothing stale is served, and all goes on once the
//! disk is well again.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(unreachable_pub, reason = "the modules are of one binary")]

mod disk;
mod reads;
#[path = "../support/mod.rs"]
mod support;
mod writes;
