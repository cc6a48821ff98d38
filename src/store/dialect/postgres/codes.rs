//! What PostgreSQL's error codes say of a second try.

use sea_orm::{SqlxPostgresError, sqlx::error::DatabaseError};

use crate::store::dialect::trouble::Trouble;

/// What an error is; none for an error of another database.
pub(in crate::store) fn trouble(error: &dyn DatabaseError) -> Option<Trouble> {
    error.try_downcast_ref::<SqlxPostgresError>()?;
    Some(of_code(&error.code().unwrap_or_default()))
}

/// By SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>), of which the first two characters are a
/// class.
fn of_code(code: &str) -> Trouble {
    match code {
        // A lock that somebody has for longer than the timeout.
        "55P03" => Trouble::Busy,
        // A standby, or one that was told to take no writes.
        "25006" => Trouble::ReadOnly,
        // An answer of other columns than were prepared, as after a migration; a transaction that was idle or went on for
        // too long; a prepared statement that the server behind a pooler does not know, or has of another; a statement that
        // took too long.
        "0A000" | "25P03" | "25P04" | "26000" | "42P05" | "57014" => Trouble::Passing,
        // Connections, rights to connect, rollbacks because of others (serialization, deadlock), resources, the operator,
        // the system.
        _ if ["08", "28", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => Trouble::Passing,
        _ => Trouble::Lasting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_or_the_machine_cause_passes() {
        for (codes, trouble) in [
            (&["55P03"][..], Trouble::Busy),
            (&["25006"], Trouble::ReadOnly),
            (&["08006", "28P01", "40001", "40P01", "53100", "53300", "57014", "57P01", "58030"], Trouble::Passing),
            (&["23503", "22021", "42P01", "XX001", ""], Trouble::Lasting),
        ] {
            for code in codes {
                assert_eq!(of_code(code), trouble, "{code}");
            }
        }
    }
}
