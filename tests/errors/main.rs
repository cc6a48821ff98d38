//! Every way to be wrong, and what is said of it: code, reason, fields and metadata.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]

mod fields;
mod names;
mod pages;
#[path = "../support/mod.rs"]
mod support;
mod writes;
