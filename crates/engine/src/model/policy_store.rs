use std::sync::Arc;

use parking_lot::RwLock;

use crate::model::policy_set::Library;

/// Where everybody takes the loaded policies from. They are replaced as a whole, so nobody sees half of a change.
#[derive(Debug, Default)]
pub struct Shelf {
    library: RwLock<Arc<Library>>,
}

impl Shelf {
    /// A shelf with these policies.
    pub fn new(library: Library) -> Self {
        Self { library: RwLock::new(Arc::new(library)) }
    }

    /// The policies as they are now. Whoever needs the same ones throughout keeps what this returns.
    pub fn current(&self) -> Arc<Library> {
        Arc::clone(&self.library.read())
    }

    /// Puts other policies in their place.
    pub fn replace(&self, library: Library) {
        *self.library.write() = Arc::new(library);
    }
}
