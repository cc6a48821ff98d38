//! What an action would be done to: a registered resource, one whose parent is stated, a member's record, or nothing.

use crate::{
    domain::{ResourceRef, SubjectRef, kind},
    facts::{Facts, Node, ancestors},
    model::{ResourceType, TypeId},
};

/// What a caller states about a resource that is not registered. For a registered resource or a member's record it is
/// not looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatedFacts<'a> {
    /// The resource above it. Counts only if it is registered and of a type that the resource's type may be below; the
    /// id of the root resource may be left empty. None: nothing is known of the resource.
    pub parent: Option<ResourceRef<'a>>,
    /// The subject that owns it, member or not; none if it has no owner.
    pub owner: Option<SubjectRef<'a>>,
}

/// What an action would be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A resource that is registered in the tenant's facts.
    Registered(Node),
    /// A resource that is not registered and whose stated parent is.
    Stated {
        /// The type of the resource in the tenant's policy.
        resource_type: TypeId,
        /// The registered resource above it.
        parent: Node,
        /// The subject that owns it, as stated; none if it has no owner.
        owner: Option<SubjectRef<'a>>,
    },
    /// The record of the member who is the user with this id, whatever their status. An empty id is nobody's, and
    /// stands for the record of somebody else than the subject.
    Record(&'a str),
    /// Nothing that the facts know: not registered, and without a registered parent, or the record of no member.
    Absent,
}

/// Finds the target that a request names by its type and id: for a type of member records, the record of the user with
/// this id. What is registered is taken as it is registered, and else as it is stated.
pub fn locate<'a, F: Facts + ?Sized>(
    facts: &F,
    resource_type: &ResourceType,
    id: &'a str,
    stated: StatedFacts<'a>,
) -> Target<'a> {
    if resource_type.has_member_records() {
        let user = SubjectRef { kind: kind::USER, id };
        return if facts.member_state(user).is_some() { Target::Record(id) } else { Target::Absent };
    }
    if let Some(node) = facts.find(resource_type.id(), id) {
        return Target::Registered(node);
    }
    let policy = facts.policy();
    stated
        .parent
        .and_then(|parent| {
            let above = policy.find_type(parent.kind).ok()?;
            let fits = resource_type.may_be_below(above.id());
            // The root type has one resource, so its id may be left out.
            let is_root = parent.id.is_empty() && above.parent().is_none();
            let find = || if is_root { Some(facts.root()) } else { facts.find(above.id(), parent.id) };
            fits.then(find).flatten()
        })
        .map_or(Target::Absent, |parent| Target::Stated {
            resource_type: resource_type.id(),
            parent,
            owner: stated.owner,
        })
}

/// The registered resource from which a decision goes up to the root: the target, its stated parent, or for a member's
/// record the root. None for an absent target.
pub(crate) fn lowest_registered<F: Facts + ?Sized>(facts: &F, target: Target<'_>) -> Option<Node> {
    match target {
        Target::Registered(node) | Target::Stated { parent: node, .. } => Some(node),
        Target::Record(_) => Some(facts.root()),
        Target::Absent => None,
    }
}

/// The type of a target that is not registered, and so is below the resource from which a decision goes up.
pub(crate) fn unregistered_type(target: Target<'_>) -> Option<TypeId> {
    match target {
        Target::Stated { resource_type, .. } => Some(resource_type),
        Target::Registered(_) | Target::Record(_) | Target::Absent => None,
    }
}

/// Whether a target, or any resource above it, is archived. A member's record is below the root; what is absent is not
/// archived.
pub fn is_archived<F: Facts + ?Sized>(facts: &F, target: Target<'_>) -> bool {
    lowest_registered(facts, target).is_some_and(|node| ancestors(facts, node).any(|(_, state)| state.archived))
}
