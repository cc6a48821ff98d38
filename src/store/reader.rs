//! Reads a database beside the process that serves it: nothing is written, created, migrated or locked.

use std::path::PathBuf;

use rollcall_engine::{Head, SnapshotSink, Tenant};
use sea_orm::{
    AccessMode, ColumnTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait as _, IsolationLevel,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, TransactionTrait as _,
};

use crate::store::{
    dialect::{postgres, sqlite},
    read_error::ReadError,
    schema::FORMAT,
    sql::{
        entity::tenant,
        load,
        migration::applied,
        read,
        verify::{self, LogFault},
    },
};

/// A database that is opened for reading only.
pub struct SqlReader {
    connection: DatabaseConnection,
    /// A file that a process using the database would create beside it; none when the database was opened as one in
    /// use.
    absent_file: Option<PathBuf>,
}

impl SqlReader {
    /// Opens a database: a url that begins with `sqlite:` or `postgres:`, or the path of a SQLite file.
    ///
    /// # Errors
    /// When there is no such database, it can't be read, or it has other tables than this version of the service.
    pub async fn open(database: &str) -> Result<Self, ReadError> {
        let (connection, absent_file) = match database.split_once(':') {
            Some(("sqlite", _)) => sqlite::outside::open(database).await?,
            Some(("postgres" | "postgresql", _)) => (postgres::outside::open(database).await?, None),
            Some((_, rest)) if rest.starts_with("//") => return Err(ReadError::Unsupported),
            _ => sqlite::outside::open(&format!("sqlite:{database}")).await?,
        };
        let reader = Self { connection, absent_file };
        reader.check_schema().await?;
        Ok(reader)
    }

    /// A transaction that only reads, all as of one instant.
    async fn begin(&self) -> Result<DatabaseTransaction, ReadError> {
        let (isolation, access) = (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly));
        Ok(match self.connection.get_database_backend() {
            DbBackend::Sqlite => self.connection.begin().await?,
            _ => self.connection.begin_with_config(isolation, access).await?,
        })
    }

    async fn check_schema(&self) -> Result<(), ReadError> {
        applied::check(&self.connection).await?;
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
        let tx = self.begin().await?;
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
        let tx = self.begin().await?;
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
