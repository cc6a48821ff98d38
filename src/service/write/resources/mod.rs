//! Writes to resources.

pub(crate) mod archive;
pub(crate) mod create_resource;
pub(crate) mod delete_resource;
pub(crate) mod depth;
pub(crate) mod move_resource;
pub(crate) mod resource_permission;
pub(crate) mod transfer;
