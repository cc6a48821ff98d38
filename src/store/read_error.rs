//! Why a database can't be read from outside, and how it is called.

use crate::service::ports::StoreError;

/// Why a database can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The url names a database of a kind that is not supported.
    #[error("expected a file, or an url that begins with `sqlite:` or `postgres:`")]
    Unsupported,
    /// The path names no file.
    #[error("there is no such file")]
    Missing,
    /// Its tables are not those of this version of the service.
    #[error("its tables are of another version of rollcall; let its server migrate it, or use that version")]
    SchemaMismatch,
    /// The newest writes are only in the write-ahead log of this path, which no process has open.
    #[error("its newest writes are in `{0}` only; start its server once, which puts them into the file")]
    UncheckpointedLog(String),
    /// Another process began to use the file while it was read as one that nobody uses.
    #[error("another process opened it meanwhile; ask again")]
    OpenedMeanwhile,
    /// The store failed while it was read.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        match error {
            // A statement does not fit the tables, or there are none.
            StoreError::Broken(_) => Self::SchemaMismatch,
            other => Self::Store(other),
        }
    }
}

impl From<sea_orm::DbErr> for ReadError {
    fn from(error: sea_orm::DbErr) -> Self {
        StoreError::from(error).into()
    }
}

/// A database as it may be shown: a url without the password in it.
pub fn shown(database: &str) -> String {
    let hidden = || {
        let (scheme, rest) = database.split_once("://")?;
        let (user, host) = rest.split_once('?').map_or(rest, |(rest, _)| rest).rsplit_once('@')?;
        Some(format!("{scheme}://{}@{host}", user.split(':').next()?))
    };
    let question = database.find('?').unwrap_or(database.len());
    hidden().unwrap_or_else(|| database.get(..question).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        for (database, expected) in [
            ("postgres://ada:secret@host/db", "postgres://ada@host/db"),
            ("postgres://ada:sec@ret@host/db?sslmode=require", "postgres://ada@host/db"),
            ("postgres://host/db?user=ada&password=secret", "postgres://host/db"),
            ("postgres://ada@host:5432/db?password=a@b", "postgres://ada@host:5432/db"),
            ("postgres://ada@host/db", "postgres://ada@host/db"),
            ("data/rollcall.db", "data/rollcall.db"),
        ] {
            assert_eq!(shown(database), expected);
        }
    }
}
