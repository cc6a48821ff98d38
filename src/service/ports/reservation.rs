//! A tenant that is written by one writer alone.

use async_trait::async_trait;
use rollcall_engine::Head;

use crate::service::ports::{
    batch::{Batch, Committed},
    error::StoreResult,
};

/// Keeps everybody else from writing a tenant until it is dropped or has committed. Reads go on.
#[async_trait]
pub trait Reservation: Send {
    /// Commits as [`Store::commit`](super::Store::commit) does, and ends.
    async fn commit(self: Box<Self>, expected: Head, batch: &Batch<'_>) -> StoreResult<Committed>;
}
