//! The store over SeaORM. `schema` says what is stored, `sql` how it is read and written, and `dialect` has all that knows
//! which database it is.

mod connections;
mod dialect;
mod error;
mod options;
mod schema;
mod sql;

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm_migration::MigratorTrait as _;
use tokio::sync::OnceCell;

pub use dialect::sqlite::reader::{ReadError, SqlReader};
pub use options::Options;
pub use sql::verify::LogFault;

use crate::{
    service::ports::{Batch, Committed, Feed, Glance, Snapshot, Store, StoreIdentity, StoreResult},
    store::{
        dialect::sqlite::{connect::Pools, looks::Looks, writer::Writer},
        schema::FORMAT,
        sql::{
            due, feed, migration, read,
            snapshot::{Begin, SqlSnapshot},
        },
    },
};
use rollcall_engine::{Head, Timestamp};

/// The [`Store`] in a SQL database.
pub struct SqlStore {
    pools: Arc<Pools>,
    writer: Writer,
    looks: Looks,
    adopt: bool,
    identity: OnceCell<StoreIdentity>,
}

impl SqlStore {
    /// Opens the database, and creates the file and its directory when they are missing. [`Self::migrate`] makes the
    /// tables.
    ///
    /// # Errors
    /// `StoreError::Broken` when the url names no supported database, or one in memory; `StoreError::Unavailable` when
    /// another process has the file open, or it can't be opened.
    pub async fn open(options: &Options) -> StoreResult<Self> {
        let pools = Arc::new(Pools::open(options).await?);
        let (writer, looks) = (Writer::start(&pools), Looks::start(&pools, options.timeout));
        Ok(Self { pools, writer, looks, adopt: options.adopt, identity: OnceCell::new() })
    }

    /// Brings the tables up to what this version of the service expects, and makes the database this process's. Only one
    /// process may do so at a time.
    ///
    /// # Errors
    /// When a migration fails, which leaves the tables as the one before it made them, or when the database was
    /// migrated by a newer version; `StoreError::Copied` when it is a copy that is not to be adopted.
    pub async fn migrate(&self) -> StoreResult<()> {
        let writer = self.pools.writer().await?;
        migration::Migrator::up(&*writer, None).await?;
        writer.commit().await?;
        self.pools.make_durable().await?;
        let writer = self.pools.writer().await?;
        self.pools.ownership.claim(&*writer, self.adopt).await?;
        writer.commit().await?;
        // From now on it is known which file the write-ahead log is.
        self.ping().await?;
        // Read once, so that answers from memory need the store for nothing.
        self.identity().await.map(drop)
    }

    /// Waits for the reads and writes under way, then closes the database for good.
    ///
    /// # Errors
    /// When a connection can't be closed cleanly.
    pub async fn close(&self) -> StoreResult<()> {
        self.writer.close().await;
        self.pools.close().await
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> StoreResult<()> {
        let prober = self.pools.prober().await?;
        let checked = self.pools.ownership.check(&*prober).await;
        prober.finish(checked).await
    }

    fn check_owned(&self) -> StoreResult<()> {
        self.pools.ownership.check_owned()
    }

    fn can_commit(&self) -> StoreResult<()> {
        self.pools.ownership.check_writable()?;
        self.writer.check()
    }

    async fn identity(&self) -> StoreResult<StoreIdentity> {
        let read = async || {
            let reader = self.pools.reader().await?;
            let identity = read::identity(&*reader, FORMAT).await;
            reader.finish(identity).await
        };
        self.identity.get_or_try_init(read).await.copied()
    }

    async fn heads(&self, tenants: &[String]) -> StoreResult<Vec<(String, Head)>> {
        let reader = self.pools.reader().await?;
        let heads = due::heads(&*reader, tenants).await;
        reader.finish(heads).await
    }

    async fn snapshot(&self, tenant: &str) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let snapshot = SqlSnapshot::begin(self.pools.reader().await?, tenant).await?;
        Ok(snapshot.map(|snapshot| Box::new(snapshot) as Box<dyn Snapshot>))
    }

    async fn glance(&self, tenant: &str, at: &Glance<'_>) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let Some(seen) = self.looks.look(tenant, at).await? else { return Ok(None) };
        let pools = Arc::clone(&self.pools);
        let begin: Begin = Box::new(move || {
            let pools = Arc::clone(&pools);
            Box::pin(async move { pools.reader().await })
        });
        Ok(Some(Box::new(SqlSnapshot::seen(seen, begin))))
    }

    async fn commits_after(&self, tenant: &str, after: Head) -> StoreResult<Feed> {
        let reader = self.pools.reader().await?;
        // There may be any number of them.
        reader.limit_next(false);
        let found = feed::after(&*reader, tenant, after).await;
        reader.finish(found).await
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        let reader = self.pools.reader().await?;
        let tenants = due::due_tenants(&*reader, now, after, limit).await;
        reader.finish(tenants).await
    }

    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed> {
        self.writer.commit(tenant, expected, batch).await
    }
}
