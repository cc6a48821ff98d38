//! Statements and rows: how tenants, their facts and their logs are read and written by SeaORM, whichever database it is.

pub(super) mod commit;
pub(super) mod due;
pub(super) mod entity;
pub(super) mod feed;
pub(super) mod glance;
mod ids;
mod invitations;
mod list;
pub(super) mod load;
pub(super) mod log;
pub(super) mod look;
mod member;
pub(super) mod migration;
mod newest;
pub(super) mod pending;
mod people;
mod project;
pub(super) mod read;
pub(super) mod rows;
mod script;
pub(super) mod snapshot;
mod sought;
mod statements;
mod subtree;
mod swap;
mod template;
pub(super) mod verify;
