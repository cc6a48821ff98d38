//! What is measured, each section a file.

pub mod batch;
pub mod check;
pub mod cold;
pub mod lists;
pub mod writes;
