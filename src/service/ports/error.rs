//! What can go wrong in a store, by what the service can do about it.

use std::error::Error as StdError;

/// Why the store could not do what it was asked. What the driver said stays inside, for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store can't be reached, has no free connection in time, is locked by another process, full or closed. The
    /// same call may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
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
