//! Whom an invitation makes a member, at once or when they accept, what it gives them, and when it is refused.

use std::collections::BTreeSet;

use super::{
    facts::{AssignedRole, Invitation, Key, Member, Profile},
    operations::Who,
    rules::{Evaluation, MembershipWrite},
};

/// The write by which a role is given.
fn invite(role: &str) -> MembershipWrite<'_> {
    MembershipWrite { to: Some(role), ..MembershipWrite::plain("invite") }
}

/// Where grants give which roles.
fn given(grants: &[(Key, String, Option<i64>)]) -> Vec<(Key, String)> {
    grants.iter().map(|(at, role, _)| (at.clone(), role.clone())).collect()
}

impl Evaluation<'_> {
    pub fn invite(&mut self, invitees: &[Who], grants: &[(Key, String, Option<i64>)]) {
        let mut resources = BTreeSet::new();
        for (at, role, _) in grants {
            self.refuse_if(!resources.insert(at), "FIELD_INVALID");
            self.has_role(at, role);
        }
        if grants.iter().any(|(at, ..)| !self.facts.resources.contains_key(at)) {
            return;
        }
        let mut seen = BTreeSet::new();
        for who in invitees {
            let target = self.resolve(who);
            self.refuse_if(!seen.insert(target.clone()), "FIELD_INVALID");
            let given = given(grants);
            for (index, (at, role, end)) in grants.iter().enumerate() {
                let write = MembershipWrite { end: *end, beside: &given[..index], ..invite(role) };
                self.invite_one(&target, at, &write);
            }
            let status = self.member(&target).map(|member| member.status.clone()).unwrap_or_default();
            if status == "DEACTIVATED" {
                let is_given = |at: &Key| grants.iter().any(|(given_at, ..)| given_at == at);
                self.after.bindings.retain(|(holder, at), _| *holder != target || is_given(at));
                self.after.members.entry(target.clone()).and_modify(|member| "ACTIVE".clone_into(&mut member.status));
                self.apply_joins_as(&target, grants, true);
            } else if status == "ACTIVE" {
                self.apply_joins_as(&target, grants, false);
            } else {
                self.refuse_if(self.facts.suppressed.contains(&target.1), "ADDRESS_SUPPRESSED");
                self.invite_to_accept(&target, grants);
            }
        }
    }

    fn invite_one(&mut self, target: &Key, at: &Key, write: &MembershipWrite<'_>) {
        let (role, end) = (write.to.expect("it gives one"), write.end);
        let is_new_role = self.facts.assigned_role(target, at).is_none_or(|assigned| assigned.role != role);
        self.permit(at, target, &MembershipWrite { is_new_role, ..*write });
        let status = self.member(target).map(|member| member.status.clone()).unwrap_or_default();
        self.refuse_if(status == "DEACTIVATED" && !self.policy.reactivates, "MEMBER_DEACTIVATED");
        match self.facts.assigned_role(target, at) {
            // Whoever is invited to this role already is sent the invitation again.
            Some(assigned) if assigned.role == role && status == "INVITED" => {
                let latest = self.permission_ends_at(at, target, write);
                let outlasts = latest.is_some_and(|latest| end.is_none_or(|end| end > latest));
                if self.policy.resource_type(&at.0).rules.iter().any(|rule| rule.verb == "resend") {
                    self.permit(at, target, &MembershipWrite::plain("resend"));
                }
                // What nobody gives any more who offered it is taken over, and what has run out is given anew by whoever may
                // not have it go on.
                if self.is_given_anew(target, at) {
                    self.refuse_if(outlasts && self.is_void(target, at), "OUTLASTS_GRANTER");
                    self.refusals
                        .extend(outlasts.then_some(["NOT_PERMITTED", "OUTLASTS_GRANTER"]).into_iter().flatten());
                    let assigned = self.offered(target, at, write);
                    self.after.bindings.insert((target.clone(), at.clone()), assigned);
                    self.after.own_ends.remove(&(target.clone(), at.clone()));
                }
            }
            Some(_) => self.refuse_if(true, "ALREADY_A_MEMBER"),
            None => {
                let assigned = self.offered(target, at, write);
                self.after.bindings.insert((target.clone(), at.clone()), assigned);
            }
        }
    }

    /// A role that the actor gives by inviting.
    fn offered(&self, target: &Key, at: &Key, write: &MembershipWrite<'_>) -> AssignedRole {
        let rule = self.permitting_rule(at, target, write).map(|rule| (self.policy.version, rule.line));
        AssignedRole::new(write.to.expect("it gives one"), write.end, self.actor, rule)
    }

    /// Whether to invite somebody again to a role that they are invited to gives it to them anew.
    fn is_given_anew(&self, target: &Key, at: &Key) -> bool {
        let assigned = self.facts.assigned_role(target, at);
        let has_run_out = assigned
            .is_some_and(|assigned| self.facts.is_lapsed(target, at) && self.may_renew(target, at, assigned).is_none());
        has_run_out || self.is_void(target, at)
    }

    /// Makes an invited member and an open invitation of somebody who has to accept first.
    fn invite_to_accept(&mut self, target: &Key, grants: &[(Key, String, Option<i64>)]) {
        let email = target.1.clone();
        self.after.members.entry(target.clone()).or_insert_with(|| Member {
            status: "INVITED".to_owned(),
            locked: false,
            profile: Profile { email: Some(email.clone()), ..Profile::default() },
        });
        let is_new = |at: &Key| self.facts.assigned_role(target, at).is_none_or(|_| self.is_given_anew(target, at));
        let given: Vec<Key> = grants.iter().map(|(at, ..)| at.clone()).filter(is_new).collect();
        let until = self.joining_end(target, grants);
        let renewed = self.renew(target, &given, until);
        self.apply_joins_as(target, grants, true);
        let id = self.facts.open_invitation(&email).map_or(&email, |(id, _)| id).clone();
        let (inviter, status) = (self.actor.clone(), "PENDING".to_owned());
        let expires_at = self.expiry(target, &renewed);
        self.after.invitations.insert(id, Invitation { email, token_hash: String::new(), inviter, status, expires_at });
    }

    /// Gives a new member the role at the root that a resource's type has as `joins_as`; gives it for longer to a
    /// member who has it already.
    fn apply_joins_as(&mut self, target: &Key, grants: &[(Key, String, Option<i64>)], is_new: bool) {
        let root = self.root();
        let joins_as = |at: &Key| self.policy.resource_type(&at.0).joins_as.clone();
        let Some(role) = grants.iter().find_map(|(at, ..)| joins_as(at)) else { return };
        if grants.iter().any(|(at, ..)| *at == root) {
            return;
        }
        let end = self.joining_end(target, grants);
        let binding = (target.clone(), root);
        let given = AssignedRole::new(&role, end, self.actor, None);
        match self.after.bindings.get_mut(&binding) {
            // One that was given as such is theirs as it is.
            Some(assigned) if assigned.role != role || assigned.rule.is_some() => {}
            Some(assigned) if assigned.end.is_some_and(|old| end.is_none_or(|end| end > old)) => *assigned = given,
            None if is_new => _ = self.after.bindings.insert(binding, given),
            _ => {}
        }
    }

    /// When the joining role of these grants ends: with the last of those that bring it; `None` is never, or that there is none.
    fn joining_end(&self, target: &Key, grants: &[(Key, String, Option<i64>)]) -> Option<i64> {
        let joins_as = |at: &Key| self.policy.resource_type(&at.0).joins_as.clone();
        let role = grants.iter().find_map(|(at, ..)| joins_as(at))?;
        let given = given(grants);
        let bringing = grants.iter().enumerate().filter(|(_, (at, ..))| joins_as(at).as_ref() == Some(&role));
        let ends = bringing.map(|(index, (at, role, _))| {
            let assigned = self.after.bindings.get(&(target.clone(), at.clone()));
            let own = assigned.and_then(|assigned| assigned.end);
            [self.permission_ends_at(at, target, &MembershipWrite { beside: &given[..index], ..invite(role) }), own]
                .into_iter()
                .flatten()
                .min()
        });
        // None, which is for good, is more than any end.
        ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max())
    }

    /// The subject that an invitee names: the member who has the email, or the invited member for somebody new.
    fn resolve(&self, who: &Who) -> Key {
        match who {
            Who::Subject(subject) => subject.clone(),
            Who::Email(email) => {
                let has = self.facts.members.iter().find(|(_, row)| row.profile.email.as_ref() == Some(email));
                has.map_or_else(|| ("email".to_owned(), email.clone()), |(subject, _)| subject.clone())
            }
        }
    }
}
