//! The store over SeaORM. `schema` says what is stored, `sql` how it is read and written, and `dialect` has all that knows
//! which database it is.

mod connections;
mod dialect;
mod error;
mod options;
mod read_error;
mod reader;
mod schema;
mod sql;

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::OnceCell;

pub use options::Options;
pub use read_error::{ReadError, shown};
pub use reader::SqlReader;
pub use sql::verify::LogFault;

use crate::{
    service::ports::{Batch, Committed, Feed, Glance, Reservation, Snapshot, Store, StoreIdentity, StoreResult},
    store::{
        dialect::{database::Database, postgres::database::Postgres, sqlite::database::Sqlite},
        error::defect,
        schema::FORMAT,
        sql::{
            due, feed, read,
            snapshot::{Begin, SqlSnapshot},
        },
    },
};
use rollcall_engine::{Head, Timestamp};

/// The [`Store`] in a SQL database.
pub struct SqlStore {
    database: Arc<dyn Database>,
    identity: OnceCell<StoreIdentity>,
}

impl SqlStore {
    /// Opens the database. A file and its directory are created when they are missing. [`Self::migrate`] makes the
    /// tables.
    ///
    /// # Errors
    /// `StoreError::Broken` when the url names no supported database, or one in memory; `StoreError::Unavailable` when
    /// another process has the file open, or the database can't be reached.
    pub async fn open(options: &Options) -> StoreResult<Self> {
        let database: Arc<dyn Database> = match options.url.split_once(':') {
            Some(("sqlite", _)) => Arc::new(Sqlite::open(options).await?),
            Some(("postgres" | "postgresql", _)) => Arc::new(Postgres::open(options).await?),
            _ => {
                let message = "the store's url names no supported database; begin it with `sqlite:` or `postgres:`";
                return Err(defect(message));
            }
        };
        Ok(Self { database, identity: OnceCell::new() })
    }

    /// Brings the tables up to what this version of the service expects, and makes the database this process's where only
    /// one process may have it. Whoever does so at the same time waits.
    ///
    /// # Errors
    /// When a migration fails, which leaves the tables as the one before it made them, or when the database was
    /// migrated by a newer version; `StoreError::Copied` when it is a copy that is not to be adopted.
    pub async fn migrate(&self) -> StoreResult<()> {
        self.prepare(true).await
    }

    /// The same, but for the tables, which must be what this version expects already.
    ///
    /// # Errors
    /// When they are not; `StoreError::Copied` when it is a copy that is not to be adopted.
    pub async fn check_tables(&self) -> StoreResult<()> {
        self.prepare(false).await
    }

    async fn prepare(&self, migrates: bool) -> StoreResult<()> {
        self.database.prepare(migrates).await?;
        // Read once, so that answers from memory need the store for nothing.
        self.identity().await.map(drop)
    }

    /// Waits for the reads and writes under way, then closes the database for good.
    ///
    /// # Errors
    /// When a connection can't be closed cleanly.
    pub async fn close(&self) -> StoreResult<()> {
        self.database.close().await
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn ping(&self) -> StoreResult<()> {
        self.database.ping().await
    }

    fn check_owned(&self) -> StoreResult<()> {
        self.database.check_owned()
    }

    fn can_commit(&self) -> StoreResult<()> {
        self.database.can_commit()
    }

    async fn identity(&self) -> StoreResult<StoreIdentity> {
        let read = async || {
            let reader = self.database.reader().await?;
            let identity = reader.limited(read::identity(&*reader, FORMAT)).await;
            reader.finish(identity).await
        };
        self.identity.get_or_try_init(read).await.cloned()
    }

    async fn heads(&self, tenants: &[String]) -> StoreResult<Vec<(String, Head)>> {
        let reader = self.database.reader().await?;
        let heads = reader.limited(due::heads(&*reader, tenants)).await;
        reader.finish(heads).await
    }

    async fn snapshot(&self, tenant: &str) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let snapshot = SqlSnapshot::begin(self.database.reader().await?, tenant).await?;
        Ok(snapshot.map(|snapshot| Box::new(snapshot) as Box<dyn Snapshot>))
    }

    async fn glance(&self, tenant: &str, at: &Glance<'_>) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let Some(seen) = self.database.look(tenant, at).await? else { return Ok(None) };
        let database = Arc::clone(&self.database);
        let begin: Begin = Box::new(move || {
            let database = Arc::clone(&database);
            Box::pin(async move { database.reader().await })
        });
        Ok(Some(Box::new(SqlSnapshot::seen(seen, begin))))
    }

    async fn commits_after(&self, tenant: &str, after: Head) -> StoreResult<Feed> {
        let reader = self.database.reader().await?;
        // There may be any number of them.
        reader.take_limit_off().await?;
        let found = feed::after(&*reader, tenant, after).await;
        reader.finish(found).await
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        let reader = self.database.reader().await?;
        let tenants = reader.limited(due::due_tenants(&*reader, now, after, limit)).await;
        reader.finish(tenants).await
    }

    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed> {
        self.database.commit(tenant, expected, batch).await
    }

    async fn reserve(&self, tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>> {
        self.database.reserve(tenant).await
    }
}
