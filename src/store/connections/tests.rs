//! What a connection that failed may do to the next one who needs a connection: nothing.

use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use tokio::time;

use crate::{
    service::ports::StoreError,
    store::{Options, connections::Lease, dialect::sqlite::connect::Pools, error::defect},
};

/// Counts for ever.
const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

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
    first.commit().await.unwrap();
    let again = pools.writer().await.unwrap();
    assert_eq!(count(&again, "mark").await, Some(0));
    assert!(again.finish::<()>(Err(defect("a statement failed"))).await.is_err());
    let fresh = pools.writer().await.unwrap();
    assert_eq!(count(&fresh, "mark").await, None);

    fresh.execute_unprepared("CREATE TEMP TABLE mark (x)").await.unwrap();
    drop(fresh);
    let fresh = pools.writer().await.unwrap();
    assert_eq!(count(&fresh, "mark").await, None, "nobody said that all went well");
    fresh.finish(Ok(())).await.unwrap();
    pools.close().await.unwrap();
}

#[tokio::test]
async fn a_commit_keeps_what_was_written_and_no_more() {
    let (_directory, pools) = opened().await;
    let writer = pools.writer().await.unwrap();
    writer.execute_unprepared("CREATE TABLE mark (x)").await.unwrap();
    writer.commit().await.unwrap();
    for (number, is_kept) in [(1, true), (2, false), (3, true)] {
        let writer = pools.writer().await.unwrap();
        writer.execute_unprepared(&format!("INSERT INTO mark VALUES ({number})")).await.unwrap();
        if is_kept { writer.commit().await } else { writer.rollback().await }.unwrap();
    }
    let reader = pools.reader().await.unwrap();
    assert_eq!(count(&reader, "mark").await, Some(2));
    reader.finish(Ok(())).await.unwrap();
    pools.close().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_waits_reads_what_was_committed_meanwhile() {
    let (_directory, pools) = opened().await;
    for number in 0..3 {
        let reader = pools.reader().await.unwrap();
        assert_eq!(count(&reader, "mark").await, (number > 0).then_some(number));
        reader.finish(Ok(())).await.unwrap();
        let writer = pools.writer().await.unwrap();
        writer.execute_unprepared("CREATE TABLE IF NOT EXISTS mark (x)").await.unwrap();
        writer.execute_unprepared("INSERT INTO mark VALUES (1)").await.unwrap();
        writer.commit().await.unwrap();
    }
    pools.close().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_nobody_gives_back_is_waited_for_no_longer_than_told() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("rollcall.db").display());
    let options = Options { timeout: Duration::from_secs(1), ..Options::new(url) };
    let pools = Pools::open(&options).await.unwrap();
    let kept = pools.writer().await.unwrap();
    assert!(matches!(pools.writer().await, Err(StoreError::Unavailable(_))));
    kept.finish(Ok(())).await.unwrap();
    pools.writer().await.unwrap().finish(Ok(())).await.unwrap();
    pools.close().await.unwrap();
    assert!(matches!(pools.writer().await, Err(StoreError::Unavailable(_))));
}

async fn endless(connection: &Lease) -> Result<(), StoreError> {
    let endless = Statement::from_string(DbBackend::Sqlite, ENDLESS);
    Ok(connection.query_one_raw(endless).await.map(drop)?)
}

#[tokio::test]
async fn a_statement_ends_when_it_has_taken_as_long_as_it_may() {
    let (_directory, pools) = opened().await;
    let reader = pools.reader().await.unwrap();
    reader.connection.as_ref().unwrap().limit.set(Some(Duration::ZERO));
    let ended = endless(&reader).await;
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    assert!(reader.finish(ended).await.is_err());
    // The next connection may take as long as any.
    let reader = pools.reader().await.unwrap();
    assert!(!reader.connection.as_ref().unwrap().limit.is_over());
    reader.finish(Ok(())).await.unwrap();
    pools.close().await.unwrap();
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_ends() {
    let (_directory, pools) = opened().await;
    for _ in 0..3 {
        for connection in [pools.reader().await.unwrap(), pools.writer().await.unwrap()] {
            let endless = async move { endless(&connection).await };
            time::timeout(Duration::from_millis(20), endless).await.unwrap_err();
        }
    }
    // Which waits for all that runs.
    pools.close().await.unwrap();
}
