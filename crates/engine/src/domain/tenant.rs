//! A tenant, and the policy that it runs.

use crate::domain::Timestamp;

/// One customer organisation or workspace: the unit of isolation, of revisions and of loading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's id, which is also the id of its root resource: 1 to 64 lower-case letters, digits, `-` and `_`, of
    /// which the first is a letter or digit.
    pub id: String,
    /// The name that people read, at most 200 bytes without control characters; may be empty.
    pub display_name: String,
    /// The name of the policy that the tenant runs.
    pub policy: String,
    /// The version of that policy, from 1 to 1,000,000.
    pub policy_version: u32,
    /// The name of the root type of that policy: the type of the tenant's root resource.
    pub root_type: String,
    /// When the tenant was created.
    pub created_at: Timestamp,
}
