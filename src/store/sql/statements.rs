//! How much one statement may name or insert, on every database.

/// The most ids that one statement names, well below the limit of parameters.
pub(super) const IDS_PER_STATEMENT: usize = 1000;

/// The most rows that one statement inserts: with fifteen columns they stay well below the 32,766 parameters that
/// SQLite takes and the 65,535 of PostgreSQL.
pub(super) const ROWS_PER_STATEMENT: usize = 1000;
