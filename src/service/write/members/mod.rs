//! Writes to members.

pub(crate) mod change_role;
pub(crate) mod lock;
pub(crate) mod remove;
pub(crate) mod standing;
pub(crate) mod update;
