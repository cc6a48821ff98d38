//! Resources as the store port has them.

use rollcall_engine::{Resource, Revision};

/// A resource as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRecord {
    /// The resource with its parent, owner and display name.
    pub resource: Resource,
    /// The revision that last changed it.
    pub changed_at: Revision,
}
