use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// One customer organisation or workspace: the unit of isolation, revision and loading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// Its id, which is also the id of its root resource.
    pub id: String,
    /// What people call it.
    pub display_name: String,
    /// The policy that it runs.
    pub policy: String,
    /// That policy's version.
    pub policy_version: u32,
    /// When it was created.
    pub created_at: Timestamp,
}
