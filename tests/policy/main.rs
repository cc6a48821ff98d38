//! Policies from the outside: what they say when they are wrong, and what they decide when they are right.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

mod cases;
mod golden;
