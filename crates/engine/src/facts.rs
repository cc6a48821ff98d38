//! What decisions need to know about a tenant. [`View`](crate::View) has it in memory; other programs may bring their
//! own.

use crate::{
    domain::{MemberStatus, ResourceRef, SubjectRef, Timestamp},
    model::{Inheritance, Policy, RoleId, TypeId, TypeSet, mask::Mask},
};

/// The number of a registered resource in one tenant's facts. Another view of the same tenant may number it otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub u32);

/// The number of a member in one tenant's facts. Another view of the same tenant may number them otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey(pub u32);

/// What decisions need to know about a registered resource.
#[derive(Clone, Copy, Debug)]
pub struct ResourceState<'a> {
    /// The resource's type in the tenant's policy.
    pub resource_type: TypeId,
    /// The resource above it; none for the root resource.
    pub parent: Option<Node>,
    /// The subject that owns it; none if it has no owner.
    pub owner: Option<SubjectRef<'a>>,
    /// Whether it is archived itself, whatever is above it.
    pub archived: bool,
}

/// What decisions need to know about a member, beside their roles.
#[derive(Clone, Copy, Debug)]
pub struct MemberState {
    /// The number that the facts give the member.
    pub member: MemberKey,
    /// Whether they are invited, active or deactivated.
    pub status: MemberStatus,
    /// Whether they are locked, whatever their status.
    pub locked: bool,
}

/// One tenant's facts at one revision, under the policy that it runs. Types, roles and masks are those of that policy.
///
/// # Panics
/// Nodes and member keys must come from the same facts; an implementation may panic on any other.
pub trait Facts {
    /// The policy that the tenant runs.
    fn policy(&self) -> &Policy;
    /// The tenant's root resource, which is always registered.
    fn root(&self) -> Node;
    /// The registered resource of this type and id; none if there is none.
    fn find(&self, resource_type: TypeId, id: &str) -> Option<Node>;
    /// Whether a resource of this type and id was deleted, and not registered again since. Known of types alone whose
    /// resources may be registered and need not be.
    fn is_deleted(&self, resource_type: TypeId, id: &str) -> bool;
    /// The state of a registered resource.
    fn resource(&self, node: Node) -> ResourceState<'_>;
    /// The id of a resource within its type.
    fn id(&self, node: Node) -> &str;
    /// The state of the member that a subject is; none for one who is no member.
    fn member_state(&self, subject: SubjectRef<'_>) -> Option<MemberState>;
    /// The type and id of a member.
    fn subject(&self, member: MemberKey) -> SubjectRef<'_>;
    /// Whether a member of this subject type may be added: a tenant has members of [`MAX_SUBJECT_TYPES`] types at most.
    fn takes_subject_type(&self, kind: &str) -> bool;
    /// Calls `visit` for every member, teams and everybody of a type included, in no particular order.
    fn each_member<'f>(&'f self, visit: &mut dyn FnMut(SubjectRef<'f>, MemberState));
    /// The roles that are bound to a member at one resource, without those that they imply.
    fn assigned_roles(&self, member: MemberKey, node: Node) -> Mask;
    /// Those of [`Facts::assigned_roles`] by which the member counts as a holder of a role with `at_least`: they do not
    /// expire, and the member is of a type of people, active and not locked.
    fn counting_roles(&self, member: MemberKey, node: Node) -> Mask;
    /// When a role that is bound there expires; none if it is permanent or not bound.
    fn role_expiry(&self, member: MemberKey, node: Node, role: RoleId) -> Option<Timestamp>;
    /// The teams that a member belongs to, through other teams too. A team is a member itself.
    fn teams(&self, member: MemberKey) -> &[MemberKey];
    /// The teams to which roles are bound at a team, each once and in no particular order; not those within these.
    fn inner_teams(&self, team: MemberKey) -> &[MemberKey];
    /// The member that stands for everybody of a subject type; none if no such member was added.
    fn everybody(&self, kind: &str) -> Option<MemberKey>;
    /// Calls `visit` for each resource at which a member has roles, with the roles that are bound there.
    fn each_assignment(&self, member: MemberKey, visit: &mut dyn FnMut(Node, Mask));
    /// The registered resources of a type, in the order of their ids, compared byte by byte.
    fn resources_of_type(&self, resource_type: TypeId) -> &[Node];
    /// How many members count as holders of a role with `at_least` at one resource, as [`Facts::counting_roles`] says.
    /// Always 0 for other roles.
    fn counted_holders(&self, node: Node, role: RoleId) -> u32;
    /// The next instant at which a role that counts now ends, whoever holds it; none where every role is permanent. It may
    /// have passed already where nobody has taken that role out yet.
    fn next_expiry(&self) -> Option<Timestamp>;
}

/// The most subject types that the members of a tenant have.
pub const MAX_SUBJECT_TYPES: usize = 1000;

/// The members whose roles count for a subject: the member that it is, their teams, and everybody of its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Principals<'f> {
    member: Option<MemberKey>,
    everybody: Option<MemberKey>,
    teams: &'f [MemberKey],
}

impl<'f> Principals<'f> {
    /// The principals of a subject who is this member.
    pub(crate) fn of_member<F: Facts + ?Sized>(facts: &'f F, subject: SubjectRef<'_>, member: MemberKey) -> Self {
        Self { member: Some(member), everybody: facts.everybody(subject.kind), teams: facts.teams(member) }
    }

    /// The principals of a subject who is no member; none if there is no everybody of its type.
    pub(crate) fn of_non_member<F: Facts + ?Sized>(facts: &F, subject: SubjectRef<'_>) -> Option<Self> {
        facts.everybody(subject.kind).map(|everybody| Self { member: None, everybody: Some(everybody), teams: &[] })
    }

    /// Each of them, the subject's own member first.
    pub(crate) fn members(self) -> impl Iterator<Item = MemberKey> {
        self.member.into_iter().chain(self.teams.iter().copied()).chain(self.everybody)
    }

    /// The roles that are bound to any of them at one resource, without those that they imply.
    pub(crate) fn assigned_roles<F: Facts + ?Sized>(self, facts: &F, node: Node) -> Mask {
        self.members().map(|member| facts.assigned_roles(member, node)).collect()
    }
}

/// A resource and every one above it, up to the root, each with its state.
pub(crate) fn ancestors<F: Facts + ?Sized>(facts: &F, from: Node) -> impl Iterator<Item = (Node, ResourceState<'_>)> {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let node = next?;
        let state = facts.resource(node);
        next = state.parent;
        Some((node, state))
    })
}

/// A resource and every one above it, up to the root.
pub fn ancestor_nodes<F: Facts + ?Sized>(facts: &F, from: Node) -> impl Iterator<Item = Node> {
    ancestors(facts, from).map(|(node, _)| node)
}

/// A resource and every one above it, each with how the roles that are bound there count at the lowest one. `types_below`
/// are the types of resources below the first one that are not registered, down to the lowest; empty where that is the
/// first itself.
pub fn ancestors_with_inheritance<F: Facts + ?Sized>(
    facts: &F,
    from: Node,
    types_below: TypeSet,
) -> impl Iterator<Item = (Node, ResourceState<'_>, Inheritance)> {
    let mut seen_types = types_below;
    ancestors(facts, from).map(move |(node, state)| {
        let is_repeated = seen_types.contains(state.resource_type);
        seen_types = seen_types.with(state.resource_type);
        (node, state, if is_repeated { Inheritance::ReachingDown } else { Inheritance::All })
    })
}

/// The type and id of a resource, as callers know it.
pub fn name_of<F: Facts + ?Sized>(facts: &F, node: Node) -> ResourceRef<'_> {
    let resource_type = facts.resource(node).resource_type;
    ResourceRef { kind: facts.policy().resource_type(resource_type).name(), id: facts.id(node) }
}
