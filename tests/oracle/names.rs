//! Names of those whom random operations are about, as the fixture of the tests has them.

use super::facts::Key;

/// A token that no invitation has.
pub const UNKNOWN_TOKEN: &str = "no-such-token";

/// The user of a name.
pub fn user(name: &str) -> Key {
    ("user".to_owned(), name.to_owned())
}

/// The email of the user of a name.
pub fn email_of(name: &str) -> String {
    format!("{name}@acme.test")
}
