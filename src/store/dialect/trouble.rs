//! Kinds of errors of a database.

/// What an error of the database is to whoever ran a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Trouble {
    /// Another connection has a lock.
    Busy,
    /// The database may not be written.
    ReadOnly,
    /// The same statement may succeed when it is run again later.
    Passing,
    /// It will fail again.
    Lasting,
}
