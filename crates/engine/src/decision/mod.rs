//! Decisions about actions: one at a time, in lists, and in words.

pub(crate) mod decide;
pub(crate) mod explain;
pub(crate) mod list;
