//! The use cases: what each question and each governed write does, over the ports that store and views implement.

pub mod ports;
