//! Decisions about actions: one at a time, in lists, and in words.

pub(crate) mod decide;
pub(crate) mod explain;
pub(crate) mod explanation;
pub(crate) mod list;
pub(crate) mod reason;
pub(crate) mod roles;
pub(crate) mod target;
