//! What can go wrong in a store, by what the service can do about it.

use std::error::Error as StdError;

/// Why the store could not do what it was asked. What the driver said stays inside, for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store can't be reached, has no free connection in time, is full or closed. The same call may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// Other writes keep the store busy, and there was no time or room for this one: nothing was written. It may be
    /// repeated.
    #[error("the store is busy with other writes")]
    Busy(#[source] Box<dyn StdError + Send + Sync>),
    /// The store was closed before it could be found out whether a commit has happened.
    #[error("the outcome of a commit is unknown")]
    Unknown(#[source] Box<dyn StdError + Send + Sync>),
    /// The store can be read and not written: this file is read-only, or the disk is.
    #[error("the store `{0}` is read-only")]
    ReadOnly(String),
    /// The store is no more this process's to read or write, for this reason: its file was moved, deleted or replaced, or
    /// another process took it over.
    #[error("the store is lost: {0}")]
    Lost(String),
    /// This file is a copy of the one that the store is in, and may be started with only where that is said.
    #[error("`{0}` is a copy of the file that its database was in; if no other is served, start with `--adopt`")]
    Copied(String),
    /// A unique key is taken: of a tenant, resource or member, of an identifier, an invitation or a stored response.
    #[error("another write took the same key first")]
    Conflict(#[source] Box<dyn StdError + Send + Sync>),
    /// A list can't go on after the position that was given: what it names was erased, or all of it was changed.
    #[error("the position in the list can't be found any more")]
    LostPosition,
    /// A row can't be read as what it stands for, or a statement failed for good: a defect, or a damaged database.
    #[error("the store is broken")]
    Broken(#[source] Box<dyn StdError + Send + Sync>),
}

/// The result of asking the store.
pub type StoreResult<T> = Result<T, StoreError>;
