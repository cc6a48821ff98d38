//! A tenant's facts at an instant: what has ended counts no more, whether the log knows it yet or not.

use crate::{
    oracle::{ModelFacts, PolicyFile},
    support::replay::State,
};

/// The facts of a state that hold at an instant, in microseconds since 1970, whose rules are those of one of these versions of
/// a policy.
pub(super) fn facts_at(state: &State, policies: &[PolicyFile], now: i64) -> ModelFacts {
    let mut effective = state.clone();
    effective.bindings.retain(|_, end| end.is_none_or(|end| end > now));
    effective.offer_ends.retain(|binding, _| effective.bindings.contains_key(binding));
    let mut facts = ModelFacts { now: Some(now), ..ModelFacts::read(&effective, policies) };
    for invitation in facts.invitations.values_mut().filter(|invitation| invitation.is_open()) {
        let status = if invitation.expires_at <= now { "EXPIRED" } else { "PENDING" };
        status.clone_into(&mut invitation.status);
    }
    facts
}
