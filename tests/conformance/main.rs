//! The conformance suite of the store's port: what every database must do that a store is on. A test holds for all of
//! them; `contract` holds the suite against the words of the ports.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test fails loudly, shows its seed, and is nobody's library"
)]

#[macro_use]
mod suite;

mod calls;
mod changes;
mod commits;
mod contract;
mod dialect;
mod due;
mod feed;
mod glance;
mod harness;
mod invitations;
mod isolation;
mod load;
mod log;
mod members;
mod model;
mod people;
mod postgres;
mod random_change;
mod random_commits;
mod resources;
mod responses;
mod sqlite;
#[path = "../support/mod.rs"]
mod support;
mod tenants;
