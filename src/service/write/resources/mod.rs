//! Writes to resources.

pub(crate) mod archive;
pub(crate) mod by_action;
pub(crate) mod create_resource;
pub(crate) mod delete_resource;
pub(crate) mod move_resource;
pub(crate) mod transfer;
