//! PostgreSQL, as a dialect of the suite: each test has a database of its own on one server.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::DatabaseTransaction;

use crate::{
    dialect::{Dialect, LeftOut, TestDatabase},
    support::{db::Db, postgres::PostgresDatabase, tables::Tables},
};

/// PostgreSQL does all that the contract says.
pub struct Postgres;

#[async_trait]
impl Dialect for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn left_out(&self) -> &'static [LeftOut] {
        &[]
    }

    async fn create(&self) -> Arc<dyn TestDatabase> {
        Arc::new(PostgresDatabase::create().await)
    }
}

#[async_trait]
impl TestDatabase for PostgresDatabase {
    fn url(&self) -> String {
        Self::url(self)
    }

    async fn rows(&self, tenant: &str) -> String {
        let db = Db::over(Self::url(self)).await;
        let tables = Tables::read(&db, tenant).await;
        db.close().await;
        format!("{tables:#?}")
    }

    async fn hold_writes(&self) -> DatabaseTransaction {
        Db::over(Self::url(self)).await.hold_writes().await
    }
}
