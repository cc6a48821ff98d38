//! SQLite, as a dialect of the suite: each database is a file in a directory of its own.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use sea_orm::DatabaseTransaction;
use tempfile::TempDir;

use crate::{
    dialect::{Dialect, LeftOut, TestDatabase},
    support::{db::Db, tables::Tables},
};

/// SQLite does all that the contract says.
pub struct Sqlite;

struct SqliteFile {
    directory: TempDir,
}

#[async_trait]
impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "SQLite"
    }

    fn left_out(&self) -> &'static [LeftOut] {
        &[]
    }

    async fn create(&self) -> Arc<dyn TestDatabase> {
        Arc::new(SqliteFile { directory: tempfile::tempdir().expect("there is room for a directory") })
    }
}

impl SqliteFile {
    fn path(&self) -> PathBuf {
        self.directory.path().join("data/rollcall.db")
    }
}

#[async_trait]
impl TestDatabase for SqliteFile {
    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    async fn rows(&self, tenant: &str) -> String {
        let db = Db::at(&self.path()).await;
        let tables = Tables::read(&db, tenant).await;
        db.close().await;
        format!("{tables:#?}")
    }

    async fn hold_writes(&self) -> DatabaseTransaction {
        Db::at(&self.path()).await.hold_writes().await
    }
}
