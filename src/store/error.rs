//! Maps the errors of the database driver to the store port's: whether a retry may help, a key is taken, or neither.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxSqliteError, sqlx};

use crate::service::ports::StoreError;

/// The cause of an error that the store itself finds, without the driver.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

/// A [`StoreError::Broken`] for what should never happen; `what` goes to the log only.
pub(super) fn defect(what: impl Into<String>) -> StoreError {
    StoreError::Broken(Box::new(Cause(what.into())))
}

/// A [`StoreError::Unavailable`] for what may succeed later; `what` goes to the log only.
pub(super) fn unavailable(what: impl Into<String>) -> StoreError {
    StoreError::Unavailable(Box::new(Cause(what.into())))
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict(Box::new(error));
        }
        if is_transient(&error) { Self::Unavailable(Box::new(error)) } else { Self::Broken(Box::new(error)) }
    }
}

/// Whether the same statement may succeed when it is run again later.
fn is_transient(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                if error.try_downcast_ref::<SqlxSqliteError>().is_some() {
                    is_transient_sqlite_code(&code)
                } else {
                    is_transient_sqlstate(&code)
                }
            }
            _ => false,
        },
        _ => false,
    }
}

/// BUSY, LOCKED, IOERR, FULL and CANTOPEN, by the low byte of SQLite's extended result codes
/// (<https://www.sqlite.org/rescode.html>).
fn is_transient_sqlite_code(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

/// Lost connections, lack of resources, operator intervention, and transactions that must be run again
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_transient_sqlstate(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "53" | "57")) || matches!(code, "40001" | "40P01" | "55P03" | "25006")
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn busy_and_full_pass_but_corruption_does_not() {
        for code in ["5", "6", "261", "517", "13", "14", "778"] {
            assert!(is_transient_sqlite_code(code), "{code}");
        }
        for code in ["1", "11", "26", "787", ""] {
            assert!(!is_transient_sqlite_code(code), "{code}");
        }
    }

    #[test]
    fn lost_connections_and_deadlocks_pass_but_bad_statements_do_not() {
        for code in ["08006", "53300", "57P01", "40001", "40P01", "55P03"] {
            assert!(is_transient_sqlstate(code), "{code}");
        }
        for code in ["42601", "23503", "22001", ""] {
            assert!(!is_transient_sqlstate(code), "{code}");
        }
    }

    #[test]
    fn waiting_in_vain_for_a_connection_is_unavailable() {
        let error = StoreError::from(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}
