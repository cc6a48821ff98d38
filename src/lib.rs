//! Rollcall: authorization and membership over gRPC, with governed writes.

pub mod cache;
pub mod cli;
pub mod config;
pub mod edge;
#[cfg(test)]
#[path = "../tests/support/kept_forms.rs"]
mod kept_forms;
pub mod proto;
pub mod serve;
pub mod service;
pub mod store;
pub mod telemetry;
