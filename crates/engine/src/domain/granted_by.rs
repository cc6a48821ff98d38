//! Where a role comes from.

use crate::domain::{Subject, Timestamp};

/// Who gave a role, by which right, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedBy {
    /// On whose behalf it was given.
    pub subject: Subject,
    /// The line of the policy that allowed it, or what did in place of one, as
    /// [`LoggedChange::rule`](crate::LoggedChange::rule) has it.
    pub rule: String,
    /// When it was given: one that was pending, when it was offered.
    pub at: Timestamp,
}
