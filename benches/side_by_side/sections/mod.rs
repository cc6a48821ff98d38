//! What is measured, each section a file.

pub mod batch;
pub mod beside;
pub mod check;
pub mod cold;
pub mod lists;
pub mod secured;
pub mod writes;
