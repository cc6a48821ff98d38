//! SQLite: a file that one process serves.

pub(in crate::store) mod codes;
pub(in crate::store) mod connect;
#[cfg(test)]
mod plans;
pub(in crate::store) mod reader;
