//! Who keeps what they hold: those whom a role above protects, and the last who hold a role that must be held.

use crate::{
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, Node, Principals, ancestors},
    membership::refusal::Refusal,
    model::{Role, RoleId, mask::Mask},
};

/// Whether a subject holds a role above a resource that protects them there from membership writes.
pub fn is_protected<F: Facts + ?Sized>(facts: &F, node: Node, target: SubjectRef<'_>) -> bool {
    check_protection(facts, node, target).is_err()
}

/// Refuses a write to whoever holds a protecting role above.
///
/// INVARIANT (protected holders): they keep what they hold below, whoever asks, operators included.
pub(super) fn check_protection<F: Facts + ?Sized>(
    facts: &F,
    node: Node,
    target: SubjectRef<'_>,
) -> Result<(), Refusal> {
    let Some(state) = facts.member_state(target) else { return Ok(()) };
    let (policy, principals) = (facts.policy(), Principals::of_member(facts, target, state.member));
    for (above, _) in ancestors(facts, node).skip(1) {
        let assigned_roles = principals.assigned_roles(facts, above);
        if let Some(role) = policy.roles_in(assigned_roles).find(|role| role.protects_below()) {
            return Err(Refusal::Protected { role: policy.qualified(role), at: above });
        }
    }
    Ok(())
}

/// Of the roles that a member loses at a resource, those that must keep a holder and count this member as one.
pub fn counted_roles<F: Facts + ?Sized>(facts: &F, member: SubjectRef<'_>, node: Node, lost: &[RoleId]) -> Vec<RoleId> {
    let counted = counting_roles(facts, member, node);
    let counts = |role: &&RoleId| counted.contains(role.mask()) && facts.policy().role(**role).at_least() > 0;
    lost.iter().filter(counts).copied().collect()
}

/// The role that would be left with too few active holders if this member lost these roles at a resource.
///
/// INVARIANT (last holder): every write that takes a role away asks this first.
pub(super) fn last_holder<'f, F: Facts + ?Sized>(
    facts: &'f F,
    member: SubjectRef<'_>,
    node: Node,
    lost: Mask,
) -> Option<&'f Role> {
    let lost = lost & counting_roles(facts, member, node);
    let would_lack = |role: &&Role| role.at_least() > 0 && facts.active_holders(node, role.id()) <= role.at_least();
    facts.policy().roles_in(lost).find(would_lack)
}

/// The roles of a member at a resource by which they can count as a holder: permanent ones of an active member.
fn counting_roles<F: Facts + ?Sized>(facts: &F, member: SubjectRef<'_>, node: Node) -> Mask {
    let active = facts.member_state(member).filter(|state| state.status == MemberStatus::Active);
    active.map_or(Mask::EMPTY, |state| facts.permanent_roles(state.member, node))
}
