//! `deploy/citus.sql` distributes every table as Citus wants it. No Citus runs here: functions of its names stand in
//! for it, which refuse what it would.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::{schema::migrated, support::postgres::PostgresDatabase};

/// What operators run.
const DISTRIBUTE: &str = include_str!("../../deploy/citus.sql");
/// What stands in for Citus, and notes which tables it was asked to distribute.
const STUB: &str = include_str!("citus.sql");
/// What needs to be on the coordinator only.
const LOCAL: [&str; 2] = ["lease", "seaql_migrations"];

/// A database with the tables and the functions that stand in for Citus.
async fn coordinator() -> (PostgresDatabase, DatabaseConnection) {
    let (database, connection) = migrated().await;
    connection.execute_unprepared(STUB).await.unwrap();
    (database, connection)
}

/// Runs the file on a connection of its own, for one on which it failed is in a transaction still.
async fn distribute(database: &PostgresDatabase) -> Result<(), DbErr> {
    let connection = Database::connect(database.url()).await?;
    let done = connection.execute_unprepared(DISTRIBUTE).await.map(drop);
    connection.close().await?;
    done
}

/// The texts that a query finds, each once.
async fn texts(connection: &DatabaseConnection, sql: &str) -> BTreeSet<String> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    let texts: BTreeSet<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(texts.len(), rows.len(), "no text is found twice");
    texts
}

/// The tables with the tenant's column, or without.
async fn tables(connection: &DatabaseConnection, of_tenants: bool) -> BTreeSet<String> {
    let is_of_tenants = "EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')";
    let sql = format!(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND {is_of_tenants} = {of_tenants}"
    );
    texts(connection, &sql).await
}

/// The tables that were noted and are like this.
async fn noted(connection: &DatabaseConnection, like: &str) -> BTreeSet<String> {
    texts(connection, &format!("SELECT relation::text FROM citus_stub.noted WHERE {like}")).await
}

#[tokio::test]
async fn every_table_is_distributed_by_the_tenant_on_every_node_or_the_coordinators() {
    let (database, connection) = coordinator().await;
    distribute(&database).await.unwrap();
    let of_tenants = tables(&connection, true).await;
    assert!(of_tenants.len() > 10, "{of_tenants:?}");
    let together = "distributed_by = 'tenant_id' AND colocated_with = 'tenant'::regclass";
    assert_eq!(noted(&connection, together).await, of_tenants, "they are distributed, and together");
    // A table that is asked for twice is refused, so these are all.
    let on_every_node = noted(&connection, "distributed_by IS NULL").await;
    let known: BTreeSet<String> = on_every_node.into_iter().chain(LOCAL.map(str::to_owned)).collect();
    assert_eq!(known, tables(&connection, false).await, "whatever is of no tenant has a place");
    assert_eq!(noted(&connection, "TRUE").await.len(), of_tenants.len() + known.len() - LOCAL.len());
}

#[tokio::test]
async fn what_citus_would_refuse_is_seen() {
    for (mistake, refusal) in [
        ("CREATE UNIQUE INDEX planted ON profile (phone)", "unique index \"planted\" of \"profile\""),
        ("CREATE UNIQUE INDEX planted ON profile (phone) INCLUDE (tenant_id)", "unique index \"planted\""),
        (
            "CREATE TABLE later (tenant_id varchar COLLATE \"C\" PRIMARY KEY); \
             ALTER TABLE request ADD CONSTRAINT planted FOREIGN KEY (tenant_id) REFERENCES later",
            "foreign key \"planted\" of \"request\" refers to a local table",
        ),
        (
            "CREATE UNIQUE INDEX ON member (tenant_id, revision); \
             ALTER TABLE checkpoint ADD other varchar COLLATE \"C\", \
             ADD CONSTRAINT planted FOREIGN KEY (other, revision) REFERENCES member (tenant_id, revision)",
            "foreign key \"planted\" of \"checkpoint\" does not include the distribution column",
        ),
        ("ALTER TABLE address ALTER tenant_id TYPE varchar COLLATE \"default\"", "cannot colocate \"address\""),
    ] {
        let (database, connection) = coordinator().await;
        connection.execute_unprepared(mistake).await.unwrap();
        let refused = distribute(&database).await.unwrap_err().to_string();
        assert!(refused.contains(refusal), "{mistake}: {refused}");
        assert_eq!(noted(&connection, "TRUE").await, BTreeSet::new(), "nothing is done by halves");
    }
}

#[tokio::test]
async fn a_table_is_distributed_once() {
    let (database, _connection) = coordinator().await;
    distribute(&database).await.unwrap();
    let refused = distribute(&database).await.unwrap_err().to_string();
    assert!(refused.contains("table \"tenant\" is already distributed"), "{refused}");
}
