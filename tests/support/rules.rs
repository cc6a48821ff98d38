//! The rules of `lumicon`, written a second time and as plainly as possible, from the product's guide alone.

use super::{
    facts::{Deed, Facts, Op, Standing},
    names::email_of,
    wire_tenant::OPERATOR,
};

/// What the rules say of a deed in a state.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is allowed, and this is the state after it.
    Allowed(Facts),
    /// It is refused, for one of these reasons.
    Refused(Vec<&'static str>),
}

/// What the rules say of a deed.
pub fn decide(facts: &Facts, deed: &Deed) -> Verdict {
    let mut case = Case { facts, actor: &deed.actor, against: Vec::new(), after: facts.clone() };
    match &deed.op {
        Op::CreateSite { site } => case.create_site(site),
        Op::Invite { whom, place, role } => case.invite(whom, place, role),
        Op::Accept { email, .. } => case.accept(email),
        Op::Change { member, place, role } => case.change(member, place, role),
        Op::Remove { member, place } => case.remove(member, place),
        Op::Lock { member } => case.lock(member),
        Op::Unlock { member } => case.unlock(member),
    }
    if case.against.is_empty() { Verdict::Allowed(case.after) } else { Verdict::Refused(case.against) }
}

struct Case<'a> {
    facts: &'a Facts,
    actor: &'a str,
    against: Vec<&'static str>,
    after: Facts,
}

impl Case<'_> {
    fn create_site(&mut self, site: &str) {
        self.gate();
        self.refuse_if(self.is_operator(), "NOT_PERMITTED");
        self.refuse_if(self.facts.sites.contains(site), "RESOURCE_EXISTS");
        self.after.sites.insert(site.to_owned());
        self.after.bind(self.actor, site, "editor");
    }

    fn invite(&mut self, whom: &str, place: &str, role: &str) {
        self.gate();
        self.exists(place);
        let at_home = place == "workspace";
        let may = if at_home { self.is_operator() || self.is_admin() && role == "user" } else { self.edits(place) };
        self.refuse_if(!may, "NOT_PERMITTED");

        let target = self.resolve(whom);
        match self.facts.members.get(&target) {
            None => self.refuse_if(!target.contains('@'), "MEMBER_NOT_FOUND"),
            Some(standing) => {
                // Somebody invited may be invited again to the same, for a new secret.
                let held = self.facts.role(&target, place);
                let again = !standing.active && held == Some(role);
                self.refuse_if(held.is_some() && !again, "ALREADY_A_MEMBER");
                self.refuse_if(!at_home && self.facts.is_admin(&target), "MEMBER_PROTECTED");
            }
        }
        self.after.members.entry(target.clone()).or_insert(Standing { active: false, locked: false });
        self.after.bind(&target, place, role);
        if self.after.role(&target, "workspace").is_none() {
            self.after.bind(&target, "workspace", "user");
        }
    }

    fn accept(&mut self, email: &str) {
        let Some(standing) = self.after.members.remove(email) else {
            self.against.extend(["INVITATION_NOT_FOUND", "INVITATION_REVOKED", "INVITATION_USED"]);
            return;
        };
        self.after.members.insert(self.actor.to_owned(), Standing { active: true, ..standing });
        let held = self.facts.roles.iter().filter(|((member, _), _)| member == email);
        for ((member, place), role) in held {
            self.after.roles.remove(&(member.clone(), place.clone()));
            self.after.bind(self.actor, place, role);
        }
    }

    fn change(&mut self, member: &str, place: &str, role: &str) {
        self.gate();
        self.exists(place);
        let at_home = place == "workspace";
        self.refuse_if(!if at_home { self.is_operator() } else { self.edits(place) }, "NOT_PERMITTED");
        self.target(member, place);
        self.refuse_if(self.facts.role(member, place) == Some(role), "ROLE_UNCHANGED");
        self.refuse_if(at_home && role != "admin" && self.is_last_admin(member), "LAST_HOLDER");
        self.after.bind(member, place, role);
    }

    fn remove(&mut self, member: &str, place: &str) {
        self.gate();
        self.exists(place);
        let at_home = place == "workspace";
        let leaves = member == self.actor && self.facts.role(member, place) == Some("viewer");
        self.refuse_if(!if at_home { self.is_admin() } else { self.edits(place) || leaves }, "NOT_PERMITTED");
        self.target(member, place);
        if at_home {
            self.refuse_if(self.is_last_admin(member), "LAST_HOLDER");
            self.after.members.remove(member);
            self.after.roles.retain(|(holder, _), _| holder != member);
        } else {
            self.after.roles.remove(&(member.to_owned(), place.to_owned()));
        }
    }

    fn lock(&mut self, member: &str) {
        self.gate();
        self.refuse_if(!self.is_admin(), "NOT_PERMITTED");
        self.set_locked(member, true);
    }

    fn unlock(&mut self, member: &str) {
        self.gate();
        self.refuse_if(!self.is_operator(), "NOT_PERMITTED");
        self.set_locked(member, false);
    }

    fn set_locked(&mut self, member: &str, locked: bool) {
        match self.after.members.get_mut(member) {
            None => self.against.push("MEMBER_NOT_FOUND"),
            Some(standing) if standing.locked == locked => {
                self.against.push(if locked { "ALREADY_LOCKED" } else { "NOT_LOCKED" });
            }
            Some(standing) => standing.locked = locked,
        }
    }

    /// Who may act at all.
    fn gate(&mut self) {
        match self.facts.members.get(self.actor) {
            _ if self.is_operator() => {}
            None => self.against.push("ACTOR_NOT_A_MEMBER"),
            Some(standing) => {
                self.refuse_if(!standing.active, "ACTOR_INVITED");
                self.refuse_if(standing.locked, "ACTOR_LOCKED");
            }
        }
    }

    fn exists(&mut self, place: &str) {
        let exists = place == "workspace" || self.facts.sites.contains(place);
        self.refuse_if(!exists, "RESOURCE_NOT_FOUND");
    }

    /// What holds for whoever is changed or removed: they are there, and no admin in a job site.
    fn target(&mut self, member: &str, place: &str) {
        self.refuse_if(!self.facts.members.contains_key(member), "MEMBER_NOT_FOUND");
        self.refuse_if(self.facts.role(member, place).is_none(), "ROLE_NOT_BOUND");
        self.refuse_if(place != "workspace" && self.facts.is_admin(member), "MEMBER_PROTECTED");
    }

    /// Whoever was only invited as an admin does not count as one yet; a locked one does.
    fn is_last_admin(&self, member: &str) -> bool {
        let active = |admin: &str| self.facts.members[admin].active;
        let is_one = self.facts.is_admin(member) && active(member);
        is_one && !self.facts.admins().any(|admin| admin != member && active(admin))
    }

    /// The member whom an invitee names: an active one by email or id, or the stand-in for an invited email.
    fn resolve(&self, whom: &str) -> String {
        let known = self.facts.members.keys().find(|member| !member.contains('@') && email_of(member) == whom);
        known.map_or(whom, String::as_str).to_owned()
    }

    fn edits(&self, site: &str) -> bool {
        self.is_admin() || self.facts.role(self.actor, site) == Some("editor")
    }

    fn is_admin(&self) -> bool {
        self.facts.is_admin(self.actor)
    }

    fn is_operator(&self) -> bool {
        self.actor == OPERATOR
    }

    fn refuse_if(&mut self, wrong: bool, reason: &'static str) {
        if wrong {
            self.against.push(reason);
        }
    }
}
