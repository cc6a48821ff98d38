//! The store through its ports, over real database files. What is asserted here holds for every database.

mod harness;
mod listing;
mod log_pages;
mod log_replay;
mod model;
mod random_change;
mod reading;
mod writing;
