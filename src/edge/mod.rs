//! Who calls, over which connections, and the protocols in which they do.

mod error;
pub mod grpc;
pub mod identity;
pub mod listener;
pub mod tls;
