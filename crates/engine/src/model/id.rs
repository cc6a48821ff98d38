//! The numbers that a compiled policy gives its resource types and roles.

use crate::model::mask::Mask;

/// The position of a resource type in its policy, in the order of the file. It means nothing in another policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u16);

impl From<TypeId> for usize {
    fn from(id: TypeId) -> Self {
        Self::from(id.0)
    }
}

/// The position of a role in its policy, over all types, in the order of the file. It means nothing in another policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId(pub(crate) u16);

impl From<RoleId> for usize {
    fn from(id: RoleId) -> Self {
        Self::from(id.0)
    }
}

impl RoleId {
    /// The mask that has only this role's bit.
    pub fn mask(self) -> Mask {
        Mask::role(usize::from(self.0))
    }
}
