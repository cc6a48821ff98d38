//! The server on PostgreSQL, where that is another thing than on a file: what comes of a broken way to the database, and what
//! is in it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails loudly, shows its seed, and is nobody's library"
)]

mod away;
mod citus;
mod cuts;
mod disk_full;
mod hardship;
mod migrate;
mod pooler;
mod round_trips;
mod schema;
mod stage;
mod standby;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod together;
