//! Opens a database beside the process that serves it, for reading only.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::store::read_error::ReadError;

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the database of a url. Whatever it is told to write there it refuses.
pub(in crate::store) async fn open(url: &str) -> Result<DatabaseConnection, ReadError> {
    let mut pool = ConnectOptions::new(url);
    pool.max_connections(1).acquire_timeout(TIMEOUT).sqlx_logging(false).record_stmt_in_spans(false);
    Ok(Database::connect(pool).await?)
}
