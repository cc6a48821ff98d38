//! What a subject holds at a target: by themselves, through teams and with everybody, there and above.

use crate::{
    decision::target::{Target, lowest_registered, types_below},
    domain::{MemberStatus, SubjectRef, kind},
    facts::{Facts, Principals, ancestors_with_inheritance},
    model::mask::Mask,
};

/// The roles and relations of an active member at a target, with what they imply; and whether the target or anything above
/// it is archived.
pub(crate) fn effective_roles<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    principals: Principals<'_>,
    target: Target<'_>,
) -> (Mask, bool) {
    let (assigned_roles, archived) = assigned_roles(facts, subject, principals, target);
    (facts.policy().closure(assigned_roles), archived)
}

/// What a subject holds at a target by assignments and relations, without what those imply: nothing for whoever is no
/// active member. An assignment above that does not reach down to the target counts as the roles that it implies and
/// that do.
pub fn assigned_roles_of<F: Facts + ?Sized>(facts: &F, subject: SubjectRef<'_>, target: Target<'_>) -> Mask {
    if subject.is_operator() {
        return Mask::OPERATOR;
    }
    let Some(state) = facts.member_state(subject).filter(|state| state.status == MemberStatus::Active) else {
        return Mask::EMPTY;
    };
    assigned_roles(facts, subject, Principals::of_member(facts, subject, state.member), target).0
}

/// As [`effective_roles`], without what assigned roles imply.
fn assigned_roles<F: Facts + ?Sized>(
    facts: &F,
    subject: SubjectRef<'_>,
    principals: Principals<'_>,
    target: Target<'_>,
) -> (Mask, bool) {
    let relation = match target {
        Target::Record(id) if subject.kind == kind::USER && subject.id == id => Mask::SELF,
        Target::Stated { owner: Some(owner), .. } if owner == subject => Mask::OWNER,
        Target::Registered(node) if facts.resource(node).owner == Some(subject) => Mask::OWNER,
        _ => Mask::EMPTY,
    };
    let (assigned_roles, archived) = roles_on_ancestors(facts, principals, target);
    (assigned_roles | relation | Mask::ANYONE, archived)
}

/// The assigned roles that count at a target, and whether the target or anything above it is archived.
pub(super) fn roles_on_ancestors<F: Facts + ?Sized>(
    facts: &F,
    principals: Principals<'_>,
    target: Target<'_>,
) -> (Mask, bool) {
    let (mut assigned_roles, mut archived) = (Mask::EMPTY, false);
    let Some(node) = lowest_registered(facts, target) else { return (assigned_roles, archived) };
    for (node, state, inheritance) in ancestors_with_inheritance(facts, node, types_below(target)) {
        assigned_roles |= inheritance.roles(facts.policy(), principals.assigned_roles(facts, node));
        archived |= state.archived;
    }
    (assigned_roles, archived)
}
