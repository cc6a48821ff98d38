//! Rollcall: authorization and membership over gRPC, with governed writes.

pub mod domain;
pub mod proto;
pub mod service;
