//! A role that was offered, and that nobody can give any more who offered it.

use crate::domain::ResourceKey;

/// A role of an invitation that its acceptance did not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedGrant {
    /// The resource at which it was offered.
    pub resource: ResourceKey,
    /// The role's short name.
    pub role: String,
    /// Why whoever offered it may not give it now: the code of a [`Refusal`](crate::Refusal).
    pub reason: String,
}
