//! What a kind of database does in its own way: everything else is in statements that are the same for all.

use async_trait::async_trait;
use rollcall_engine::Head;

use crate::{
    service::ports::{Batch, Committed, Glance, Reservation, StoreResult},
    store::{connections::Lease, sql::look::Seen},
};

/// An open database. What its methods promise is what [`Store`](crate::service::ports::Store) does of theirs.
#[async_trait]
pub(in crate::store) trait Database: Send + Sync {
    /// Brings the tables up to what this version of the service expects, or only looks whether they are; and makes the
    /// database this process's where only one may have it.
    async fn prepare(&self, migrates: bool) -> StoreResult<()>;

    /// Succeeds when the database answers now, and is the one that it was.
    async fn ping(&self) -> StoreResult<()>;

    /// Whether the last look found it to be the one that it was.
    fn check_owned(&self) -> StoreResult<()>;

    /// Whether it takes commits, as far as is known.
    fn can_commit(&self) -> StoreResult<()>;

    /// A transaction that only reads, all as of one instant.
    async fn reader(&self) -> StoreResult<Lease>;

    /// Looks at a tenant; none where there is no such tenant.
    async fn look(&self, tenant: &str, at: &Glance<'_>) -> StoreResult<Option<Seen>>;

    /// Makes a write, if the tenant is where it was planned.
    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed>;

    /// Keeps everybody else from writing a tenant; none where only this process writes, or there is no such tenant.
    async fn reserve(&self, tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>>;

    /// Waits for what is under way, then closes the database for good.
    async fn close(&self) -> StoreResult<()>;
}
