//! How connections come in: accepted, encrypted where that is set, and of a limited age.

mod accept;
mod connection;

pub use accept::{ListenerOptions, incoming};
pub use connection::{Connection, ConnectionInfo};
