use crate::model::{
    Index, Unknown,
    id::{RoleId, TypeId},
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
    pub(crate) creator_role: Option<RoleId>,
    pub(crate) create_actions: Vec<String>,
    pub(crate) joins_as: Option<RoleId>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) actions: Vec<Action>,
    pub(crate) action_index: Index,
    pub(crate) members: MemberRules,
}

impl ResourceType {
    /// Its place in the policy.
    pub fn id(&self) -> TypeId {
        self.id
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type above it; none for the root type.
    pub fn parent(&self) -> Option<TypeId> {
        self.parent
    }

    /// Whether a resource of this type may be directly below one of that type.
    pub fn may_be_below(&self, above: TypeId) -> bool {
        self.parent == Some(above) || (self.nested && self.id == above)
    }

    /// Whether its resources may be below each other.
    pub fn is_nested(&self) -> bool {
        self.nested
    }

    /// Whether its resources are the members themselves: one a user, under the user's id, never registered.
    pub fn has_member_records(&self) -> bool {
        self.member_records
    }

    /// Whether whoever creates one owns it.
    pub fn is_owned(&self) -> bool {
        self.owned
    }

    /// Whether a member may hold several of its roles at one resource.
    pub fn holds_several(&self) -> bool {
        self.several_roles
    }

    /// Whether its resources are teams: whoever holds a role at one belongs to it, and it holds roles itself.
    pub fn is_teams(&self) -> bool {
        self.teams
    }

    /// The role that a creator gets.
    pub fn creator_role(&self) -> Option<RoleId> {
        self.creator_role
    }

    /// The role of the root type that somebody new, invited here, gets beside the one here.
    pub fn joins_as(&self) -> Option<RoleId> {
        self.joins_as
    }

    /// Its roles, in the order of the file.
    pub fn roles(&self) -> &[RoleId] {
        &self.roles
    }

    /// Who may write memberships at its resources.
    pub fn members(&self) -> &MemberRules {
        &self.members
    }

    /// Its actions, in the order of the file.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// Its action of this name.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_action(&self, name: &str) -> Result<&Action, Unknown> {
        self.action(name).ok_or_else(|| unknown(name, self.actions.iter().map(Action::name)))
    }

    pub(crate) fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(*self.action_index.get(name)?)
    }
}
