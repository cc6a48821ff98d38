//! A resource type of a policy, with its roles, actions and rules.

use crate::model::{
    Index, UnknownName,
    id::{RoleId, TypeId},
    registration::Registration,
    rule::{Action, MemberRules},
    unknown,
};

/// A compiled resource type.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the language, independent of the others")]
pub struct ResourceType {
    pub(crate) id: TypeId,
    pub(crate) name: String,
    pub(crate) parent: Option<TypeId>,
    pub(crate) nested: bool,
    pub(crate) member_records: bool,
    pub(crate) owned: bool,
    pub(crate) several_roles: bool,
    pub(crate) teams: bool,
    pub(crate) registration: Registration,
    pub(crate) creator_role: Option<RoleId>,
    pub(crate) create_actions: Vec<String>,
    pub(crate) joins_as: Option<RoleId>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) actions: Vec<Action>,
    pub(crate) action_index: Index,
    pub(crate) members: MemberRules,
}

impl ResourceType {
    /// The type's position in the policy.
    pub fn id(&self) -> TypeId {
        self.id
    }

    /// The type's name, a [`NameForm::TypeOrRole`](crate::NameForm::TypeOrRole). No other type of the policy has it, in
    /// whatever case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type above it; none for the root type.
    pub fn parent(&self) -> Option<TypeId> {
        self.parent
    }

    /// Whether a resource of this type may be directly below one of the type `above`.
    pub fn may_be_below(&self, above: TypeId) -> bool {
        self.parent == Some(above) || (self.nested && self.id == above)
    }

    /// Whether its resources may be below each other.
    pub fn is_nested(&self) -> bool {
        self.nested
    }

    /// Whether its resources must be registered. Those of a type of member records never are, nor are they stated.
    pub fn registration(&self) -> Registration {
        self.registration
    }

    /// Whether its resources are the members themselves: one for each, under the member's id, never registered.
    pub fn has_member_records(&self) -> bool {
        self.member_records
    }

    /// Whether its resources have owners. At first, the owner is whoever created the resource.
    pub fn is_owned(&self) -> bool {
        self.owned
    }

    /// Whether a member may hold several of its roles at one resource.
    pub fn allows_several_roles(&self) -> bool {
        self.several_roles
    }

    /// Whether its resources are teams: whoever has a role bound at one belongs to it, and the team itself can hold roles.
    pub fn is_team_type(&self) -> bool {
        self.teams
    }

    /// The role that whoever creates a resource gets there; none if creating gives no role.
    pub fn creator_role(&self) -> Option<RoleId> {
        self.creator_role
    }

    /// The role of the root type that a new member gets who is invited at this type; none if they get no other role.
    pub fn joins_as(&self) -> Option<RoleId> {
        self.joins_as
    }

    /// The type's roles, in the order of the file; may be empty.
    pub fn roles(&self) -> &[RoleId] {
        &self.roles
    }

    /// The rules about who may write memberships at its resources.
    pub fn members(&self) -> &MemberRules {
        &self.members
    }

    /// The type's actions, in the order of the file; may be empty.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action of this name.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_action(&self, name: &str) -> Result<&Action, UnknownName> {
        self.action(name).ok_or_else(|| unknown(name, self.actions.iter().map(Action::name)))
    }

    /// As [`ResourceType::find_action`], for whoever does not ask what else was meant.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(*self.action_index.get(name)?)
    }
}
