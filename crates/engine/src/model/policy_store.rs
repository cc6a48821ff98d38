//! The place from which a process takes its policies, and where they are replaced while it runs.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::model::policy_set::PolicySet;

/// The loaded policies, shared by the whole process. They are replaced as a whole, so nobody sees half of a change.
#[derive(Debug, Default)]
pub struct PolicyStore {
    policies: RwLock<Arc<PolicySet>>,
}

impl PolicyStore {
    /// A store that has these policies.
    pub fn new(policies: PolicySet) -> Self {
        Self { policies: RwLock::new(Arc::new(policies)) }
    }

    /// The policies as they are now. Whoever needs the same ones throughout keeps what this returns.
    pub fn current(&self) -> Arc<PolicySet> {
        Arc::clone(&self.policies.read())
    }

    /// Replaces all policies by these.
    pub fn replace(&self, policies: PolicySet) {
        *self.policies.write() = Arc::new(policies);
    }
}
