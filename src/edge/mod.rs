//! Who calls, and the protocols in which they do.

mod error;
pub mod grpc;
pub mod identity;
