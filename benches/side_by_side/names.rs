//! How members are called.

/// The id of a member.
pub fn member(number: usize) -> String {
    format!("user-{number}")
}
