//! Every line of the `lumicon` guide and every rule of its membership, allowed and denied, against the real server.
//!
//! Each governed write is first sent with `validate_only`, which must give the same answer and change nothing.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]

mod bulk;
mod checks;
mod invitations;
mod lists;
mod lock;
mod profiles;
mod sites;
#[path = "../support/mod.rs"]
mod support;
mod workspace;
