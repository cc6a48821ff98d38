use crate::model::{
    id::{RoleId, TypeId},
    mask::Mask,
};

/// A compiled role.
#[derive(Debug)]
pub struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) of: TypeId,
    /// The role itself and all that it implies, here and below.
    pub(crate) closure: Mask,
    pub(crate) reaches_down: bool,
    pub(crate) protected_below: bool,
    pub(crate) for_teams: bool,
    pub(crate) at_least: u32,
}

impl Role {
    /// Its place in the policy.
    pub fn id(&self) -> RoleId {
        self.id
    }

    /// Its short name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type that it belongs to.
    pub fn of(&self) -> TypeId {
        self.of
    }

    /// Its bit.
    pub fn mask(&self) -> Mask {
        self.id.mask()
    }

    /// Itself and all that it implies.
    pub fn closure(&self) -> Mask {
        self.closure
    }

    /// Whether, on a nested type, it counts at the resources of that type below as well.
    pub fn reaches_down(&self) -> bool {
        self.reaches_down
    }

    /// Whether its holders are protected from writes below.
    pub fn protects_below(&self) -> bool {
        self.protected_below
    }

    /// Whether a team may hold it.
    pub fn is_for_teams(&self) -> bool {
        self.for_teams
    }

    /// How many active holders must remain at a resource.
    pub fn at_least(&self) -> u32 {
        self.at_least
    }
}
