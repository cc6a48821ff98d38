//! PostgreSQL, as a dialect of the suite: each test has a database of its own on one server.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait as _, Database, DatabaseTransaction, DbBackend, QueryResult, Statement, TransactionTrait as _,
};

use crate::{
    dialect::{Dialect, LeftOut, TestDatabase},
    support::postgres::PostgresDatabase,
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

/// The tables that say whose a row is, in order.
const TABLES: &str = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' \
    AND column_name = 'tenant_id' ORDER BY table_name";

#[async_trait]
impl TestDatabase for PostgresDatabase {
    fn url(&self) -> String {
        Self::url(self)
    }

    async fn rows(&self, tenant: &str) -> String {
        let connection = Database::connect(Self::url(self)).await.expect("the server takes connections");
        let text = |row: &QueryResult| row.try_get_by_index::<String>(0).expect("it is a text");
        let query = |sql: String| Statement::from_string(DbBackend::Postgres, sql);
        let tables = connection.query_all_raw(query(TABLES.to_owned())).await.expect("there is a catalog");
        let selects: Vec<String> = tables.iter().map(text).map(|table| {
            format!("SELECT '{table}: ' || to_jsonb(\"{table}\")::text AS row_text FROM \"{table}\" WHERE tenant_id = '{tenant}'")
        }).collect();
        let all = format!("SELECT row_text FROM ({}) AS rows ORDER BY row_text", selects.join(" UNION ALL "));
        let rows = connection.query_all_raw(query(all)).await.expect("there are tables");
        connection.close().await.expect("it was open");
        rows.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    async fn hold_writes(&self) -> DatabaseTransaction {
        let connection = Database::connect(Self::url(self)).await.expect("the server takes connections");
        let transaction = connection.begin().await.expect("nobody else changes tables");
        transaction.execute_unprepared("LOCK TABLE tenant IN SHARE MODE").await.expect("nobody writes");
        transaction
    }
}
