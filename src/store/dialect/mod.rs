//! All that knows which database it is: connections, result codes, and how a database is read from outside.

pub(super) mod sqlite;
mod trouble;

use sea_orm::sqlx::error::DatabaseError;

pub(super) use trouble::Trouble;

/// What an error is.
pub(super) fn trouble(error: &dyn DatabaseError) -> Trouble {
    sqlite::codes::trouble(error).unwrap_or(Trouble::Lasting)
}
