//! The documents are true: every console is run again, every snippet compiled or read, every name looked up.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(unreachable_pub, reason = "the modules are of one binary")]

mod backup;
mod conversations;
mod demo;
mod markdown;
mod names;
mod reasons;
mod shell;
#[path = "../support/mod.rs"]
mod support;
