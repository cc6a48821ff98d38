//! All that knows which database it is: connections, result codes, and how a database is read from outside.

pub(super) mod sqlite;

use sea_orm::sqlx::error::DatabaseError;

/// Whether the same statement may succeed when it is run again later.
pub(super) fn is_transient(error: &dyn DatabaseError) -> bool {
    sqlite::codes::is_transient(error).unwrap_or(false)
}
