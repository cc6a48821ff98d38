//! A role of a policy, and what it implies.

use crate::model::{
    id::{RoleId, TypeId},
    mask::Mask,
};

/// A compiled role of one resource type.
#[derive(Debug)]
pub struct Role {
    pub(crate) id: RoleId,
    pub(crate) name: String,
    pub(crate) resource_type: TypeId,
    /// The role itself and all that it implies, at this type and those below.
    pub(crate) closure: Mask,
    pub(crate) reaches_down: bool,
    /// Those of the closure that are of this type and reach down.
    pub(crate) reaching_roles: Mask,
    pub(crate) protected_below: bool,
    pub(crate) for_teams: bool,
    pub(crate) at_least: u32,
}

impl Role {
    /// The role's position in the policy, over all types.
    pub fn id(&self) -> RoleId {
        self.id
    }

    /// The role's short name, a [`NameForm::TypeOrRole`](crate::NameForm::TypeOrRole). No other role of its type has it,
    /// in whatever case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The resource type that the role belongs to.
    pub fn resource_type(&self) -> TypeId {
        self.resource_type
    }

    /// The mask that has only this role's bit.
    pub fn mask(&self) -> Mask {
        self.id.mask()
    }

    /// The role itself and all that it implies, to the end of every chain.
    pub fn closure(&self) -> Mask {
        self.closure
    }

    /// Whether, on a nested type, it counts at the resources of that type below as well.
    pub fn reaches_down(&self) -> bool {
        self.reaches_down
    }

    /// The roles of its type that its holder holds at the resources of that type below: of this role and those that it
    /// implies, the ones that reach down. Empty where none does.
    pub fn reaching_roles(&self) -> Mask {
        self.reaching_roles
    }

    /// Whether its holders are protected from membership writes at the resources below.
    pub fn protects_below(&self) -> bool {
        self.protected_below
    }

    /// Whether a team may hold it.
    pub fn is_for_teams(&self) -> bool {
        self.for_teams
    }

    /// How many active members must always hold it at a resource where it is bound, from 0 to 1000; 0 asks for none.
    pub fn at_least(&self) -> u32 {
        self.at_least
    }
}
