//! The store through its ports, over real database files. What is asserted here holds for every database.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test is nobody's library, and fails by panicking"
)]

mod facts;
mod harness;
mod listing;
mod reading;
mod replay;
mod writing;
