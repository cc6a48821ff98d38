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

/// A set of resource types of one policy, which has 64 at most: a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeSet(u64);

impl TypeSet {
    /// The set without any type.
    pub const EMPTY: Self = Self(0);

    /// This set and one more type; the same set where that is in it already.
    #[must_use]
    pub fn with(self, resource_type: TypeId) -> Self {
        Self(self.0 | Self::bit(resource_type))
    }

    /// Whether a type is in this set.
    pub fn contains(self, resource_type: TypeId) -> bool {
        self.0 & Self::bit(resource_type) != 0
    }

    fn bit(resource_type: TypeId) -> u64 {
        1 << (resource_type.0 & 63)
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
