//! What a connection that failed may do to the next one who needs a connection: nothing.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement, sqlx::Connection as _};

use crate::{
    service::ports::StoreError,
    store::{Options, connections::Lease, dialect::sqlite::connect::Pools, error::defect},
};

async fn opened() -> (tempfile::TempDir, Pools) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rollcall.db");
    let pools = Pools::open(&Options::new(format!("sqlite:{}", file.display()))).await.unwrap();
    (directory, pools)
}

/// How many rows a table has; none if there is no such table.
async fn count(connection: &Lease, table: &str) -> Option<i64> {
    let sql = format!("SELECT count(*) FROM {table}");
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Sqlite, sql)).await;
    row.ok().map(|row| row.unwrap().try_get_by_index(0).unwrap())
}

#[tokio::test]
async fn a_connection_is_used_again_only_if_all_went_well() {
    let (_directory, pools) = opened().await;
    // Only the connection that made it sees a temporary table.
    let first = pools.writer().await.unwrap();
    first.execute_unprepared("CREATE TEMP TABLE mark (x)").await.unwrap();
    first.finish(Ok(())).unwrap();
    let again = pools.writer().await.unwrap();
    assert_eq!(count(&again, "mark").await, Some(0));
    assert!(again.finish::<()>(Err(defect("a statement failed"))).is_err());
    let fresh = pools.writer().await.unwrap();
    assert_eq!(count(&fresh, "mark").await, None);

    fresh.execute_unprepared("CREATE TEMP TABLE mark (x)").await.unwrap();
    drop(fresh);
    let fresh = pools.writer().await.unwrap();
    assert_eq!(count(&fresh, "mark").await, None, "nobody said that all went well");
    fresh.execute_unprepared("CREATE TEMP TABLE mark (x)").await.unwrap();
    fresh.finish(Ok(())).unwrap();
    drop(pools.begin_write().await.unwrap());
    let fresh = pools.writer().await.unwrap();
    assert_eq!(count(&fresh, "mark").await, None, "a transaction that was dropped ended somehow");
    fresh.finish(Ok(())).unwrap();
    pools.close().await.unwrap();
}

#[tokio::test]
async fn what_is_in_a_transaction_begins_no_savepoint() {
    let (_directory, pools) = opened().await;
    let writer = pools.writer().await.unwrap();
    writer.execute_unprepared("CREATE TABLE mark (x)").await.unwrap();
    // As a COMMIT or a ROLLBACK that failed leaves it.
    let mut left = writer.get_sqlite_connection_pool().acquire().await.unwrap();
    std::mem::forget(left.begin().await.unwrap());
    drop(left);
    writer.finish(Ok(())).unwrap();

    let tx = pools.begin_write().await.unwrap();
    tx.execute_unprepared("INSERT INTO mark VALUES (1)").await.unwrap();
    tx.commit().await.unwrap();
    let reader = pools.reader().await.unwrap();
    assert_eq!(count(&reader, "mark").await, Some(1), "the commit keeps it");
    reader.finish(Ok(())).unwrap();
    pools.close().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_nobody_gives_back_is_waited_for_no_longer_than_told() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("rollcall.db").display());
    let options = Options { timeout: Duration::from_millis(50), ..Options::new(url) };
    let pools = Pools::open(&options).await.unwrap();
    let kept = pools.writer().await.unwrap();
    assert!(matches!(pools.writer().await, Err(StoreError::Unavailable(_))));
    kept.finish(Ok(())).unwrap();
    pools.writer().await.unwrap().finish(Ok(())).unwrap();
    pools.close().await.unwrap();
    assert!(matches!(pools.writer().await, Err(StoreError::Unavailable(_))));
}
