//! Opens a file beside the process that serves it: nothing is written, created, migrated or locked.

use std::path::{Path, PathBuf};

use sea_orm::{ConnectOptions, Database, DatabaseConnection, sqlx::sqlite::SqliteConnectOptions};

use crate::store::read_error::ReadError;

/// Opens the file of a url, for reading only. With it, a file that a process using the database would create beside it; none
/// when the database was opened as one in use.
pub(in crate::store) async fn open(url: &str) -> Result<(DatabaseConnection, Option<PathBuf>), ReadError> {
    let options: SqliteConnectOptions = url.parse().map_err(|_| ReadError::Unsupported)?;
    let file = options.get_filename();
    if !file.is_file() {
        return Err(ReadError::Missing);
    }
    let (log, index) = (beside(file, "-wal"), beside(file, "-shm"));
    let has_writes = log.metadata().is_ok_and(|log| log.len() > 0);
    if has_writes && !index.exists() {
        return Err(ReadError::UncheckpointedLog(log.display().to_string()));
    }
    // Without a log and its index SQLite would make them, were it not told that nobody changes the file.
    let absent = [log, index].into_iter().find(|path| !path.exists());
    let unused = absent.is_some();
    let mut pool = ConnectOptions::new(url);
    pool.max_connections(1).sqlx_logging(false).record_stmt_in_spans(false).map_sqlx_sqlite_opts(move |file| {
        file.create_if_missing(false).read_only(true).immutable(unused).pragma("query_only", "ON")
    });
    Ok((Database::connect(pool).await?, absent))
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(ending);
    path.into()
}
