//! The contract: code generated from `proto/rollcall/v1`. What each message means is written there.

#![allow(clippy::all, clippy::pedantic, missing_docs, reason = "generated code")]

pub mod codec;
pub mod methods;
pub mod reasons;

tonic::include_proto!("rollcall.v1");

/// The encoded `FileDescriptorSet` of the contract, for server reflection.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("rollcall.v1");
