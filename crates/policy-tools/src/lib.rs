//! Tools around policies: cases that a policy must satisfy and how much of it they cover, tables of who may do what,
//! and differences between two versions.

pub mod cases;
mod coverage;
pub mod diff;
mod runner;
pub mod style;
pub mod table;

pub use coverage::{Coverage, Report};
pub use runner::{CaseResults, CaseRunner, Failure};
