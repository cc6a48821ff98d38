//! Who keeps what they hold: those whom a role above protects.

use crate::{
    domain::SubjectRef,
    facts::{Facts, Node, Principals, ancestors},
    membership::refusal::Refusal,
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
