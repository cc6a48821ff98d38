//! What an action would be done to: a registered resource, one whose parents are stated, a member's record, or nothing.

use crate::{
    domain::{ResourceRef, SubjectRef, kind},
    facts::{Facts, Node, ancestors},
    model::{Registration, ResourceType, TypeSet},
};

/// What a caller states about a resource that is not registered. For a registered resource or a member's record it is
/// not looked at, nor for one whose type's resources must be registered, or that was registered and deleted.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatedFacts<'a> {
    /// The resources above it, the nearest first, each the parent of the one before. The first one that is registered is
    /// where the resource hangs: what stands behind it is not looked at. Up to that one, each must be of a type that the
    /// one before may be below, of which one need not be registered, and not be deleted; else, and where none is
    /// registered, nothing is known of the resource. The id of the root resource may be left empty. Empty: nothing is stated.
    pub parents: &'a [ResourceRef<'a>],
    /// The subject that owns it, member or not; none if it has no owner. Not looked at where its type has no owners.
    pub owner: Option<SubjectRef<'a>>,
}

/// What an action would be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// A resource that is registered in the tenant's facts.
    Registered(Node),
    /// A resource that is not registered and is stated to be below one that is.
    Stated {
        /// The types of the resource and of those between it and `parent`, which are not registered either.
        types_below: TypeSet,
        /// The registered resource above them.
        parent: Node,
        /// The subject that owns the resource, as stated; none if it has no owner.
        owner: Option<SubjectRef<'a>>,
    },
    /// The record of the member who is the user with this id, whatever their status. An empty id is nobody's, and
    /// stands for the record of somebody else than the subject.
    Record(&'a str),
    /// Nothing that the facts know: not registered, and without a registered resource above it, or the record of no
    /// member.
    Absent,
}

/// Finds the target that a request names by its type and id: for a type of member records, the record of the user with
/// this id. What is registered is taken as it is registered, and else as it is stated: a decision is the same as if all
/// that is stated were registered, with no role bound at it.
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
    if !may_be_stated(facts, resource_type, id) {
        return Target::Absent;
    }
    nearest_registered(facts, resource_type, stated.parents)
        .map_or(Target::Absent, |(parent, types_below)| Target::Stated { types_below, parent, owner: stated.owner })
}

/// The first of the stated parents of a resource that is registered, and the types of what is below it, the resource
/// included. None where there is none, or one before it can't be above the one that it is stated to be above.
fn nearest_registered<F: Facts + ?Sized>(
    facts: &F,
    resource_type: &ResourceType,
    parents: &[ResourceRef<'_>],
) -> Option<(Node, TypeSet)> {
    let mut below = resource_type;
    let mut types_below = TypeSet::EMPTY.with(below.id());
    for parent in parents {
        let above = facts.policy().type_named(parent.kind)?;
        if !below.may_be_below(above.id()) || above.has_member_records() {
            return None;
        }
        // The root type has one resource, so its id may be left out.
        let is_root = parent.id.is_empty() && above.parent().is_none();
        let found = if is_root { Some(facts.root()) } else { facts.find(above.id(), parent.id) };
        if let Some(node) = found {
            return Some((node, types_below));
        }
        if !may_be_stated(facts, above, parent.id) {
            return None;
        }
        below = above;
        types_below = types_below.with(above.id());
    }
    None
}

/// Whether what a request states counts of a resource that is not registered.
///
/// INVARIANT (registered): nobody comes by a right through what is stated of an id that is registered, must be, or was where
/// it may be again.
fn may_be_stated<F: Facts + ?Sized>(facts: &F, resource_type: &ResourceType, id: &str) -> bool {
    match resource_type.registration() {
        Registration::Required => false,
        Registration::Optional => !facts.is_deleted(resource_type.id(), id),
        // Nothing was registered under this policy, so nothing can come back.
        Registration::Never => true,
    }
}

/// The registered resource from which a decision goes up to the root: the target, the nearest one above it, or for a
/// member's record the root. None for an absent target.
pub(crate) fn lowest_registered<F: Facts + ?Sized>(facts: &F, target: Target<'_>) -> Option<Node> {
    match target {
        Target::Registered(node) | Target::Stated { parent: node, .. } => Some(node),
        Target::Record(_) => Some(facts.root()),
        Target::Absent => None,
    }
}

/// The types of what is below the resource from which a decision goes up, down to the target: it is not registered.
pub(crate) fn types_below(target: Target<'_>) -> TypeSet {
    match target {
        Target::Stated { types_below, .. } => types_below,
        Target::Registered(_) | Target::Record(_) | Target::Absent => TypeSet::EMPTY,
    }
}

/// Whether a target, or any resource above it, is archived. A member's record is below the root; what is absent is not
/// archived.
pub fn is_archived<F: Facts + ?Sized>(facts: &F, target: Target<'_>) -> bool {
    lowest_registered(facts, target).is_some_and(|node| ancestors(facts, node).any(|(_, state)| state.archived))
}
