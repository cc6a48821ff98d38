//! SQLite: a file that one process serves.

pub(in crate::store) mod codes;
pub(in crate::store) mod connect;
pub(in crate::store) mod database;
mod group;
pub(in crate::store) mod looks;
pub(in crate::store) mod outside;
pub(in crate::store) mod ownership;
#[cfg(test)]
mod plans;
pub(in crate::store) mod writer;
