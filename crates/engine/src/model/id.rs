use crate::model::mask::Mask;

/// The place of a resource type in its policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u16);

impl From<TypeId> for usize {
    fn from(id: TypeId) -> Self {
        Self::from(id.0)
    }
}

/// The place of a role in its policy, over all types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId(pub(crate) u16);

impl From<RoleId> for usize {
    fn from(id: RoleId) -> Self {
        Self::from(id.0)
    }
}

impl RoleId {
    /// The role's bit.
    pub fn mask(self) -> Mask {
        Mask::role(usize::from(self.0))
    }
}
