//! Who calls, and the protocols in which they do.

pub mod grpc;
