//! What the test programs share: a described tenant at every level, the real server as a child process with typed
//! clients, and the store's tables and log.

#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test binary uses its own part")]
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]
#![allow(clippy::print_stderr, reason = "a failed test shows the server's log and its seed")]

pub mod api;
pub mod authority;
pub mod callers_file;
pub mod clock;
pub mod clocked_server;
pub mod contrary;
pub mod counted;
pub mod db;
pub mod decided_writes;
pub mod error;
pub mod fixture;
pub mod golden;
pub mod issuer;
pub mod membership_writes;
pub mod names;
pub mod observation;
pub mod pooler;
pub mod postgres;
pub mod postgres_proxy;
pub mod profile;
pub mod raw;
pub mod reads;
pub mod replay;
pub mod retry_case;
pub mod rng;
pub mod server;
pub mod shim;
pub mod store;
pub mod tables;
pub mod tenant_writes;
pub mod test_transport;
pub mod tokens;
pub mod transport;
pub mod wire_tenant;
pub mod write;

pub use api::Api;
pub use error::{code_of, expect_error};
pub use names::{decision, invitee, is_allowed, resource, subject, verified};
pub use profile::repetitions;
pub use reads::own_roles;
pub use server::Server;
pub use wire_tenant::{TestServer, WireTenant};
pub use write::{Answer, Kind, Write};
