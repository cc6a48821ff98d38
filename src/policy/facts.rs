//! What decisions need to know about a tenant: the view implements it.

use crate::domain::{MemberStatus, ResourceRef, SubjectRef};

use super::{
    mask::Mask,
    model::{Policy, RoleId, TypeId},
};

/// A registered resource, as the facts number it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub u32);

/// A member, as the facts number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberKey(pub u32);

/// Where a registered resource stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
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
pub struct Standing {
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
    fn place(&self, node: Node) -> Place<'_>;
    /// The id of a resource.
    fn id(&self, node: Node) -> &str;
    /// Where a subject stands; none for one who is no member.
    fn standing(&self, subject: SubjectRef<'_>) -> Option<Standing>;
    /// Every member.
    fn each_member<'f>(&'f self, visit: &mut dyn FnMut(SubjectRef<'f>, Standing));
    /// The roles bound to a member at one resource, without what they imply.
    fn bound(&self, member: MemberKey, node: Node) -> Mask;
    /// Every binding of a member, a call for each resource that they hold roles at.
    fn each_bound(&self, member: MemberKey, visit: &mut dyn FnMut(Node, Mask));
    /// The registered resources of a type, in order of their id.
    fn ordered(&self, of: TypeId) -> &[Node];
    /// How many active members hold a role that must keep a holder, at one resource.
    fn active_holders(&self, node: Node, role: RoleId) -> u32;
}

/// A resource and every one above it, up to the root.
pub(crate) fn path<F: Facts + ?Sized>(facts: &F, from: Node) -> impl Iterator<Item = (Node, Place<'_>)> {
    let mut next = Some(from);
    std::iter::from_fn(move || {
        let node = next?;
        let place = facts.place(node);
        next = place.parent;
        Some((node, place))
    })
}

/// A resource and every one above it, each with a mask of the roles that count at the first when bound there: all, or
/// past another resource of the same type only those that reach down. `below` is the type of an unregistered resource
/// that the first one is the parent of.
pub fn counting<F: Facts + ?Sized>(
    facts: &F,
    from: Node,
    below: Option<TypeId>,
) -> impl Iterator<Item = (Node, Place<'_>, Mask)> {
    // A policy has 64 types at most, a bit for each.
    let bit = |of: TypeId| 1_u64 << (usize::from(of) & 63);
    let mut passed = below.map_or(0, bit);
    path(facts, from).map(move |(node, place)| {
        let again = passed & bit(place.of) != 0;
        passed |= bit(place.of);
        (node, place, if again { facts.policy().reaching } else { !Mask::EMPTY })
    })
}

/// A node by the names that the outside knows it by.
pub fn name_of<F: Facts + ?Sized>(facts: &F, node: Node) -> ResourceRef<'_> {
    let of = facts.place(node).of;
    ResourceRef { kind: facts.policy().resource_type(of).name(), id: facts.id(node) }
}
