//! Who may write at all, and what they hold.

use crate::{
    decision::{reason::Reason, roles::effective_roles, target::Target},
    domain::{MemberStatus, SubjectRef},
    facts::{Facts, MemberState, Principals},
    membership::refusal::Refusal,
    model::mask::Mask,
};

/// The state of an actor who may write at all: an active person who is not locked. None for an operator, who is no member.
///
/// INVARIANT (actors): nobody else writes anything, whatever the rules say, and whatever survives a lock.
///
/// # Errors
/// Why they may not.
pub fn active_actor<F: Facts + ?Sized>(facts: &F, actor: SubjectRef<'_>) -> Result<Option<MemberState>, Reason> {
    if actor.is_operator() {
        return Ok(None);
    }
    let is_person = facts.policy().is_person(actor);
    let state = facts.member_state(actor).filter(|_| is_person).ok_or(Reason::NotAMember)?;
    match state.status {
        MemberStatus::Invited => Err(Reason::MemberInvited),
        MemberStatus::Deactivated => Err(Reason::MemberDeactivated),
        MemberStatus::Active if state.locked => Err(Reason::MemberLocked),
        MemberStatus::Active => Ok(Some(state)),
    }
}

/// What an actor holds at a target, with what that implies.
///
/// # Errors
/// When the actor may not act at all.
pub(crate) fn actor_roles<F: Facts + ?Sized>(
    facts: &F,
    actor: SubjectRef<'_>,
    target: Target<'_>,
) -> Result<Mask, Refusal> {
    let Some(state) = active_actor(facts, actor).map_err(Refusal::Actor)? else { return Ok(Mask::OPERATOR) };
    Ok(effective_roles(facts, actor, Principals::of_member(facts, actor, state.member), target).0)
}
