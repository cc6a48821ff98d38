//! What is stored, as types of their own: whatever is serialised for keeps is serialised here, so that the domain may change
//! and records stay readable.

pub(super) mod change;
pub(super) mod digest;
#[cfg(test)]
mod golden;
pub(super) mod people;
pub(super) mod values;

/// The format of the commits that this version writes, and the newest that it reads.
pub(super) const FORMAT: i16 = 1;
