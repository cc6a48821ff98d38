//! All that knows which database it is: connections, transactions, error codes, how several statements become one text, and
//! how a database is read from outside.

pub(super) mod database;
mod job;
pub(super) mod postgres;
pub(super) mod sqlite;
mod trouble;

use sea_orm::{DbBackend, sqlx::error::DatabaseError};

pub(super) use trouble::Trouble;

/// What an error is.
pub(super) fn trouble(error: &dyn DatabaseError) -> Trouble {
    sqlite::codes::trouble(error).or_else(|| postgres::codes::trouble(error)).unwrap_or(Trouble::Lasting)
}

/// Whether the rows that one text finds may have different columns.
pub(super) fn finds_several(backend: DbBackend) -> bool {
    backend == DbBackend::Sqlite
}

/// Whether a statement may become one text with others that come before it.
pub(super) fn goes_with(backend: DbBackend, others: &[String], statement: &str) -> bool {
    backend == DbBackend::Sqlite || postgres::text::goes_with(others, statement)
}

/// The text that does what these statements do, one after another.
pub(super) fn one_text(backend: DbBackend, statements: Vec<String>) -> String {
    if backend == DbBackend::Sqlite { statements.join("; ") } else { postgres::text::one_text(statements) }
}

/// What a column of strings says so that they are compared bytewise; none where they always are.
pub(super) fn bytewise(backend: DbBackend) -> Option<&'static str> {
    (backend == DbBackend::Postgres).then_some(r#"COLLATE "C""#)
}
