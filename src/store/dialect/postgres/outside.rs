//! Opens a database beside the process that serves it, for reading only.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, sqlx::postgres::PgConnectOptions};

use crate::store::read_error::ReadError;

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Connects to the database of a url. Whatever it is told to write there it refuses.
pub(in crate::store) async fn open(url: &str) -> Result<DatabaseConnection, ReadError> {
    // What it says of a url that it can't read has the password in it.
    url.parse::<PgConnectOptions>().map_err(|_| ReadError::Unsupported)?;
    let mut pool = ConnectOptions::new(url);
    pool.max_connections(1).acquire_timeout(TIMEOUT).sqlx_logging(false).record_stmt_in_spans(false);
    Ok(Database::connect(pool).await?)
}
