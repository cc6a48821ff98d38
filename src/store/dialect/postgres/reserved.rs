//! A tenant that nobody else writes, for as long as a transaction has its row.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::Head;

use crate::{
    service::ports::{Batch, Committed, Reservation, StoreResult},
    store::{
        connections::Lease,
        dialect::postgres::{commits::Commits, connect::Pools, lock::lock},
    },
};

/// A tenant's row, locked, and who commits behind it.
pub(super) struct Reserved {
    tenant: String,
    tx: Lease,
    commits: Arc<Commits>,
}

impl Reserved {
    /// Locks the row; none where there is none.
    pub(super) async fn new(pools: &Pools, commits: &Arc<Commits>, tenant: &str) -> StoreResult<Option<Self>> {
        let tx = pools.reserver().await?;
        if pools.in_time(lock(&tx, tenant)).await? {
            return Ok(Some(Self { tenant: tenant.to_owned(), tx, commits: Arc::clone(commits) }));
        }
        tx.rollback().await?;
        Ok(None)
    }
}

#[async_trait]
impl Reservation for Reserved {
    async fn commit(self: Box<Self>, expected: Head, batch: &Batch<'_>) -> StoreResult<Committed> {
        let Self { tenant, tx, commits } = *self;
        commits.commit(&tenant, Some(expected), batch, Some(tx)).await
    }
}
