//! What the end-to-end tests share: the real server as a child process, typed clients, a furnished tenant, a look
//! into the store, and a plain model of the `lumicon` rules to hold the server against.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test binary uses its own part")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows the server's log and its seed")]

pub mod api;
pub mod db;
pub mod depot;
pub mod error;
pub mod facts;
pub mod govern;
pub mod hand;
pub mod names;
pub mod reads;
pub mod replay;
pub mod rng;
pub mod rules;
pub mod server;
pub mod world;
pub mod write;

pub use api::Api;
pub use error::{code_of, expect_error};
pub use names::{invitee, resource, subject};
pub use server::Server;
pub use world::{Stage, World};
pub use write::{Answer, Kind, Write};
