//! The protocols in which callers reach the service, and who those callers are.

pub mod grpc;
