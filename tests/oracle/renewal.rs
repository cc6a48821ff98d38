//! What an invitation that is issued again prolongs: what the actor gives by it, or may give or send again, and nothing else.

use super::{
    facts::{AssignedRole, Key},
    rules::{Evaluation, MembershipWrite},
};

/// The end of what does not end.
const NEVER: i64 = i64::MAX;

impl Evaluation<'_> {
    /// Renews the pending roles of somebody invited, whom the actor gives those at `given`, of which a joining role lasts until
    /// `until`. The others keep the end that they have.
    pub fn renew(&mut self, invited: &Key, given: &[Key], until: Option<i64>) {
        let (facts, root) = (self.facts, self.root());
        let pending = facts.bindings.iter().filter(|((holder, at), _)| holder == invited && !given.contains(at));
        let (mut renewed, mut refused) = (Vec::new(), Vec::new());
        renewed.extend(given.iter().map(|at| (at, until.unwrap_or(NEVER))));
        for ((_, at), assigned) in pending {
            match self.may_renew(invited, at, assigned) {
                Some(until) => renewed.push((at, until)),
                None => refused.push((at, assigned)),
            }
        }
        if renewed.is_empty() {
            return;
        }
        let goes_along = |(at, assigned): &(&Key, &AssignedRole)| {
            let brings = |(other, until): &(&Key, i64)| {
                self.policy.resource_type(&other.0).joins_as.as_ref() == Some(&assigned.role)
                    && assigned.end.unwrap_or(NEVER) <= *until
            };
            **at == root && renewed.iter().any(brings)
        };
        let (along, kept): (Vec<_>, Vec<_>) = refused.into_iter().partition(goes_along);
        for at in renewed.into_iter().map(|(at, _)| at).chain(along.into_iter().map(|(at, _)| at)) {
            self.after.own_ends.remove(&(invited.clone(), at.clone()));
        }
        self.after.own_ends.extend(kept.into_iter().map(|(at, _)| (invited.clone(), at.clone())));
    }

    /// Until when the actor may have a pending role go on, [`NEVER`] for good; none where they may not.
    fn may_renew(&self, invited: &Key, at: &Key, assigned: &AssignedRole) -> Option<i64> {
        let resend = MembershipWrite::plain("resend");
        let invite = MembershipWrite { to: Some(&assigned.role), ..MembershipWrite::plain("invite") };
        let may_invite = !self.facts.protected(self.policy, invited, at);
        let ways = [Some(resend), may_invite.then_some(invite)].into_iter().flatten();
        let permitted = ways.filter(|write| self.actor_refusal().is_none() && self.is_permitted(at, invited, write));
        let until = permitted.map(|write| self.permission_ends_at(at, invited, &write).unwrap_or(NEVER)).max()?;
        (assigned.end.unwrap_or(NEVER) <= until).then_some(until)
    }
}
