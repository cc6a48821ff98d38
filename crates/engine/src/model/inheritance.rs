//! Which of the roles that are bound at a resource count at one below it.
//!
//! Whoever holds a role at a resource, by a binding or because another role implies it, holds it at everything below,
//! with what it implies there; but at a resource of the role's own type only if it reaches down.

use crate::model::{Policy, Role, mask::Mask};

/// How the roles that are bound at a resource count at one below it, or at that resource itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inheritance {
    /// All of them count: between the two there is no further resource of the upper one's type, nor is the lower one of
    /// it.
    All,
    /// Only roles that reach down count, for there is a further resource of the upper one's type.
    ReachingDown,
}

impl Inheritance {
    /// The roles that somebody holds at the lower resource to whom these are bound at the upper one, without what they
    /// imply. A role that does not reach down gives way to those of its type that it implies and that do.
    pub fn roles(self, policy: &Policy, assigned_roles: Mask) -> Mask {
        match self {
            Self::All => assigned_roles,
            Self::ReachingDown => policy.roles_in(assigned_roles).map(Role::reaching_roles).collect(),
        }
    }
}
