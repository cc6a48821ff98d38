//! How much of a policy's table is asked about: which cell, of whom, and with which outcome.
//!
//! What counts is what the engine was asked, not what a file of cases says: whoever asks it records each answer in a
//! [`Coverage`], and the [`Report`] names the cells of the table that are left.

mod demand;
mod observations;
mod report;

pub use observations::Coverage;
pub use report::Report;
