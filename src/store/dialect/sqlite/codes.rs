//! What SQLite's result codes say of a second try.

use sea_orm::{SqlxSqliteError, sqlx::error::DatabaseError};

use crate::store::dialect::trouble::Trouble;

/// What an error is; none for an error of another database.
pub(in crate::store) fn trouble(error: &dyn DatabaseError) -> Option<Trouble> {
    error.try_downcast_ref::<SqlxSqliteError>()?;
    Some(of_code(&error.code().unwrap_or_default()))
}

/// By the low byte of SQLite's extended result codes (<https://www.sqlite.org/rescode.html>): BUSY and LOCKED; READONLY;
/// PERM, INTERRUPT, IOERR, FULL and CANTOPEN.
fn of_code(code: &str) -> Trouble {
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Trouble::Busy,
        Ok(8) => Trouble::ReadOnly,
        Ok(3 | 9 | 10 | 13 | 14) => Trouble::Passing,
        _ => Trouble::Lasting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_and_full_pass_but_corruption_does_not() {
        for (codes, trouble) in [
            (&["5", "6", "261", "517"][..], Trouble::Busy),
            (&["8", "264", "776", "1032"], Trouble::ReadOnly),
            (&["3", "9", "13", "14", "778", "1034"], Trouble::Passing),
            (&["1", "11", "26", "787", ""], Trouble::Lasting),
        ] {
            for code in codes {
                assert_eq!(of_code(code), trouble, "{code}");
            }
        }
    }
}
