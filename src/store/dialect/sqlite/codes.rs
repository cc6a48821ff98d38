//! What SQLite's result codes say of a second try.

use sea_orm::{SqlxSqliteError, sqlx::error::DatabaseError};

/// Whether the same statement may succeed when it is run again later; none for an error of another database.
pub(in crate::store) fn is_transient(error: &dyn DatabaseError) -> Option<bool> {
    error.try_downcast_ref::<SqlxSqliteError>()?;
    Some(is_transient_code(&error.code().unwrap_or_default()))
}

/// BUSY, LOCKED, IOERR, FULL and CANTOPEN, by the low byte of SQLite's extended result codes
/// (<https://www.sqlite.org/rescode.html>).
fn is_transient_code(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_and_full_pass_but_corruption_does_not() {
        for code in ["5", "6", "261", "517", "13", "14", "778"] {
            assert!(is_transient_code(code), "{code}");
        }
        for code in ["1", "11", "26", "787", ""] {
            assert!(!is_transient_code(code), "{code}");
        }
    }
}
