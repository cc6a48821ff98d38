//! Opens the database that the url names, with the connection settings of its kind.

use std::{fs, path::Path, sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait as _, DbBackend, Statement,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{
    service::ports::{StoreError, StoreResult},
    store::{
        Options,
        connections::{Connections, Endings, Lease, Limit},
        dialect::sqlite::ownership::{Ownership, ROW},
        error::defect,
    },
};

/// Rows that a reading connection may run ahead of the task that takes them: the default of 50 makes loading a
/// big tenant a ping-pong between two threads.
const ROWS_AHEAD: usize = 1024;

/// How long a statement may take that only reads; a load of all facts may take longer. Whoever asks for something has gone
/// by then.
const LONGEST: Option<Duration> = Some(Duration::from_secs(30));

/// After how many of its instructions SQLite asks whether a statement has to end: some tenths of a millisecond.
const STEPS: i32 = 10_000;

/// What the writer's connection keeps of the file, in KiB with a minus before: with the default of 2 MiB it reads the same
/// pages again and again where many tenants are written to.
const CACHE: &str = "-32768";

/// How many pages of 4 KiB the write-ahead log grows to before it is folded into the file. Each page is then written there
/// once, however many commits changed it.
const LOG_PAGES: &str = "4000";

/// A connection waits at the beginning of a transaction, which holds nothing as long as nothing was read in it.
pub(super) const ENDINGS: Endings = Endings { commit: "COMMIT; BEGIN", rollback: "ROLLBACK; BEGIN", unlimited: None };

/// What the writer's transaction begins with: the write lock is waited for here, and nothing that was read before is stale.
const BEGIN: &str = "ROLLBACK; BEGIN IMMEDIATE";

/// The open database.
///
/// INVARIANT (no other file): before a connection is used, and may have to be opened by its path, the file is looked for.
/// SQLite takes a write-ahead log beside another file for that file's, and deletes it.
pub(in crate::store) struct Pools {
    writer: Connections,
    readers: Connections,
    /// For looks, many at a time.
    looker: Connections,
    /// For what must not wait for a reader: whether the database answers, and whose it is.
    prober: Connections,
    /// Never used, and so never closed because of an error: the write-ahead log stays the same file meanwhile.
    anchor: Connections,
    pub(in crate::store) ownership: Ownership,
}

impl Pools {
    /// Opens the database that `options.url` names.
    pub(in crate::store) async fn open(options: &Options) -> StoreResult<Self> {
        sqlite(options).await
    }

    /// A transaction that has taken the one write lock.
    pub(in crate::store) async fn writer(&self) -> StoreResult<Lease> {
        let writer = self.idle_writer().await?;
        writer.execute_unprepared(BEGIN).await?;
        Ok(writer)
    }

    /// A transaction that only reads, all as of one instant. It is never committed, for there is nothing to keep.
    pub(in crate::store) async fn reader(&self) -> StoreResult<Lease> {
        self.ownership.look()?;
        self.readers.lease().await
    }

    /// A transaction that only reads, for looks at tenants.
    pub(super) async fn looker(&self) -> StoreResult<Lease> {
        self.ownership.look()?;
        self.looker.lease().await
    }

    /// A transaction that only reads, for short looks at the database itself.
    pub(in crate::store) async fn prober(&self) -> StoreResult<Lease> {
        self.ownership.look()?;
        self.prober.lease().await
    }

    /// A transaction that has taken the one write lock, of a database that is this process's still.
    pub(in crate::store) async fn begin_write(&self) -> StoreResult<Lease> {
        let writer = self.idle_writer().await?;
        let begin = format!("{BEGIN}; {ROW}");
        let rows = writer.query_all_raw(Statement::from_string(DbBackend::Sqlite, begin)).await?;
        self.ownership.check_row(&rows)?;
        Ok(writer)
    }

    async fn idle_writer(&self) -> StoreResult<Lease> {
        self.ownership.look()?;
        self.writer.lease().await
    }

    /// Moves all that was recovered from the write-ahead log into the file, and syncs it. After a sync that failed, and a
    /// crash, the log may be whole in the system's cache and not on the disk, and no later sync of it would mend that.
    pub(in crate::store) async fn make_durable(&self) -> StoreResult<()> {
        let writer = self.idle_writer().await?;
        let checkpoint = "ROLLBACK; PRAGMA wal_checkpoint(TRUNCATE); BEGIN";
        let rows = writer.query_all_raw(Statement::from_string(DbBackend::Sqlite, checkpoint)).await;
        let rows = writer.finish_ended(rows.map_err(Into::into))?;
        let is_busy = rows.first().map(|row| row.try_get_by_index::<i64>(0));
        match is_busy {
            Some(Ok(0)) => Ok(()),
            // Another process reads what the file had before, for longer than the timeout.
            _ => Err(StoreError::Busy("another process reads the database; stop it, and start again".into())),
        }
    }

    /// Waits for what is under way and closes all connections, readers first: the last to close folds the log into
    /// the file.
    pub(in crate::store) async fn close(&self) -> StoreResult<()> {
        self.ownership.end();
        self.readers.close().await?;
        self.looker.close().await?;
        self.prober.close().await?;
        self.writer.close().await?;
        self.anchor.close().await?;
        self.ownership.release()
    }
}

/// Opens a SQLite file. One writer, for SQLite has one write lock, and queueing for a connection is fair where queueing
/// for the lock is not; the readers see the last commit, thanks to the write-ahead log.
async fn sqlite(options: &Options) -> StoreResult<Pools> {
    let file: SqliteConnectOptions = options.url.parse().map_err(|error| StoreError::Broken(Box::new(error)))?;
    if in_memory(&options.url) {
        return Err(defect("the store's url must name a file; each connection would have its own in-memory database"));
    }
    make_directory(file.get_filename())?;
    let ownership = Ownership::lock(file.get_filename())?;
    let timeout = options.timeout;
    let connections = |capacity: u32, longest: Option<Duration>, configure: Configure| {
        let url = options.url.clone();
        let open = move |limit: &Arc<Limit>| limited(connection(&url, timeout, configure), limit);
        Connections::open(open, ENDINGS, capacity, timeout, longest)
    };
    let writing = |file: SqliteConnectOptions| {
        // What a statement changed before it failed is kept in memory, and not in a file of its own.
        let file = file.pragma("temp_store", "MEMORY");
        file.pragma("cache_size", CACHE).pragma("wal_autocheckpoint", LOG_PAGES)
    };
    let writer = connections(1, None, writing).await?;
    let reading = |file: SqliteConnectOptions| file.pragma("query_only", "ON").row_buffer_size(ROWS_AHEAD);
    let readers = connections(options.read_connections.max(1), LONGEST, reading).await?;
    let looker = connections(1, LONGEST, reading).await?;
    let (prober, anchor) = (connections(1, LONGEST, reading).await?, connections(1, LONGEST, reading).await?);
    Ok(Pools { writer, readers, looker, prober, anchor, ownership })
}

/// What sets the connections of a kind apart.
type Configure = fn(SqliteConnectOptions) -> SqliteConnectOptions;

/// How a connection is opened.
fn connection(url: &str, timeout: Duration, configure: Configure) -> ConnectOptions {
    let mut connection = ConnectOptions::new(url);
    connection
        .acquire_timeout(timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |file| {
            configure(
                // It was made when it was locked: whoever finds none now must not go on with an empty one.
                file.create_if_missing(false)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    // What is erased is overwritten, and not only forgotten.
                    .pragma("secure_delete", "ON")
                    .busy_timeout(timeout),
            )
        });
    connection
}

/// The same, where what runs ends with the limit.
fn limited(mut connection: ConnectOptions, limit: &Arc<Limit>) -> ConnectOptions {
    let limit = Arc::clone(limit);
    connection.map_sqlx_sqlite_pool_opts(move |pool| {
        let limit = Arc::clone(&limit);
        pool.after_connect(move |connection, _| {
            let limit = Arc::clone(&limit);
            Box::pin(async move {
                connection.lock_handle().await?.set_progress_handler(STEPS, move || !limit.is_over());
                Ok(())
            })
        })
    });
    connection
}

fn in_memory(url: &str) -> bool {
    let (file, query) = url.split_once('?').unwrap_or((url, ""));
    let file = file.trim_start_matches("sqlite:").trim_start_matches("//");
    file.is_empty() || file == ":memory:" || query.split('&').any(|pair| pair == "mode=memory")
}

fn make_directory(file: &Path) -> StoreResult<()> {
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => {
            fs::create_dir_all(directory).map_err(|error| StoreError::Unavailable(Box::new(error)))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, DbBackend, Statement};

    use super::*;

    async fn pragma<T: sea_orm::TryGetable>(pool: &impl ConnectionTrait, name: &str) -> T {
        let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
        pool.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn every_connection_is_durable_and_checks_foreign_keys() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("made/on/demand.db");
        let pools = Pools::open(&Options::new(format!("sqlite:{}", file.display()))).await.unwrap();
        let (writer, reader) = (pools.writer().await.unwrap(), pools.reader().await.unwrap());
        for pool in [&*writer, &*reader] {
            assert_eq!(pragma::<String>(pool, "journal_mode").await, "wal");
            assert_eq!(pragma::<i32>(pool, "foreign_keys").await, 1);
            assert_eq!(pragma::<i32>(pool, "synchronous").await, 2);
            assert_eq!(pragma::<i32>(pool, "busy_timeout").await, 5000);
        }
        assert_eq!(pragma::<i32>(&*writer, "query_only").await, 0);
        assert_eq!(pragma::<i32>(&*writer, "temp_store").await, 2, "in memory");
        assert_eq!(pragma::<i32>(&*reader, "query_only").await, 1);
        drop((writer, reader));
        pools.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_database_that_connections_could_not_share_is_refused() {
        for url in ["sqlite::memory:", "sqlite://:memory:", "sqlite:", "sqlite:x.db?mode=memory"] {
            assert!(matches!(Pools::open(&Options::new(url)).await, Err(StoreError::Broken(_))), "{url}");
        }
    }
}
