//! What the driver's errors mean to the service, in one place.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxSqliteError, sqlx};

use crate::service::ports::StoreError;

/// What this module itself finds wrong, without the driver.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

/// The error for what should never happen; `what` goes to the log only.
pub(super) fn defect(what: impl Into<String>) -> StoreError {
    StoreError::Broken(Box::new(Cause(what.into())))
}

/// The error for what may go well later; `what` goes to the log only.
pub(super) fn unavailable(what: impl Into<String>) -> StoreError {
    StoreError::Unavailable(Box::new(Cause(what.into())))
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict(Box::new(error));
        }
        if passes(&error) { Self::Unavailable(Box::new(error)) } else { Self::Broken(Box::new(error)) }
    }
}

/// Whether the same statement may succeed when it is tried again later.
fn passes(error: &DbErr) -> bool {
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
                    sqlite_passes(&code)
                } else {
                    sqlstate_passes(&code)
                }
            }
            _ => false,
        },
        _ => false,
    }
}

/// BUSY, LOCKED, IOERR, FULL and CANTOPEN, which the low byte of SQLite's extended result codes tells
/// (<https://www.sqlite.org/rescode.html>).
fn sqlite_passes(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

/// Lost connections, lack of resources, operator intervention, and transactions that must be run again
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn sqlstate_passes(code: &str) -> bool {
    matches!(code.get(..2), Some("08" | "53" | "57")) || matches!(code, "40001" | "40P01" | "55P03" | "25006")
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn busy_and_full_pass_but_corruption_does_not() {
        for code in ["5", "6", "261", "517", "13", "14", "778"] {
            assert!(sqlite_passes(code), "{code}");
        }
        for code in ["1", "11", "26", "787", ""] {
            assert!(!sqlite_passes(code), "{code}");
        }
    }

    #[test]
    fn lost_connections_and_deadlocks_pass_but_bad_statements_do_not() {
        for code in ["08006", "53300", "57P01", "40001", "40P01", "55P03"] {
            assert!(sqlstate_passes(code), "{code}");
        }
        for code in ["42601", "23503", "22001", ""] {
            assert!(!sqlstate_passes(code), "{code}");
        }
    }

    #[test]
    fn waiting_in_vain_for_a_connection_is_unavailable() {
        let error = StoreError::from(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}
