//! Reads a database beside the process that serves it: nothing is written, created, migrated or locked.

use std::path::{Path, PathBuf};

use rollcall_engine::{Head, SnapshotSink, Tenant};
use sea_orm::{
    ColumnTrait as _, ConnectOptions, Database, DatabaseConnection, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, TransactionTrait as _, sqlx::sqlite::SqliteConnectOptions,
};
use sea_orm_migration::{MigratorTrait as _, seaql_migrations};

use crate::{
    service::ports::StoreError,
    store::{
        schema::FORMAT,
        sql::{
            entity::tenant,
            load,
            migration::Migrator,
            read,
            verify::{self, LogFault},
        },
    },
};

/// Why a database can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The url names a database of a kind that is not supported.
    #[error("expected a file, or an url that begins with `sqlite:`")]
    Unsupported,
    /// The path names no file.
    #[error("there is no such file")]
    Missing,
    /// Its tables are not those of this version of the service.
    #[error("its tables are of another version of rollcall; let its server migrate it, or use that version")]
    SchemaMismatch,
    /// The newest writes are only in the write-ahead log of this path, which no process has open.
    #[error("its newest writes are in `{0}` only; start its server once, which puts them into the file")]
    UncheckpointedLog(String),
    /// Another process began to use the file while it was read as one that nobody uses.
    #[error("another process opened it meanwhile; ask again")]
    OpenedMeanwhile,
    /// The store failed while it was read.
    #[error(transparent)]
    Store(StoreError),
}

/// A database that is opened for reading only.
pub struct SqlReader {
    connection: DatabaseConnection,
    /// A file that a process using the database would create beside it; none when the database was opened as one in
    /// use.
    absent_file: Option<PathBuf>,
}

impl SqlReader {
    /// Opens a database: a url that begins with `sqlite:`, or the path of a SQLite file.
    ///
    /// # Errors
    /// When there is no such database, it can't be read, or it has other tables than this version of the service.
    pub async fn open(database: &str) -> Result<Self, ReadError> {
        let url = match database.split_once(':') {
            Some(("sqlite", _)) => database.to_owned(),
            Some((_, rest)) if rest.starts_with("//") => return Err(ReadError::Unsupported),
            _ => format!("sqlite:{database}"),
        };
        let options: SqliteConnectOptions = url.parse().map_err(|_| ReadError::Unsupported)?;
        let file = options.get_filename();
        if !file.is_file() {
            return Err(ReadError::Missing);
        }
        let (log, index) = (beside(file, "-wal"), beside(file, "-shm"));
        let has_writes = log.metadata().is_ok_and(|log| log.len() > 0);
        if has_writes && !index.exists() {
            return Err(ReadError::UncheckpointedLog(log.display().to_string()));
        }
        // Without a log and its index SQLite would make them, were it not told that nobody changes the file.
        let absent = [log, index].into_iter().find(|path| !path.exists());
        let unused = absent.is_some();
        let mut pool = ConnectOptions::new(&url);
        pool.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false).map_sqlx_sqlite_opts(move |file| {
            file.create_if_missing(false).read_only(true).immutable(unused).pragma("query_only", "ON")
        });
        let connection = Database::connect(pool).await?;
        let reader = Self { connection, absent_file: absent };
        reader.check_schema().await?;
        Ok(reader)
    }

    async fn check_schema(&self) -> Result<(), ReadError> {
        let query = seaql_migrations::Entity::find()
            .select_only()
            .column(seaql_migrations::Column::Version)
            .order_by_asc(seaql_migrations::Column::Version);
        let applied: Vec<String> = query.into_tuple().all(&self.connection).await?;
        let ours: Vec<String> = Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        if applied != ours {
            return Err(ReadError::SchemaMismatch);
        }
        read::identity(&self.connection, FORMAT).await?;
        Ok(())
    }

    /// A tenant and its newest commit; none when there is no such tenant.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn tenant(&self, tenant: &str) -> Result<Option<(Tenant, Head)>, ReadError> {
        Ok(read::tenant(&self.connection, tenant).await?)
    }

    /// The ids of the tenants that run this version of this policy, in bytewise order.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn tenants_on(&self, policy: &str, version: u32) -> Result<Vec<String>, ReadError> {
        let query = tenant::Entity::find()
            .select_only()
            .column(tenant::Column::TenantId)
            .filter(tenant::Column::Policy.eq(policy))
            .filter(tenant::Column::PolicyVersion.eq(version))
            .order_by_asc(tenant::Column::TenantId);
        Ok(query.into_tuple().all(&self.connection).await?)
    }

    /// Feeds a tenant's facts, all as of one revision, into `snapshot`. False when there is no such tenant.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn load(&self, tenant: &str, snapshot: &mut dyn SnapshotSink) -> Result<bool, ReadError> {
        let tx = self.connection.begin().await?;
        let Some(whole) = read::tenant(&tx, tenant).await? else { return Ok(false) };
        load::load(&tx, whole, snapshot).await?;
        Ok(true)
    }

    /// Verifies the digests of a tenant's log: how many commits are whole, and what is wrong first. None when there is no
    /// such tenant.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn verify_log(&self, tenant: &str) -> Result<Option<(i64, Option<LogFault>)>, ReadError> {
        let tx = self.connection.begin().await?;
        Ok(verify::log(&tx, tenant).await?)
    }

    /// The ids of all tenants, in bytewise order.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn tenants(&self) -> Result<Vec<String>, ReadError> {
        let query = tenant::Entity::find()
            .select_only()
            .column(tenant::Column::TenantId)
            .order_by_asc(tenant::Column::TenantId);
        Ok(query.into_tuple().all(&self.connection).await?)
    }

    /// Closes the database. What was read is valid only when this succeeds.
    ///
    /// # Errors
    /// When another process began to use a file that nobody used, so that what was read may be of several instants.
    pub async fn close(self) -> Result<(), ReadError> {
        self.connection.close().await?;
        if self.absent_file.is_some_and(|path| path.exists()) { Err(ReadError::OpenedMeanwhile) } else { Ok(()) }
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        match error {
            // A statement does not fit the tables, or there are none.
            StoreError::Broken(_) => Self::SchemaMismatch,
            other => Self::Store(other),
        }
    }
}

impl From<sea_orm::DbErr> for ReadError {
    fn from(error: sea_orm::DbErr) -> Self {
        StoreError::from(error).into()
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
