//! The transaction of a write: takes the tenant's next revision, applies and logs changes, and commits only what is
//! whole.

use async_trait::async_trait;
use rollcall_engine::{
    Change, Grant, Invitation, ResourceKey, ResourceRef, Revision, Subject, SuppressedAddress, Tenant, Timestamp,
};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::{LogEntry, MemberBy, MemberRecord, ResourceRecord, StoreResult, StoredResponse, WriteTx},
    store::{
        connect::Pools,
        connections::Transaction,
        entity::{change, request, tenant},
        error::defect,
        project, read,
    },
};

/// One write's transaction in a SQL database.
pub(super) struct SqlWriteTx {
    tx: Transaction,
    id: String,
    tenant: Option<Tenant>,
    revision: Revision,
    next_seq: i64,
    /// Whether every statement so far succeeded. Otherwise it can't be committed, for some databases would commit the
    /// half of it, and its connection is closed.
    is_intact: bool,
}

impl SqlWriteTx {
    /// Opens the transaction and takes the tenant's next revision, which locks the tenant's row on databases that
    /// lock rows.
    pub(super) async fn begin(pools: &Pools, tenant: &str) -> StoreResult<Self> {
        let tx = pools.begin_write().await?;
        let row = tenant::Entity::update_many()
            .col_expr(tenant::Column::Revision, Expr::col(tenant::Column::Revision).add(1))
            .filter(tenant::Column::TenantId.eq(tenant))
            .exec_with_returning(&*tx)
            .await?
            .pop();
        let (found, revision) = match row {
            Some(row) => {
                let (found, revision) = row.into_tenant()?;
                (Some(found), revision)
            }
            None => (None, Revision::default().next()),
        };
        Ok(Self { tx, id: tenant.to_owned(), tenant: found, revision, next_seq: 0, is_intact: true })
    }

    /// Notes the outcome of a statement, and returns it.
    fn track<T>(&mut self, outcome: StoreResult<T>) -> StoreResult<T> {
        self.is_intact &= outcome.is_ok();
        outcome
    }

    async fn apply(&mut self, entry: &LogEntry<'_>) -> StoreResult<()> {
        for change in entry.changes {
            if let Change::TenantCreated { tenant } = change {
                if tenant.id != self.id || self.tenant.is_some() {
                    return Err(defect("a write can only create the tenant that it was opened for, and once"));
                }
                self.tenant = Some(tenant.clone());
            }
        }
        project::apply(&*self.tx, &self.id, self.revision, entry.changes).await?;
        let rows: Vec<_> = (self.next_seq..)
            .zip(entry.changes)
            .map(|(seq, change)| change::ActiveModel::of(&self.id, self.revision, seq, entry, change))
            .collect::<StoreResult<_>>()?;
        self.next_seq += i64::try_from(rows.len()).map_err(|error| defect(error.to_string()))?;
        project::insert(&*self.tx, rows).await
    }
}

#[async_trait]
impl WriteTx for SqlWriteTx {
    fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    fn revision(&self) -> Revision {
        self.revision
    }

    async fn changes_after(&mut self, revision: Revision) -> StoreResult<Vec<(Revision, Change)>> {
        let found = read::changes(&*self.tx, &self.id, revision, Some(self.revision)).await;
        self.track(found)
    }

    async fn member(&mut self, by: MemberBy<'_>) -> StoreResult<Option<MemberRecord>> {
        let found = read::member(&*self.tx, &self.id, by).await;
        self.track(found)
    }

    async fn resource(&mut self, key: ResourceRef<'_>) -> StoreResult<Option<ResourceRecord>> {
        let found = read::resource(&*self.tx, &self.id, key).await;
        self.track(found)
    }

    async fn bindings_at(&mut self, resources: &[ResourceKey], limit: usize) -> StoreResult<Vec<(Subject, Grant)>> {
        let found = read::bindings_at(&*self.tx, &self.id, resources, limit).await;
        self.track(found)
    }

    async fn invitation_by_hash(&mut self, token_hash: &str) -> StoreResult<Option<Invitation>> {
        let found = read::invitation_by_hash(&*self.tx, &self.id, token_hash).await;
        self.track(found)
    }

    async fn invitation(&mut self, id: &str) -> StoreResult<Option<(Invitation, Revision)>> {
        let found = read::invitation(&*self.tx, &self.id, id).await;
        self.track(found)
    }

    async fn open_invitation(&mut self, email: &str) -> StoreResult<Option<Invitation>> {
        let found = read::open_invitation(&*self.tx, &self.id, email).await;
        self.track(found)
    }

    async fn ended_bindings(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<(Subject, Grant)>> {
        let found = read::ended_bindings(&*self.tx, &self.id, now, limit).await;
        self.track(found)
    }

    async fn due_invitations(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<Invitation>> {
        let found = read::due_invitations(&*self.tx, &self.id, now, limit).await;
        self.track(found)
    }

    async fn issued_before(&mut self, newer: u64, since: Timestamp) -> StoreResult<Option<Timestamp>> {
        let found = read::issued_before(&*self.tx, &self.id, newer, since).await;
        self.track(found)
    }

    async fn suppressed(&mut self, email: &str) -> StoreResult<Option<SuppressedAddress>> {
        let found = read::suppressed(&*self.tx, &self.id, email).await;
        self.track(found)
    }

    async fn find_response(&mut self, request_hash: &str) -> StoreResult<Option<StoredResponse>> {
        let found = read::find_response(&*self.tx, &self.id, request_hash).await;
        self.track(found)
    }

    async fn append(&mut self, entry: &LogEntry<'_>) -> StoreResult<()> {
        // Not intact until the end: this future may be dropped in between.
        let was_intact = std::mem::replace(&mut self.is_intact, false);
        self.apply(entry).await?;
        self.is_intact = was_intact;
        Ok(())
    }

    async fn save_response(&mut self, response: &StoredResponse) -> StoreResult<()> {
        let was_intact = std::mem::replace(&mut self.is_intact, false);
        project::insert(&*self.tx, vec![request::ActiveModel::of(&self.id, response)]).await?;
        self.is_intact = was_intact;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> StoreResult<()> {
        if !self.is_intact {
            return Err(defect("a write can't be committed after one of its statements failed"));
        }
        self.tx.commit().await
    }

    async fn rollback(self: Box<Self>) -> StoreResult<()> {
        // The failed statement returned its error already; the connection is closed when it is dropped.
        if self.is_intact { self.tx.rollback().await } else { Ok(()) }
    }
}
