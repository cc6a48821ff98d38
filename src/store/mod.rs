//! The store over SeaORM: tables, change log and migrations, on SQLite.
//!
//! Nothing but `connect` and `error` knows which database it is.

mod connect;
mod connections;
mod entity;
mod error;
mod invitations;
mod list;
mod load;
mod log;
mod migration;
mod options;
mod project;
mod read;
mod reader;
mod write;

use async_trait::async_trait;
use sea_orm_migration::MigratorTrait as _;
use tokio::sync::OnceCell;

pub use options::Options;
pub use reader::{ReadError, SqlReader};

use crate::service::ports::{
    InvitationQuery, InvitationRecord, LogQuery, MemberBy, MemberQuery, MemberRecord, ResourceRecord, Store,
    StoreResult, WriteTx,
};
use crate::store::connect::Pools;
use rollcall_engine::{
    Change, LoggedChange, ResourceRef, Revision, SnapshotSink, SuppressedAddress, Tenant, Timestamp,
};

/// The [`Store`] in a SQL database.
pub struct SqlStore {
    pools: Pools,
    page_key: OnceCell<[u8; 32]>,
}

impl SqlStore {
    /// Opens the database, and creates the file and its directory when they are missing. [`Self::migrate`] makes the
    /// tables.
    ///
    /// # Errors
    /// `StoreError::Broken` when the url names no supported database, or one in memory; `StoreError::Unavailable` when
    /// another process has the file open, or it can't be opened.
    pub async fn open(options: &Options) -> StoreResult<Self> {
        Ok(Self { pools: Pools::open(options).await?, page_key: OnceCell::new() })
    }

    /// Brings the tables up to what this version of the service expects. Only one process may do so at a time.
    ///
    /// # Errors
    /// When a migration fails, which leaves the tables as the one before it made them, or when the database was
    /// migrated by a newer version.
    pub async fn migrate(&self) -> StoreResult<()> {
        let writer = self.pools.writer().await?;
        let migrated = migration::Migrator::up(&*writer, None).await;
        writer.finish(migrated.map_err(Into::into))?;
        // Read once, so that lists of what is in memory need the store for nothing.
        self.page_key().await.map(drop)
    }

    /// Waits for the reads and writes under way, then closes the database for good.
    ///
    /// # Errors
    /// When a connection can't be closed cleanly.
    pub async fn close(&self) -> StoreResult<()> {
        self.pools.close().await
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> StoreResult<()> {
        let reader = self.pools.reader().await?;
        let answered = reader.ping().await;
        reader.finish(answered.map_err(Into::into))
    }

    async fn page_key(&self) -> StoreResult<[u8; 32]> {
        let read = async || {
            let reader = self.pools.reader().await?;
            let key = read::page_key(&*reader).await;
            reader.finish(key)
        };
        self.page_key.get_or_try_init(read).await.copied()
    }

    async fn tenant(&self, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>> {
        let reader = self.pools.reader().await?;
        let found = read::tenant(&*reader, tenant).await;
        reader.finish(found)
    }

    async fn load(&self, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<bool> {
        let tx = self.pools.begin_read().await?;
        let found = load::load(&tx, tenant, snapshot).await;
        tx.finish(found).await
    }

    async fn changes_after(&self, tenant: &str, revision: Revision) -> StoreResult<Vec<(Revision, Change)>> {
        let reader = self.pools.reader().await?;
        let changes = read::changes(&*reader, tenant, revision, None).await;
        reader.finish(changes)
    }

    async fn log(&self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>> {
        let tx = self.pools.begin_read().await?;
        let page = log::page(&*tx, query).await;
        tx.finish(page).await
    }

    async fn revisions_between(
        &self,
        tenant: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>> {
        let reader = self.pools.reader().await?;
        let found = log::revisions_between(&*reader, tenant, from, until).await;
        reader.finish(found)
    }

    async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> StoreResult<Option<(ResourceRecord, Revision)>> {
        let tx = self.pools.begin_read().await?;
        let found = read::at_revision(&*tx, tenant, read::resource(&*tx, tenant, key)).await;
        tx.finish(found).await
    }

    async fn member(&self, tenant: &str, by: MemberBy<'_>) -> StoreResult<Option<(MemberRecord, Revision)>> {
        let tx = self.pools.begin_read().await?;
        let found = read::at_revision(&*tx, tenant, read::member(&*tx, tenant, by)).await;
        tx.finish(found).await
    }

    async fn list_members(&self, query: &MemberQuery<'_>) -> StoreResult<(Vec<MemberRecord>, Revision)> {
        let tx = self.pools.begin_read().await?;
        let page = list::members(&tx, query).await;
        tx.finish(page).await
    }

    async fn invitation(&self, tenant: &str, id: &str) -> StoreResult<Option<(InvitationRecord, Revision)>> {
        let tx = self.pools.begin_read().await?;
        let found = invitations::one(&tx, tenant, id).await;
        tx.finish(found).await
    }

    async fn list_invitations(&self, query: &InvitationQuery<'_>) -> StoreResult<(Vec<InvitationRecord>, Revision)> {
        let tx = self.pools.begin_read().await?;
        let page = invitations::list(&tx, query).await;
        tx.finish(page).await
    }

    async fn list_suppressed(
        &self,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> StoreResult<(Vec<SuppressedAddress>, Revision)> {
        let tx = self.pools.begin_read().await?;
        let page = read::suppressed_page(&*tx, tenant, after, limit).await;
        tx.finish(page).await
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        let reader = self.pools.reader().await?;
        let tenants = read::due_tenants(&*reader, now, after, limit).await;
        reader.finish(tenants)
    }

    async fn begin(&self, tenant: &str) -> StoreResult<Box<dyn WriteTx>> {
        Ok(Box::new(write::SqlWriteTx::begin(&self.pools, tenant).await?))
    }
}
