//! PostgreSQL, and what speaks its protocol.

pub(in crate::store) mod codes;
mod commits;
mod connect;
pub(in crate::store) mod database;
mod lock;
mod migrate;
pub(in crate::store) mod outside;
mod reserved;
mod settle;
pub(in crate::store) mod text;
