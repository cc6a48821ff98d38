//! Ends of roles, where none is never.

use rollcall_engine::Timestamp;

/// The earlier of two ends.
pub(crate) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

/// Whether an end is later than another.
pub(crate) fn is_later(end: Option<Timestamp>, than: Option<Timestamp>) -> bool {
    than.is_some_and(|than| end.is_none_or(|end| end > than))
}
