//! Writes to members.

pub(crate) mod activation;
pub(crate) mod change_role;
pub(crate) mod lock;
pub(crate) mod remove;
pub(crate) mod update;
