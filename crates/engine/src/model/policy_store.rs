use std::sync::Arc;

use parking_lot::RwLock;

use crate::model::policy_set::PolicySet;

/// Where everybody takes the loaded policies from. They are replaced as a whole, so nobody sees half of a change.
#[derive(Debug, Default)]
pub struct PolicyStore {
    library: RwLock<Arc<PolicySet>>,
}

impl PolicyStore {
    /// A shelf with these policies.
    pub fn new(library: PolicySet) -> Self {
        Self { library: RwLock::new(Arc::new(library)) }
    }

    /// The policies as they are now. Whoever needs the same ones throughout keeps what this returns.
    pub fn current(&self) -> Arc<PolicySet> {
        Arc::clone(&self.library.read())
    }

    /// Puts other policies in their place.
    pub fn replace(&self, library: PolicySet) {
        *self.library.write() = Arc::new(library);
    }
}
