//! What is done with policies beside deciding: cases that they must hold, how much of them is asked, tables of who may do
//! what, and what changes from one to another.

pub mod cases;
mod coverage;
pub mod diff;
pub mod style;
pub mod table;

pub use coverage::{Coverage, Report};
