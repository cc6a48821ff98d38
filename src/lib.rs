//! Rollcall: authorization and membership over gRPC, with governed writes.

pub mod cli;
pub mod config;
pub mod domain;
pub mod grpc;
pub mod policy;
pub mod proto;
pub mod serve;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod view;
