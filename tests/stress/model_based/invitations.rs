//! What writes about invitations do, from issue to acceptance, and when they are refused.

use std::collections::BTreeSet;

use super::{
    facts::{AssignedRole, Invitation, Member, Profile},
    operations::Who,
    rules::{Evaluation, MembershipWrite},
};
use crate::support::replay::Key;

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
            for (at, role, end) in grants {
                self.invite_one(&target, at, role, *end);
            }
            let status = self.member(&target).map(|member| member.status.clone()).unwrap_or_default();
            if status == "DEACTIVATED" {
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

    fn invite_one(&mut self, target: &Key, at: &Key, role: &str, end: Option<i64>) {
        let is_new_role = self.facts.assigned_role(target, at).is_none_or(|assigned| assigned.role != role);
        self.permit(
            at,
            target,
            &MembershipWrite { to: Some(role), is_new_role, end, ..MembershipWrite::plain("invite") },
        );
        let status = self.member(target).map(|member| member.status.clone()).unwrap_or_default();
        self.refuse_if(status == "DEACTIVATED" && !self.policy.reactivates, "MEMBER_DEACTIVATED");
        match self.facts.assigned_role(target, at) {
            // Whoever is invited to this role already is sent the invitation again.
            Some(assigned) if assigned.role == role && status == "INVITED" => {
                if self.policy.resource_type(&at.0).rules.iter().any(|rule| rule.verb == "resend") {
                    self.permit(at, target, &MembershipWrite::plain("resend"));
                }
            }
            Some(_) => self.refuse_if(true, "ALREADY_A_MEMBER"),
            None => {
                let assigned = AssignedRole { role: role.to_owned(), end };
                self.after.bindings.insert((target.clone(), at.clone()), assigned);
            }
        }
    }

    /// Makes an invited member and an open invitation of somebody who has to accept first.
    fn invite_to_accept(&mut self, target: &Key, grants: &[(Key, String, Option<i64>)]) {
        let email = target.1.clone();
        self.after.members.entry(target.clone()).or_insert_with(|| Member {
            status: "INVITED".to_owned(),
            locked: false,
            profile: Profile { email: Some(email.clone()), ..Profile::default() },
        });
        self.apply_joins_as(target, grants, true);
        let id = self.facts.pending_invitation(&email).map_or(&email, |(id, _)| id).clone();
        let (inviter, status) = (self.actor.clone(), "PENDING".to_owned());
        self.after.invitations.insert(id, Invitation { email, inviter, status });
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
        let bringing = grants.iter().filter(|(at, ..)| joins_as(at).as_ref() == Some(&role));
        let ends = bringing.map(|(at, given, _)| {
            self.permission_ends_at(
                at,
                target,
                &MembershipWrite { to: Some(given), ..MembershipWrite::plain("invite") },
            )
        });
        // None, which is for good, is more than any end.
        let end = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
        let binding = (target.clone(), root);
        match self.after.bindings.get_mut(&binding) {
            Some(assigned) if assigned.role == role => {
                let ends_sooner = assigned.end.is_some_and(|old| end.is_none_or(|end| end > old));
                assigned.end = if ends_sooner { end } else { assigned.end };
            }
            None if is_new => _ = self.after.bindings.insert(binding, AssignedRole { role, end }),
            _ => {}
        }
    }

    pub fn accept(&mut self, invitation: Option<&String>, profile: &Profile) {
        let who = self.actor.clone();
        self.refuse_if(who.1 == "*" || who.0 == "operator" || who.0 == "email", "FIELD_INVALID");
        let Some((id, email)) = self.answerable_invitation(invitation, profile.email.as_deref()) else { return };
        let stand_in = ("email".to_owned(), email);
        let invited = self.remove_invited(&stand_in);
        if let Some(member) = self.member(&who) {
            let (deactivated, locked) = (member.status == "DEACTIVATED", member.locked);
            self.refuse_if(deactivated, "ACTOR_DEACTIVATED");
            self.refuse_if(locked, "ACTOR_LOCKED");
            if let Some(member) = self.after.members.get_mut(&who) {
                member.locked |= invited.locked;
            }
        } else {
            let mut profile = profile.clone();
            if profile.display_name.is_empty() {
                profile.display_name.clone_from(&invited.profile.display_name);
            }
            self.require_free_identifiers(&stand_in, &Profile { email: None, ..profile.clone() });
            let member = Member { status: "ACTIVE".to_owned(), locked: invited.locked, profile };
            self.after.members.insert(who.clone(), member);
        }
        let mut accepted_roles = Vec::new();
        for ((holder, at), assigned) in &self.facts.bindings {
            if *holder != stand_in {
                continue;
            }
            // A role that they have stays as it is, and what protects them keeps others from giving them more.
            if self.facts.assigned_role(&who, at).is_none() && !self.facts.protected(self.policy, &who, at) {
                self.after.bindings.insert((who.clone(), at.clone()), assigned.clone());
                accepted_roles.push((at, &assigned.role));
            }
        }
        let accepts_own_invitation = self.facts.invitations.get(&id).is_some_and(|sent| sent.inviter == who);
        for (at, role) in accepted_roles.iter().filter(|_| accepts_own_invitation) {
            let joins_as = |at: &Key| self.policy.resource_type(&at.0).joins_as.as_ref() == Some(*role);
            if **at != self.root() || !accepted_roles.iter().any(|(at, _)| joins_as(at)) {
                let end = self.facts.assigned_role(&stand_in, at).and_then(|assigned| assigned.end);
                self.permit(
                    at,
                    &who,
                    &MembershipWrite { to: Some(role), is_new_role: true, end, ..MembershipWrite::plain("invite") },
                );
            }
        }
        self.close(&id, "ACCEPTED");
    }

    pub fn decline(&mut self, invitation: Option<&String>, email: &str) {
        if let Some((id, email)) = self.answerable_invitation(invitation, Some(email)) {
            self.remove_invited(&("email".to_owned(), email));
            self.close(&id, "DECLINED");
        }
    }

    /// Allowed to whoever may send it again at one of the resources that they are invited to.
    pub fn resend(&mut self, id: &str) {
        let Some(invited) = self.pending_invitee(id) else { return };
        let resend = MembershipWrite::plain("resend");
        let resources = self.invited_to(&invited);
        let refused =
            resources.iter().map(|at| self.refusals_of(|evaluation| evaluation.permit(at, &invited, &resend)));
        let refused = refused.collect::<Vec<_>>();
        if refused.iter().all(|reasons| !reasons.is_empty()) {
            self.refusals.extend(refused.into_iter().flatten());
        }
        self.refuse_if(self.facts.suppressed.contains(&invited.1), "ADDRESS_SUPPRESSED");
    }

    /// Allowed to whoever may remove them from the tenant, or from every resource that they are invited to.
    pub fn revoke(&mut self, id: &str) {
        let Some(invited) = self.pending_invitee(id) else { return };
        let permit = |evaluation: &mut Self, at: &Key, from: Option<&str>| {
            evaluation.permit(at, &invited, &MembershipWrite { from, ..MembershipWrite::plain("remove") });
        };
        let resources = self.invited_to(&invited);
        let root = self.root();
        let from = |at: &Key| self.facts.assigned_role(&invited, at).map(|assigned| assigned.role.as_str());
        let from_the_tenant = self.refusals_of(|evaluation| permit(evaluation, &root, from(&root)));
        let from_the_resources =
            self.refusals_of(|evaluation| resources.iter().for_each(|at| permit(evaluation, at, from(at))));
        if !from_the_tenant.is_empty() && !from_the_resources.is_empty() {
            self.refusals.extend(from_the_tenant.into_iter().chain(from_the_resources));
        }
        self.remove_invited(&invited);
        self.close(id, "REVOKED");
    }

    pub fn suppress(&mut self, email: &str, suppressed: bool) {
        self.refuse_if(!self.is_operator(), "NOT_PERMITTED");
        let changed = if suppressed {
            self.after.suppressed.insert(email.to_owned())
        } else {
            self.after.suppressed.remove(email)
        };
        self.refuse_if(!changed, if suppressed { "ALREADY_SUPPRESSED" } else { "NOT_SUPPRESSED" });
    }

    /// The id and the email of an open invitation, if the actor's email is the invited one.
    fn answerable_invitation(&mut self, id: Option<&String>, email: Option<&str>) -> Option<(String, String)> {
        let invited = self.pending_invitee(id.map_or("", String::as_str))?;
        self.refuse_if(email != Some(&invited.1), "EMAIL_MISMATCH");
        Some((id?.clone(), invited.1))
    }

    /// The invited member of an invitation, if that exists and is open.
    fn pending_invitee(&mut self, id: &str) -> Option<Key> {
        let found = self.facts.invitations.get(id);
        let reason = match found.map(|row| row.status.as_str()) {
            None => "INVITATION_NOT_FOUND",
            Some("ACCEPTED") => "INVITATION_USED",
            Some("REVOKED") => "INVITATION_REVOKED",
            Some("DECLINED") => "INVITATION_DECLINED",
            Some(_) => return found.map(|row| ("email".to_owned(), row.email.clone())),
        };
        self.refusals.insert(reason);
        None
    }

    /// Removes an invited member and their roles.
    fn remove_invited(&mut self, stand_in: &Key) -> Member {
        self.after.bindings.retain(|(holder, _), _| holder != stand_in);
        self.after.members.remove(stand_in).expect("somebody invited is there")
    }

    pub fn close(&mut self, id: &str, status: &str) {
        self.after.invitations.entry(id.to_owned()).and_modify(|row| status.clone_into(&mut row.status));
    }

    /// The resources that somebody is invited to; the root, if they have no role at all.
    fn invited_to(&self, invited: &Key) -> Vec<Key> {
        let resources = self.facts.bindings.keys().filter(|(holder, _)| holder == invited).map(|(_, at)| at.clone());
        let resources = resources.collect::<Vec<_>>();
        if resources.is_empty() { vec![self.root()] } else { resources }
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
