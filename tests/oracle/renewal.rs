//! What an invitation that is issued again prolongs: what the actor gives by it, or may give or send again, and nothing else.

use super::{
    facts::{AssignedRole, Key, NEVER},
    rules::{Evaluation, MembershipWrite},
};

/// What becomes of an invitation that is issued again.
pub enum Renewed {
    /// It can be accepted for its whole lifetime.
    Wholly,
    /// It ends when it would have: nothing of it is renewed.
    Unchanged,
    /// Nothing is left of it that could be accepted, for the actor may renew nothing of what has run out.
    Nothing,
}

impl Evaluation<'_> {
    /// Renews the pending roles of somebody invited, whom the actor gives those at `given`, of which a joining role lasts until
    /// `until`. The others keep the end that they have, and what has run out is gone.
    pub fn renew(&mut self, invited: &Key, given: &[Key], until: Option<i64>) -> Renewed {
        let (facts, root) = (self.facts, self.root());
        let Some((_, open)) = facts.open_invitation(&invited.1) else { return Renewed::Wholly };
        let pending = facts.bindings.iter().filter(|((holder, at), _)| holder == invited && !given.contains(at));
        let (mut renewed, mut refused) = (Vec::new(), Vec::new());
        let own_end =
            |at: &Key| self.after.assigned_role(invited, at).and_then(|assigned| assigned.end).unwrap_or(NEVER);
        renewed.extend(given.iter().map(|at| (at, until.unwrap_or(NEVER).min(own_end(at)))));
        for ((_, at), assigned) in pending {
            match self.may_renew(invited, at, assigned) {
                Some(until) => renewed.push((at, until.min(assigned.end.unwrap_or(NEVER)))),
                None => refused.push((at, assigned)),
            }
        }
        let goes_along = |(at, assigned): &(&Key, &AssignedRole)| {
            let brings = |(other, until): &(&Key, i64)| {
                self.policy.resource_type(&other.0).joins_as.as_ref() == Some(&assigned.role)
                    && assigned.end.unwrap_or(NEVER) <= *until
            };
            **at == root && assigned.rule.is_none() && renewed.iter().any(brings)
        };
        let (along, others): (Vec<_>, Vec<_>) = refused.into_iter().partition(goes_along);
        let (gone, kept): (Vec<_>, Vec<_>) = others.into_iter().partition(|(at, _)| facts.is_lapsed(invited, at));
        let is_renewed = !renewed.is_empty();
        for at in renewed.into_iter().map(|(at, _)| at).chain(along.into_iter().map(|(at, _)| at)) {
            self.after.own_ends.remove(&(invited.clone(), at.clone()));
        }
        for (at, _) in &gone {
            self.after.bindings.remove(&(invited.clone(), (*at).clone()));
        }
        if is_renewed {
            let ends = kept.iter().map(|(at, _)| (invited.clone(), (*at).clone()));
            ends.for_each(|binding| _ = self.after.own_ends.entry(binding).or_insert(open.expires_at));
        }
        match (is_renewed, kept.is_empty(), gone.is_empty()) {
            (false, false, _) => Renewed::Unchanged,
            (false, true, false) => Renewed::Nothing,
            _ => Renewed::Wholly,
        }
    }

    /// When an invitation ends that is issued now.
    pub fn expiry(&self, invited: &Key, renewed: &Renewed) -> i64 {
        let lifetime = self.facts.now.map_or(NEVER, |now| now + self.policy.lifetime);
        match (renewed, self.facts.open_invitation(&invited.1)) {
            (Renewed::Unchanged, Some((_, open))) => lifetime.min(open.expires_at),
            _ => lifetime,
        }
    }

    /// Until when the actor may have a pending role go on, [`NEVER`] for good; none where they may not.
    pub fn may_renew(&self, invited: &Key, at: &Key, assigned: &AssignedRole) -> Option<i64> {
        let resend = MembershipWrite::plain("resend");
        let invite = MembershipWrite { to: Some(&assigned.role), ..MembershipWrite::plain("invite") };
        let may_invite = !self.facts.protected(self.policy, invited, at);
        let ways = [Some(resend), may_invite.then_some(invite)].into_iter().flatten();
        let permitted = ways.filter(|write| self.actor_refusal().is_none() && self.is_permitted(at, invited, write));
        let until = permitted.map(|write| self.permission_ends_at(at, invited, &write).unwrap_or(NEVER)).max()?;
        (assigned.end.unwrap_or(NEVER) <= until).then_some(until)
    }
}
