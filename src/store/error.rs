//! Maps the errors of the database driver to the store port's: whether a retry may help, a key is taken, or neither.

use std::iter;

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

use crate::{
    service::ports::StoreError,
    store::dialect::{self, Trouble},
};

/// The cause of an error that the store itself finds, without the driver.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Cause(String);

impl Cause {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// A [`StoreError::Broken`] for what should never happen; `what` goes to the log only.
pub(super) fn defect(what: impl Into<String>) -> StoreError {
    StoreError::Broken(Box::new(Cause(what.into())))
}

/// A [`StoreError::Unavailable`] for what may succeed later; `what` goes to the log only.
pub(super) fn unavailable(what: impl Into<String>) -> StoreError {
    StoreError::Unavailable(Box::new(Cause(what.into())))
}

/// A [`StoreError::Conflict`] that a condition found, rather than an index; `what` goes to the log only.
pub(super) fn conflict(what: impl Into<String>) -> StoreError {
    StoreError::Conflict(Box::new(Cause(what.into())))
}

/// What an error says with all that caused it, for the log.
pub(super) fn cause(error: &StoreError) -> String {
    let causes = iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict(Box::new(error));
        }
        match trouble(&error) {
            Trouble::Busy => Self::Busy(Box::new(error)),
            Trouble::ReadOnly => Self::ReadOnly(error.to_string()),
            Trouble::Passing => Self::Unavailable(Box::new(error)),
            Trouble::Lasting => Self::Broken(Box::new(error)),
        }
    }
}

fn trouble(error: &DbErr) -> Trouble {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Trouble::Passing,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Trouble::Passing,
            sqlx::Error::Database(error) => dialect::trouble(&**error),
            _ => Trouble::Lasting,
        },
        _ => Trouble::Lasting,
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnAcquireErr;

    use super::*;

    #[test]
    fn waiting_in_vain_for_a_connection_is_unavailable() {
        let error = StoreError::from(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout));
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    }
}
