//! Tables are made by one at a time, never by an older version, and only where that is configured.

use std::process::{Command, Output};

use rollcall::{
    service::ports::Store as _,
    store::{Options, SqlStore},
};
use sea_orm::{ConnectionTrait as _, Database};
use tokio::task::JoinSet;

use crate::support::postgres::PostgresDatabase;

async fn open(database: &PostgresDatabase) -> SqlStore {
    SqlStore::open(&Options::new(database.url())).await.unwrap()
}

async fn execute(database: &PostgresDatabase, sql: &str) {
    let connection = Database::connect(database.url()).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// What an error says with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_makes_the_tables() {
    for _ in 0..3 {
        let database = PostgresDatabase::create().await;
        let mut migrating = JoinSet::new();
        for _ in 0..6 {
            let store = open(&database).await;
            migrating.spawn(async move {
                store.migrate().await.unwrap();
                let identity = store.identity().await.unwrap();
                store.close().await.unwrap();
                identity
            });
        }
        let identities = migrating.join_all().await;
        assert!(identities.iter().all(|identity| *identity == identities[0]), "it is one store");
    }
}

#[tokio::test]
async fn what_a_newer_version_has_changed_is_left_alone() {
    let database = PostgresDatabase::create().await;
    open(&database).await.migrate().await.unwrap();
    execute(&database, "INSERT INTO seaql_migrations VALUES ('m9999_later', 0)").await;
    let refused = chain(&open(&database).await.migrate().await.unwrap_err());
    assert!(refused.contains("a newer version of rollcall has changed its tables (m9999_later)"), "{refused}");
    // Where it need not change the tables, the row of `owner` says whether it may use them.
    open(&database).await.check_tables().await.unwrap();
    execute(&database, "DELETE FROM seaql_migrations WHERE version = 'm9999_later'").await;
    for column in ["min_reader", "min_writer"] {
        execute(&database, &format!("UPDATE owner SET {column} = 2")).await;
        let refused = chain(&open(&database).await.check_tables().await.unwrap_err());
        assert!(refused.contains("use a newer one"), "{column}: {refused}");
        execute(&database, &format!("UPDATE owner SET {column} = 1")).await;
    }
    open(&database).await.migrate().await.unwrap();
}

#[tokio::test]
async fn a_copy_that_is_adopted_is_another_store() {
    let database = PostgresDatabase::create().await;
    let store = open(&database).await;
    store.migrate().await.unwrap();
    let before = store.identity().await.unwrap();
    let adopting = SqlStore::open(&Options { adopt: true, ..Options::new(database.url()) }).await.unwrap();
    adopting.migrate().await.unwrap();
    let after = adopting.identity().await.unwrap();
    assert!(after.id != before.id && after.page_key != before.page_key);
    // Whoever served the first notices.
    assert!(store.ping().await.is_err());
    assert!(store.check_owned().is_err());
}

fn rollcall(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().expect("the binary runs")
}

#[tokio::test]
async fn a_server_that_may_not_migrate_names_the_command_that_does() {
    let database = PostgresDatabase::create().await;
    let url = format!("store.url={}", database.url());
    let serve = ["serve", "--set", &url, "--set", "store.migrate=false", "--set", "auth.allow_anonymous=true"];
    let refused = rollcall(&serve);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("run `rollcall migrate`"), "{said}");
    for _ in 0..2 {
        let migrated = rollcall(&["migrate", "--set", &url]);
        assert_eq!(String::from_utf8_lossy(&migrated.stdout), "the tables are those of this version\n", "{migrated:?}");
        assert!(migrated.status.success());
    }
    let store = open(&database).await;
    store.check_tables().await.unwrap();
    let nowhere = rollcall(&["migrate", "--set", "store.url=postgres://rollcall@127.0.0.1:1/none"]);
    assert!(!nowhere.status.success() && String::from_utf8_lossy(&nowhere.stderr).contains("store.url"), "{nowhere:?}");
}
