//! A compiled policy: what decisions are made from.

use std::{collections::HashMap, time::Duration};

use rustc_hash::FxBuildHasher;

use crate::domain::SubjectRef;

use super::{
    mask::{Mask, Term},
    nearest::nearest,
    verb::Verb,
};

/// The place of a resource type in its policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u16);

/// The place of a role in its policy, over all types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId(pub(crate) u16);

impl From<TypeId> for usize {
    fn from(id: TypeId) -> Self {
        Self::from(id.0)
    }
}

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

/// A name to its place in a list.
pub(crate) type Index = HashMap<String, usize, FxBuildHasher>;

/// A compiled role model.
#[derive(Debug)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) version: u32,
    pub(crate) root: TypeId,
    pub(crate) invitation_lifetime: Duration,
    pub(crate) reminders: Vec<Duration>,
    pub(crate) invitations_reactivate: bool,
    pub(crate) types: Vec<ResourceType>,
    pub(crate) roles: Vec<Role>,
    pub(crate) type_index: Index,
    /// The roles that count at resources of their own type below.
    pub(crate) reaching: Mask,
    /// What was found never to come about.
    pub(crate) never: Vec<Bound>,
}

/// Holders of the one role never come to hold the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub(crate) who: RoleId,
    pub(crate) becomes: RoleId,
}

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

/// A compiled action.
#[derive(Debug)]
pub struct Action {
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) when_locked: bool,
    pub(crate) when_archived: bool,
}

/// A compiled rule, and where it was written.
#[derive(Debug)]
pub struct Rule {
    pub(crate) terms: Vec<Term>,
    pub(crate) text: String,
    pub(crate) line: u32,
}

/// Who may write memberships at a resource of a type.
#[derive(Debug, Default)]
pub struct MemberRules {
    pub(crate) rules: Vec<(Verb, MemberRule)>,
}

/// One line of who may take whom from which role to which.
#[derive(Debug)]
pub struct MemberRule {
    pub(crate) by: Rule,
    /// The roles that it may take away, with [`Mask::ANYONE`] for whatever is held; empty where nothing is taken.
    pub(crate) from: Mask,
    /// The roles that it may give; empty where the operation gives none.
    pub(crate) to: Mask,
}

/// A name that the policy does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The name.
    pub name: String,
    /// The known names that it may have meant, best first.
    pub nearest: Vec<String>,
}

impl Policy {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The type of the root resource.
    pub fn root(&self) -> &ResourceType {
        self.resource_type(self.root)
    }

    /// How long an invitation can be accepted.
    pub fn invitation_lifetime(&self) -> Duration {
        self.invitation_lifetime
    }

    /// How long after an invitation was sent its reminders are due: each later than the one before, and all before
    /// the invitation ends. Empty when nobody is reminded.
    pub fn reminders(&self) -> &[Duration] {
        &self.reminders
    }

    /// Whether to invite a deactivated member is to let them back in; else it is refused.
    pub fn invitations_reactivate(&self) -> bool {
        self.invitations_reactivate
    }

    /// The type of this name.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_type(&self, name: &str) -> Result<&ResourceType, Unknown> {
        self.type_index
            .get(name)
            .and_then(|index| self.types.get(*index))
            .ok_or_else(|| unknown(name, self.types.iter().map(ResourceType::name)))
    }

    /// Whether a subject is a team: of a type whose resources are teams.
    pub fn is_team(&self, subject: SubjectRef<'_>) -> bool {
        self.find_type(subject.kind).is_ok_and(ResourceType::is_teams)
    }

    /// Whether a subject is somebody, and neither a team nor everybody of a type.
    pub fn is_person(&self, subject: SubjectRef<'_>) -> bool {
        !subject.is_everybody() && !self.is_team(subject)
    }

    /// The type at this place.
    #[expect(clippy::indexing_slicing, reason = "type ids are made by the compiler of this very policy")]
    pub fn resource_type(&self, id: TypeId) -> &ResourceType {
        &self.types[usize::from(id.0)]
    }

    /// The role at this place.
    #[expect(clippy::indexing_slicing, reason = "role ids are made by the compiler of this very policy")]
    pub fn role(&self, id: RoleId) -> &Role {
        &self.roles[usize::from(id.0)]
    }

    /// The role of this short name on a type, which may also be written with the type before it.
    ///
    /// # Errors
    /// When there is none, with the nearest names.
    pub fn find_role(&self, of: &ResourceType, name: &str) -> Result<&Role, Unknown> {
        let short = name.strip_prefix(&of.name).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        let roles = || of.roles.iter().map(|id| self.role(*id));
        roles().find(|role| role.name == short).ok_or_else(|| unknown(name, roles().map(Role::name)))
    }

    /// Every resource type, in the order of the file.
    pub fn types(&self) -> &[ResourceType] {
        &self.types
    }

    /// Every role, in the order of the file.
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// What never comes about: who holds only the first role, however many of them, never comes to hold the second.
    pub fn never(&self) -> impl Iterator<Item = (&Role, &Role)> {
        self.never.iter().map(|bound| (self.role(bound.who), self.role(bound.becomes)))
    }

    /// The role with its type: `job_site.editor`.
    pub fn qualified(&self, role: &Role) -> String {
        format!("{}.{}", self.resource_type(role.of).name, role.name)
    }

    /// The roles of a mask.
    pub fn roles_in(&self, mask: Mask) -> impl Iterator<Item = &Role> {
        mask.roles().filter_map(|index| self.roles.get(index))
    }

    /// A type and those above it, from itself to the root type.
    pub fn way_up<'p>(&'p self, of: &'p ResourceType) -> Vec<&'p ResourceType> {
        std::iter::successors(Some(of), |of| of.parent.map(|above| self.resource_type(above))).collect()
    }

    /// A role as a rule at `of` may name it: by its short name for one of `of` itself, and for one further up whose
    /// name no other role on the way has; otherwise with its type.
    pub fn name_at(&self, of: &ResourceType, role: &Role) -> String {
        let mut roles = self.way_up(of).into_iter().flat_map(|of| &of.roles).map(|id| self.role(*id));
        let short = role.of == of.id || roles.all(|other| other.id == role.id || other.name != role.name);
        if short && self.way_up(of).iter().any(|of| of.id == role.of) {
            role.name.clone()
        } else {
            self.qualified(role)
        }
    }

    /// What one who holds this has on the way up: with what it implies, and as an active member or an operator.
    pub fn bits(&self, held: Mask) -> Mask {
        if held.contains(Mask::OPERATOR) { held } else { self.closure(held) | Mask::ANYONE }
    }

    /// A mask of roles together with all that they imply.
    pub fn closure(&self, bound: Mask) -> Mask {
        self.roles_in(bound).map(|role| role.closure).collect::<Mask>() | bound
    }

    /// The actions of the type above of which any lets somebody create a resource of this type there.
    pub fn create_actions<'p>(
        &self,
        of: &'p ResourceType,
        above: &'p ResourceType,
    ) -> impl Iterator<Item = &'p Action> {
        of.create_actions.iter().filter_map(|name| above.action(name))
    }
}

impl MemberRules {
    /// The rules of one kind of write, in the order of the file.
    pub fn of(&self, verb: Verb) -> impl Iterator<Item = &MemberRule> {
        self.rules.iter().filter(move |(of, _)| *of == verb).map(|(_, rule)| rule)
    }
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

    fn action(&self, name: &str) -> Option<&Action> {
        self.actions.get(*self.action_index.get(name)?)
    }
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

impl Action {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who may do it.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Whether a locked member may do it all the same.
    pub fn survives_a_lock(&self) -> bool {
        self.when_locked
    }

    /// Whether it can be done on what is archived.
    pub fn survives_an_archive(&self) -> bool {
        self.when_archived
    }
}

impl Rule {
    /// Whether these bits satisfy it.
    pub fn satisfied_by(&self, bits: Mask) -> bool {
        self.terms.iter().any(|term| term.satisfied_by(bits))
    }

    /// The ways to satisfy it.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// As the file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its line in the file, counted from 1.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl MemberRule {
    /// The roles that it may take away, with [`Mask::ANYONE`] for whatever is held.
    pub fn from(&self) -> Mask {
        self.from
    }

    /// The roles that it may give.
    pub fn to(&self) -> Mask {
        self.to
    }

    /// Who may.
    pub fn by(&self) -> &Rule {
        &self.by
    }
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Unknown {
    Unknown { name: name.to_owned(), nearest: nearest(name, known) }
}
