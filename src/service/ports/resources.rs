//! Resources as the store port has them.

use rollcall_engine::{Head, Resource};

/// A resource as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRecord {
    /// The resource with its parent, owner and display name.
    pub resource: Resource,
    /// The commit that last changed it.
    pub changed_at: Head,
}
