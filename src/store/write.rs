//! The transaction of a write.

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

/// One write's transaction.
pub(super) struct SqlWriteTx {
    tx: Transaction,
    id: String,
    tenant: Option<Tenant>,
    revision: Revision,
    logged: i64,
    /// Whether everything asked for so far went well. Otherwise it can't be committed, for some databases would commit
    /// the half of it, and its connection is closed.
    whole: bool,
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
        Ok(Self { tx, id: tenant.to_owned(), tenant: found, revision, logged: 0, whole: true })
    }

    /// Notes whether a part of it went well.
    fn noted<T>(&mut self, outcome: StoreResult<T>) -> StoreResult<T> {
        self.whole &= outcome.is_ok();
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
        let rows: Vec<_> = (self.logged..)
            .zip(entry.changes)
            .map(|(seq, change)| change::ActiveModel::of(&self.id, self.revision, seq, entry, change))
            .collect::<StoreResult<_>>()?;
        self.logged += i64::try_from(rows.len()).map_err(|error| defect(error.to_string()))?;
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
        self.noted(found)
    }

    async fn member(&mut self, by: MemberBy<'_>) -> StoreResult<Option<MemberRecord>> {
        let found = read::member(&*self.tx, &self.id, by).await;
        self.noted(found)
    }

    async fn resource(&mut self, key: ResourceRef<'_>) -> StoreResult<Option<ResourceRecord>> {
        let found = read::resource(&*self.tx, &self.id, key).await;
        self.noted(found)
    }

    async fn bindings_at(&mut self, resources: &[ResourceKey], limit: usize) -> StoreResult<Vec<(Subject, Grant)>> {
        let found = read::bindings_at(&*self.tx, &self.id, resources, limit).await;
        self.noted(found)
    }

    async fn invitation_by_hash(&mut self, token_hash: &str) -> StoreResult<Option<Invitation>> {
        let found = read::invitation_by_hash(&*self.tx, &self.id, token_hash).await;
        self.noted(found)
    }

    async fn invitation(&mut self, id: &str) -> StoreResult<Option<(Invitation, Revision)>> {
        let found = read::invitation(&*self.tx, &self.id, id).await;
        self.noted(found)
    }

    async fn open_invitation(&mut self, email: &str) -> StoreResult<Option<Invitation>> {
        let found = read::open_invitation(&*self.tx, &self.id, email).await;
        self.noted(found)
    }

    async fn ended_bindings(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<(Subject, Grant)>> {
        let found = read::ended_bindings(&*self.tx, &self.id, now, limit).await;
        self.noted(found)
    }

    async fn due_invitations(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<Invitation>> {
        let found = read::due_invitations(&*self.tx, &self.id, now, limit).await;
        self.noted(found)
    }

    async fn issued_before(&mut self, newer: u64, since: Timestamp) -> StoreResult<Option<Timestamp>> {
        let found = read::issued_before(&*self.tx, &self.id, newer, since).await;
        self.noted(found)
    }

    async fn suppressed(&mut self, email: &str) -> StoreResult<Option<SuppressedAddress>> {
        let found = read::suppressed(&*self.tx, &self.id, email).await;
        self.noted(found)
    }

    async fn find_response(&mut self, request: &str) -> StoreResult<Option<StoredResponse>> {
        let found = read::answered(&*self.tx, &self.id, request).await;
        self.noted(found)
    }

    async fn append(&mut self, entry: &LogEntry<'_>) -> StoreResult<()> {
        // A half that is dropped on its way is none either.
        let whole = std::mem::replace(&mut self.whole, false);
        self.apply(entry).await?;
        self.whole = whole;
        Ok(())
    }

    async fn save_response(&mut self, answered: &StoredResponse) -> StoreResult<()> {
        let whole = std::mem::replace(&mut self.whole, false);
        project::insert(&*self.tx, vec![request::ActiveModel::of(&self.id, answered)]).await?;
        self.whole = whole;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> StoreResult<()> {
        if !self.whole {
            return Err(defect("a write of which a part failed can't be committed"));
        }
        self.tx.commit().await
    }

    async fn rollback(self: Box<Self>) -> StoreResult<()> {
        // What went wrong has told its own error; the connection is closed when it is dropped.
        if self.whole { self.tx.rollback().await } else { Ok(()) }
    }
}
