//! The store over SeaORM: tables, change log and migrations, on SQLite.
//!
//! Nothing but `connect` and `error` knows which database it is.

mod connect;
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

pub use options::Options;
pub use reader::{ReadError, SqlReader};

use self::connect::Pools;
use crate::domain::{Change, LoggedChange, ResourceRef, Revision, SuppressedAddress, Tenant, Timestamp};
use crate::service::ports::{
    InvitationQuery, InvitationRecord, LogQuery, MemberBy, MemberQuery, MemberRecord, ResourceRecord, Snapshot, Store,
    StoreResult, WriteTx,
};

/// Tenants in a SQL database.
pub struct SqlStore {
    pools: Pools,
}

impl SqlStore {
    /// Opens the database, and makes it when it is missing. Its tables are [`Self::migrate`]'s business.
    ///
    /// # Errors
    /// When the url names no database of a supported kind, or the database can't be opened.
    pub async fn open(options: &Options) -> StoreResult<Self> {
        Ok(Self { pools: Pools::open(options).await? })
    }

    /// Brings the tables up to what this version of the service expects. Only one process may do so at a time.
    ///
    /// # Errors
    /// When a migration fails, which leaves the tables as the one before it made them, or when the database was
    /// migrated by a newer version.
    pub async fn migrate(&self) -> StoreResult<()> {
        Ok(migration::Migrator::up(&self.pools.writer, None).await?)
    }

    /// Waits for the reads and writes under way, then closes the database for good.
    ///
    /// # Errors
    /// When a connection can't be closed in order.
    pub async fn close(&self) -> StoreResult<()> {
        self.pools.close().await
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> StoreResult<()> {
        Ok(self.pools.reader.ping().await?)
    }

    async fn tenant(&self, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>> {
        read::tenant(&self.pools.reader, tenant).await
    }

    async fn load(&self, tenant: &str, snapshot: &mut dyn Snapshot) -> StoreResult<bool> {
        load::load(&self.pools.begin_read().await?, tenant, snapshot).await
    }

    async fn changes_after(&self, tenant: &str, revision: Revision) -> StoreResult<Vec<(Revision, Change)>> {
        read::changes(&self.pools.reader, tenant, revision, None).await
    }

    async fn log(&self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>> {
        log::page(&self.pools.reader, query).await
    }

    async fn revisions_between(
        &self,
        tenant: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>> {
        log::revisions_between(&self.pools.reader, tenant, from, until).await
    }

    async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> StoreResult<Option<(ResourceRecord, Revision)>> {
        let tx = self.pools.begin_read().await?;
        let Some(revision) = read::revision(&tx, tenant).await? else {
            return Ok(None);
        };
        Ok(read::resource(&tx, tenant, key).await?.map(|resource| (resource, revision)))
    }

    async fn member(&self, tenant: &str, by: MemberBy<'_>) -> StoreResult<Option<(MemberRecord, Revision)>> {
        let tx = self.pools.begin_read().await?;
        let Some(revision) = read::revision(&tx, tenant).await? else {
            return Ok(None);
        };
        Ok(read::member(&tx, tenant, by).await?.map(|member| (member, revision)))
    }

    async fn list_members(&self, query: &MemberQuery<'_>) -> StoreResult<(Vec<MemberRecord>, Revision)> {
        list::members(&self.pools.begin_read().await?, query).await
    }

    async fn invitation(&self, tenant: &str, id: &str) -> StoreResult<Option<(InvitationRecord, Revision)>> {
        invitations::one(&self.pools.begin_read().await?, tenant, id).await
    }

    async fn list_invitations(&self, query: &InvitationQuery<'_>) -> StoreResult<(Vec<InvitationRecord>, Revision)> {
        invitations::list(&self.pools.begin_read().await?, query).await
    }

    async fn list_suppressed(
        &self,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> StoreResult<(Vec<SuppressedAddress>, Revision)> {
        let tx = self.pools.begin_read().await?;
        let revision = read::revision(&tx, tenant).await?.unwrap_or_default();
        Ok((read::suppressed_after(&tx, tenant, after, limit).await?, revision))
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        read::due_tenants(&self.pools.reader, now, after, limit).await
    }

    async fn begin(&self, tenant: &str) -> StoreResult<Box<dyn WriteTx>> {
        Ok(Box::new(write::SqlWriteTx::begin(&self.pools, tenant).await?))
    }
}
