//! What writes to members and their roles come to.

use std::collections::BTreeSet;

use super::{
    deeds::Change,
    facts::{Held, Profile},
    rules::{Case, Wanted},
    support::replay::Key,
};

impl Case<'_> {
    /// Several exchanges, each decided as if there were no other; but what they take counts together.
    pub fn changes(&mut self, changes: &[Change]) {
        let (mut seen, mut without) = (BTreeSet::new(), self.facts.clone());
        for change in changes {
            let taken = (change.member.clone(), change.resource.clone());
            without.bindings.remove(&taken);
            self.refuse_if(!seen.insert(taken), "FIELD_INVALID");
            self.change(change);
        }
        self.refuse_if(without.lacks(self.policy, self.facts).is_some(), "LAST_HOLDER");
    }

    pub fn change(&mut self, change: &Change) {
        let Change { member, resource: at, from, to, end } = change;
        let from = from.as_deref();
        let known = self.has_role(at, to) & from.is_none_or(|from| self.has_role(at, from));
        self.refuse_if(self.member(member).is_none(), "MEMBER_NOT_FOUND");
        if !known {
            return;
        }
        let held = self.facts.held(member, at).filter(|held| from.is_none_or(|from| from == held.role));
        let Some(held) = held else {
            self.judge_actor();
            self.refuse_if(self.facts.protected(self.policy, member, at), "MEMBER_PROTECTED");
            return self.refuse_if(true, "NO_ROLE_HERE");
        };
        self.judge(
            at,
            member,
            &Wanted { verb: "change", from: Some(&held.role), to: Some(to), gives: true, end: *end },
        );
        self.refuse_if(held.role == *to && held.end == *end, "ROLE_UNCHANGED");
        let held = Held { role: to.clone(), end: *end };
        self.after.bindings.insert((member.clone(), at.clone()), held);
    }

    pub fn remove(&mut self, member: &Key, at: &Key, role: Option<&str>) {
        let known = self.exists(at) && role.is_none_or(|role| self.has_role(at, role));
        self.refuse_if(self.member(member).is_none(), "MEMBER_NOT_FOUND");
        if !known {
            return;
        }
        let leaves = at.0 == self.policy.root && role.is_none();
        let held = self.facts.held(member, at).filter(|held| role.is_none_or(|role| role == held.role));
        if held.is_none() && !leaves {
            self.judge_actor();
            self.refuse_if(self.facts.protected(self.policy, member, at), "MEMBER_PROTECTED");
            return self.refuse_if(true, "NO_ROLE_HERE");
        }
        let from = held.map(|held| held.role.as_str());
        self.judge(at, member, &Wanted { from, ..Wanted::plain("remove") });
        if !leaves {
            self.after.bindings.remove(&(member.clone(), at.clone()));
            return;
        }
        self.after.members.remove(member);
        self.after.bindings.retain(|(holder, _), _| holder != member);
        for row in self.after.resources.values_mut().filter(|row| row.owner.as_ref() == Some(member)) {
            row.owner = None;
        }
        if member.0 == "email" {
            let open = self.facts.open(&member.1).map(|(id, _)| id.clone()).expect("somebody invited has one");
            self.end(&open, "REVOKED");
        }
    }

    pub fn lock(&mut self, member: &Key, locked: bool) {
        self.judge_plain(member, if locked { "lock" } else { "unlock" });
        let is = self.member(member).is_some_and(|member| member.locked);
        self.refuse_if(is == locked, if locked { "ALREADY_LOCKED" } else { "NOT_LOCKED" });
        self.after.members.entry(member.clone()).and_modify(|row| row.locked = locked);
    }

    pub fn activate(&mut self, member: &Key, active: bool) {
        self.judge_plain(member, if active { "reactivate" } else { "deactivate" });
        let (wanted, then) = if active { ("DEACTIVATED", "ACTIVE") } else { ("ACTIVE", "DEACTIVATED") };
        let is = self.member(member).is_some_and(|member| member.status == wanted);
        self.refuse_if(!is, if active { "NOT_DEACTIVATED" } else { "NOT_ACTIVE" });
        self.after.members.entry(member.clone()).and_modify(|row| then.clone_into(&mut row.status));
        if !active {
            self.after.bindings.retain(|(holder, _), _| holder != member);
        }
    }

    pub fn update(&mut self, member: &Key, profile: &Profile) {
        self.judge_plain(member, "update");
        self.refuse_if(self.member(member).is_some_and(|row| row.profile == *profile), "PROFILE_UNCHANGED");
        self.free(member, profile);
        // The invitation is bound to the email.
        self.refuse_if(member.0 == "email" && profile.email.as_ref() != Some(&member.1), "FIELD_INVALID");
        self.after.members.entry(member.clone()).and_modify(|row| row.profile = profile.clone());
    }
}
