//! What invitations come to, from issue to answer.

use std::collections::BTreeSet;

use super::{
    deeds::Who,
    facts::{Held, Invitation, Member, Profile},
    rules::{Case, Wanted},
    support::replay::Key,
};

impl Case<'_> {
    pub fn invite(&mut self, invitees: &[Who], grants: &[(Key, String, Option<i64>)]) {
        let mut places = BTreeSet::new();
        for (at, role, _) in grants {
            self.refuse_if(!places.insert(at), "FIELD_INVALID");
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
                self.joins(&target, grants, true);
            } else if status == "ACTIVE" {
                self.joins(&target, grants, false);
            } else {
                self.refuse_if(self.facts.suppressed.contains(&target.1), "ADDRESS_SUPPRESSED");
                self.offer(&target, grants);
            }
        }
    }

    fn invite_one(&mut self, target: &Key, at: &Key, role: &str, end: Option<i64>) {
        let gives = self.facts.held(target, at).is_none_or(|held| held.role != role);
        self.judge(at, target, &Wanted { to: Some(role), gives, end, ..Wanted::plain("invite") });
        let status = self.member(target).map(|member| member.status.clone()).unwrap_or_default();
        self.refuse_if(status == "DEACTIVATED" && !self.policy.reactivates, "MEMBER_DEACTIVATED");
        match self.facts.held(target, at) {
            // Whoever is invited to this already is sent the invitation again.
            Some(held) if held.role == role && status == "INVITED" => {
                if self.policy.of(&at.0).rules.iter().any(|rule| rule.verb == "resend") {
                    self.judge(at, target, &Wanted::plain("resend"));
                }
            }
            Some(_) => self.refuse_if(true, "ALREADY_A_MEMBER"),
            None => {
                let held = Held { role: role.to_owned(), end };
                self.after.bindings.insert((target.clone(), at.clone()), held);
            }
        }
    }

    /// What becomes of somebody who has to accept first.
    fn offer(&mut self, target: &Key, grants: &[(Key, String, Option<i64>)]) {
        let email = target.1.clone();
        self.after.members.entry(target.clone()).or_insert_with(|| Member {
            status: "INVITED".to_owned(),
            locked: false,
            profile: Profile { email: Some(email.clone()), ..Profile::default() },
        });
        self.joins(target, grants, true);
        let id = self.facts.open(&email).map_or(&email, |(id, _)| id).clone();
        let (inviter, status) = (self.actor.clone(), "PENDING".to_owned());
        self.after.invitations.insert(id, Invitation { email, inviter, status });
    }

    /// Whoever comes into the tenant by way of a place gets what that place gives them there, or has it for longer.
    fn joins(&mut self, target: &Key, grants: &[(Key, String, Option<i64>)], is_new: bool) {
        let root = self.root();
        let brings = |at: &Key| self.policy.of(&at.0).joins_as.clone();
        let Some(role) = grants.iter().find_map(|(at, ..)| brings(at)) else { return };
        if grants.iter().any(|(at, ..)| *at == root) {
            return;
        }
        let bringing = grants.iter().filter(|(at, ..)| brings(at).as_ref() == Some(&role));
        let ends = bringing
            .map(|(at, given, _)| self.until(at, target, &Wanted { to: Some(given), ..Wanted::plain("invite") }));
        // None, which is for good, is more than any end.
        let end = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
        let place = (target.clone(), root);
        match self.after.bindings.get_mut(&place) {
            Some(held) if held.role == role => {
                let ends_sooner = held.end.is_some_and(|old| end.is_none_or(|end| end > old));
                held.end = if ends_sooner { end } else { held.end };
            }
            None if is_new => _ = self.after.bindings.insert(place, Held { role, end }),
            _ => {}
        }
    }

    pub fn accept(&mut self, invitation: Option<&String>, profile: &Profile) {
        let who = self.actor.clone();
        self.refuse_if(who.1 == "*" || who.0 == "operator" || who.0 == "email", "FIELD_INVALID");
        let Some((id, email)) = self.opened(invitation, profile.email.as_deref()) else { return };
        let stand_in = ("email".to_owned(), email);
        let invited = self.gone(&stand_in);
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
            self.free(&stand_in, &Profile { email: None, ..profile.clone() });
            let member = Member { status: "ACTIVE".to_owned(), locked: invited.locked, profile };
            self.after.members.insert(who.clone(), member);
        }
        let mut taken = Vec::new();
        for ((holder, at), held) in &self.facts.bindings {
            if *holder != stand_in {
                continue;
            }
            // What they have already stays as it is, and what protects them keeps others from giving them more.
            if self.facts.held(&who, at).is_none() && !self.facts.protected(self.policy, &who, at) {
                self.after.bindings.insert((who.clone(), at.clone()), held.clone());
                taken.push((at, &held.role));
            }
        }
        let own = self.facts.invitations.get(&id).is_some_and(|sent| sent.inviter == who);
        for (at, role) in taken.iter().filter(|_| own) {
            let brings = |at: &Key| self.policy.of(&at.0).joins_as.as_ref() == Some(*role);
            if **at != self.root() || !taken.iter().any(|(at, _)| brings(at)) {
                let end = self.facts.held(&stand_in, at).and_then(|held| held.end);
                self.judge(at, &who, &Wanted { to: Some(role), gives: true, end, ..Wanted::plain("invite") });
            }
        }
        self.end(&id, "ACCEPTED");
    }

    pub fn decline(&mut self, invitation: Option<&String>, email: &str) {
        if let Some((id, email)) = self.opened(invitation, Some(email)) {
            self.gone(&("email".to_owned(), email));
            self.end(&id, "DECLINED");
        }
    }

    /// By whoever may send it again at one of the places that they are invited to.
    pub fn resend(&mut self, id: &str) {
        let Some(invited) = self.invited(id) else { return };
        let resend = Wanted::plain("resend");
        let places = self.places(&invited);
        let refused = places.iter().map(|at| self.refusals(|case| case.judge(at, &invited, &resend)));
        let refused = refused.collect::<Vec<_>>();
        if refused.iter().all(|reasons| !reasons.is_empty()) {
            self.against.extend(refused.into_iter().flatten());
        }
        self.refuse_if(self.facts.suppressed.contains(&invited.1), "ADDRESS_SUPPRESSED");
    }

    /// By whoever may remove them from the tenant, or from every place that they are invited to.
    pub fn revoke(&mut self, id: &str) {
        let Some(invited) = self.invited(id) else { return };
        let judged = |case: &mut Self, at: &Key, from: Option<&str>| {
            case.judge(at, &invited, &Wanted { from, ..Wanted::plain("remove") });
        };
        let places = self.places(&invited);
        let root = self.root();
        let from = |at: &Key| self.facts.held(&invited, at).map(|held| held.role.as_str());
        let from_the_tenant = self.refusals(|case| judged(case, &root, from(&root)));
        let from_the_places = self.refusals(|case| places.iter().for_each(|at| judged(case, at, from(at))));
        if !from_the_tenant.is_empty() && !from_the_places.is_empty() {
            self.against.extend(from_the_tenant.into_iter().chain(from_the_places));
        }
        self.gone(&invited);
        self.end(id, "REVOKED");
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

    /// The invitation that a token opens, by id, for whoever has the email; with that.
    fn opened(&mut self, id: Option<&String>, email: Option<&str>) -> Option<(String, String)> {
        let invited = self.invited(id.map_or("", String::as_str))?;
        self.refuse_if(email != Some(&invited.1), "EMAIL_MISMATCH");
        Some((id?.clone(), invited.1))
    }

    /// Who stands in for somebody invited, if the invitation is there and open.
    fn invited(&mut self, id: &str) -> Option<Key> {
        let found = self.facts.invitations.get(id);
        let reason = match found.map(|row| row.status.as_str()) {
            None => "INVITATION_NOT_FOUND",
            Some("ACCEPTED") => "INVITATION_USED",
            Some("REVOKED") => "INVITATION_REVOKED",
            Some("DECLINED") => "INVITATION_DECLINED",
            Some(_) => return found.map(|row| ("email".to_owned(), row.email.clone())),
        };
        self.against.insert(reason);
        None
    }

    /// Takes somebody invited away, with what they held.
    fn gone(&mut self, stand_in: &Key) -> Member {
        self.after.bindings.retain(|(holder, _), _| holder != stand_in);
        self.after.members.remove(stand_in).expect("somebody invited is there")
    }

    pub fn end(&mut self, id: &str, status: &str) {
        self.after.invitations.entry(id.to_owned()).and_modify(|row| status.clone_into(&mut row.status));
    }

    /// Where somebody is invited to; the tenant, if they hold nothing at all.
    fn places(&self, invited: &Key) -> Vec<Key> {
        let places = self.facts.bindings.keys().filter(|(holder, _)| holder == invited).map(|(_, at)| at.clone());
        let places = places.collect::<Vec<_>>();
        if places.is_empty() { vec![self.root()] } else { places }
    }

    /// The subject that an invitee names: whoever has the email, or the stand-in for somebody new.
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
