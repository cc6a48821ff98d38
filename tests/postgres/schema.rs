//! What is in the database: columns that are compared bytewise, and nothing that a distributed engine refuses.

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, Statement};

use rollcall::store::{Options, SqlStore};

use crate::support::postgres::PostgresDatabase;

/// A database with the tables, and a connection to it.
pub async fn migrated() -> (PostgresDatabase, DatabaseConnection) {
    let database = PostgresDatabase::create().await;
    let store = SqlStore::open(&Options::new(database.url())).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await.unwrap();
    let connection = Database::connect(database.url()).await.unwrap();
    (database, connection)
}

/// The texts that a query finds.
async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// The tables of the service, and not of the migrator.
const OURS: &str = "table_schema = 'public' AND table_name <> 'seaql_migrations'";

#[tokio::test]
async fn every_string_is_compared_bytewise() {
    let (_database, connection) = migrated().await;
    let strings = format!("{OURS} AND data_type IN ('character varying', 'text', 'character')");
    let all = format!("SELECT table_name || '.' || column_name FROM information_schema.columns WHERE {strings}");
    assert!(texts(&connection, &all).await.len() > 30, "there are columns of strings");
    let other = texts(&connection, &format!("{all} AND collation_name IS DISTINCT FROM 'C'")).await;
    assert_eq!(other, Vec::<String>::new(), "these are compared by a locale");
}

/// Citus wants the tenant in each key of a table that is distributed by it. Tables of no tenant are on every node.
#[tokio::test]
async fn every_key_of_a_tenants_table_holds_the_tenant() {
    let (_database, connection) = migrated().await;
    let keys = "SELECT t.relname || ': ' || pg_get_indexdef(i.indexrelid) FROM pg_index i \
        JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
        WHERE n.nspname = 'public' AND i.indisunique AND EXISTS \
        (SELECT FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'tenant_id')";
    let all = texts(&connection, keys).await;
    assert!(all.len() > 15, "{all:?}");
    let without: Vec<&String> = all.iter().filter(|key| !key.contains("(tenant_id")).collect();
    assert!(without.is_empty(), "{without:?}");
}

/// Foreign keys are between tables that are distributed alike, with the tenant on both sides.
#[tokio::test]
async fn every_foreign_key_holds_the_tenant() {
    let (_database, connection) = migrated().await;
    let keys = texts(&connection, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'").await;
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        let (from, to) = key.split_once(" REFERENCES ").expect("it refers to a table");
        assert!(from.contains("(tenant_id") && to.contains("(tenant_id"), "{key}");
    }
}

/// YugabyteDB spreads an index by the hash of its first column unless a direction is said, so that what is due could not be
/// found in order; CockroachDB gives no ordered sequences; and no engine but PostgreSQL has all its types and triggers.
#[tokio::test]
async fn nothing_is_there_that_only_postgresql_has() {
    let (_database, connection) = migrated().await;
    let sequences = "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = 'public' AND c.relkind IN ('S', 'v', 'm', 'f', 'p')";
    assert_eq!(texts(&connection, sequences).await, Vec::<String>::new());
    let triggers = "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(texts(&connection, triggers).await, Vec::<String>::new());
    let types = format!("SELECT DISTINCT data_type::text FROM information_schema.columns WHERE {OURS} ORDER BY 1");
    let known = ["bigint", "boolean", "bytea", "character varying", "smallint", "text"];
    assert_eq!(texts(&connection, &types).await, known);
    let defaults =
        format!("SELECT column_name::text FROM information_schema.columns WHERE {OURS} AND column_default IS NOT NULL");
    assert_eq!(texts(&connection, &defaults).await, Vec::<String>::new(), "defaults are the service's");
}
