//! What decisions need to know about a tenant: the view implements it.

use crate::{
    domain::{MemberStatus, ResourceRef, SubjectRef, Timestamp},
    model::{Policy, RoleId, TypeId, mask::Mask},
};

/// A registered resource, as the facts number it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub u32);

/// A member, as the facts number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey(pub u32);

/// Where a registered resource stands.
#[derive(Clone, Copy, Debug)]
pub struct ResourceState<'a> {
    /// Its type.
    pub of: TypeId,
    /// The resource above it; none for the root resource.
    pub parent: Option<Node>,
    /// Its owner.
    pub owner: Option<SubjectRef<'a>>,
    /// Whether it is archived.
    pub archived: bool,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug)]
pub struct MemberState {
    /// The member.
    pub member: MemberKey,
    /// Their status.
    pub status: MemberStatus,
    /// Whether they are locked.
    pub locked: bool,
}

/// One tenant's facts at one revision, under the policy that it runs.
pub trait Facts {
    /// The policy that the tenant runs; every type, role and mask below is of it.
    fn policy(&self) -> &Policy;
    /// The root resource.
    fn root(&self) -> Node;
    /// The registered resource of this type and id.
    fn find(&self, of: TypeId, id: &str) -> Option<Node>;
    /// Where a resource stands.
    fn resource(&self, node: Node) -> ResourceState<'_>;
    /// The id of a resource.
    fn id(&self, node: Node) -> &str;
    /// Where a subject stands; none for one who is no member.
    fn member_state(&self, subject: SubjectRef<'_>) -> Option<MemberState>;
    /// Who a member is.
    fn subject(&self, member: MemberKey) -> SubjectRef<'_>;
    /// Every member.
    fn each_member<'f>(&'f self, visit: &mut dyn FnMut(SubjectRef<'f>, MemberState));
    /// The roles bound to a member at one resource, without what they imply.
    fn assigned_roles(&self, member: MemberKey, node: Node) -> Mask;
    /// Of those, the ones that last, bound to a person: only they count for a role that must keep a holder.
    fn permanent_roles(&self, member: MemberKey, node: Node) -> Mask;
    /// When one of them ends; none when it lasts.
    fn role_expiry(&self, member: MemberKey, node: Node, role: RoleId) -> Option<Timestamp>;
    /// The teams that a member belongs to, through other teams too. Teams are members of their own.
    fn teams(&self, member: MemberKey) -> &[MemberKey];
    /// Who holds what everybody of a subject type holds.
    fn everybody(&self, kind: &str) -> Option<MemberKey>;
    /// Every binding of a member, a call for each resource that they hold roles at.
    fn each_assignment(&self, member: MemberKey, visit: &mut dyn FnMut(Node, Mask));
    /// The registered resources of a type, in order of their id.
    fn resources_of_type(&self, of: TypeId) -> &[Node];
    /// How many active people hold a role that must keep a holder at one resource, and hold it lastingly.
    fn active_holders(&self, node: Node, role: RoleId) -> u32;
}

/// Those whose bindings count for a subject: their own, their teams', and everybody's of their type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Principals<'f> {
    own: Option<MemberKey>,
    everybody: Option<MemberKey>,
    teams: &'f [MemberKey],
}

impl<'f> Principals<'f> {
    /// Those of a member.
    pub(crate) fn of<F: Facts + ?Sized>(facts: &'f F, subject: SubjectRef<'_>, member: MemberKey) -> Self {
        Self { own: Some(member), everybody: facts.everybody(subject.kind), teams: facts.teams(member) }
    }

    /// Those of a subject who is no member; none when there is nothing that everybody holds.
    pub(crate) fn of_stranger<F: Facts + ?Sized>(facts: &F, subject: SubjectRef<'_>) -> Option<Self> {
        facts.everybody(subject.kind).map(|everybody| Self { own: None, everybody: Some(everybody), teams: &[] })
    }

    /// Each of them, the subject's own first.
    pub(crate) fn each(self) -> impl Iterator<Item = MemberKey> {
        self.own.into_iter().chain(self.teams.iter().copied()).chain(self.everybody)
    }

    /// The roles bound to any of them at one resource, without what they imply.
    pub(crate) fn assigned_roles<F: Facts + ?Sized>(self, facts: &F, node: Node) -> Mask {
        self.each().map(|holder| facts.assigned_roles(holder, node)).collect()
    }
}

/// A resource and every one above it, up to the root.
pub(crate) fn ancestors<F: Facts + ?Sized>(facts: &F, from: Node) -> impl Iterator<Item = (Node, ResourceState<'_>)> {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let node = next?;
        let place = facts.resource(node);
        next = place.parent;
        Some((node, place))
    })
}

/// A resource and every one above it, up to the root.
pub fn ancestor_nodes<F: Facts + ?Sized>(facts: &F, from: Node) -> impl Iterator<Item = Node> {
    ancestors(facts, from).map(|(node, _)| node)
}

/// A resource and every one above it, each with a mask of the roles that count at the first when bound there: all, or
/// past another resource of the same type only those that reach down. `below` is the type of an unregistered resource
/// that the first one is the parent of.
pub fn ancestors_with_mask<F: Facts + ?Sized>(
    facts: &F,
    from: Node,
    below: Option<TypeId>,
) -> impl Iterator<Item = (Node, ResourceState<'_>, Mask)> {
    // A policy has 64 types at most, a bit for each.
    let bit = |of: TypeId| 1_u64 << (usize::from(of) & 63);
    let mut passed = below.map_or(0, bit);
    ancestors(facts, from).map(move |(node, place)| {
        let again = passed & bit(place.of) != 0;
        passed |= bit(place.of);
        (node, place, if again { facts.policy().reaching } else { !Mask::EMPTY })
    })
}

/// A node by the names that the outside knows it by.
pub fn name_of<F: Facts + ?Sized>(facts: &F, node: Node) -> ResourceRef<'_> {
    let of = facts.resource(node).of;
    ResourceRef { kind: facts.policy().resource_type(of).name(), id: facts.id(node) }
}
