//! The documents are true: every console is run again, every snippet is compiled or read, every name is looked up.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]
#![allow(unreachable_pub, reason = "the modules are of one binary")]

mod backup;
mod consoles;
mod demo;
mod erasing;
mod log_lines;
mod markdown;
mod names;
mod reason_coverage;
mod reason_states;
mod reason_table;
mod reasons;
mod repetitions;
mod security;
mod shell;
#[path = "../support/mod.rs"]
mod support;
