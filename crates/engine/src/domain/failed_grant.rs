//! A role that was offered, and is not given.

use crate::domain::{Grant, ResourceKey};

/// A role of an invitation that its acceptance did not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedGrant {
    /// The resource at which it was offered.
    pub resource: ResourceKey,
    /// The role's short name.
    pub role: String,
    /// Why: the code of the [`Refusal`](crate::Refusal) of giving it, by whoever offered it, to whoever accepts.
    pub reason: String,
}

impl FailedGrant {
    /// Whether this is the role of a grant, whenever that ends.
    pub fn is_of(&self, grant: &Grant) -> bool {
        self.resource == grant.resource && self.role == grant.role
    }
}
