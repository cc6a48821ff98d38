//! How connections come in: accepted, encrypted where that is set, and of a limited age.

mod accept;
mod connection;
mod options;

pub use accept::incoming;
pub use connection::{Connection, ConnectionInfo};
pub use options::ListenerOptions;
