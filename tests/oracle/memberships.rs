//! What writes to members and their roles do, and when they are refused.

use std::collections::BTreeSet;

use super::{
    facts::{AssignedRole, Earlier, Key, Profile},
    operations::RoleChange,
    rules::{Evaluation, MembershipWrite},
};

/// What the changes before one give the same member.
fn given_before(changes: &[RoleChange], index: usize) -> Vec<(Key, String)> {
    let before = changes[..index].iter().filter(|other| other.member == changes[index].member);
    before.map(|other| (other.resource.clone(), other.to.clone())).collect()
}

impl Evaluation<'_> {
    /// Several exchanges, each decided as if there were no other but what those before give the same member; and holders are counted
    /// after all of them.
    pub fn changes(&mut self, changes: &[RoleChange]) {
        let mut seen = BTreeSet::new();
        for (index, change) in changes.iter().enumerate() {
            let binding = (change.member.clone(), change.resource.clone());
            self.refuse_if(!seen.insert(binding), "FIELD_INVALID");
            self.change_one(change, &given_before(changes, index));
        }
        self.follow(changes);
    }

    pub fn change(&mut self, change: &RoleChange) {
        self.change_one(change, &[]);
        self.follow(std::slice::from_ref(change));
    }

    /// Has joining roles last as long as a role that they came with, where nobody changes them by the same write.
    fn follow(&mut self, changes: &[RoleChange]) {
        let root = self.root();
        for (index, RoleChange { member, resource: at, to, end, .. }) in changes.iter().enumerate() {
            if changes.iter().any(|other| other.member == *member && other.resource == root) {
                continue;
            }
            let (Some(joins_as), Some(before)) =
                (self.policy.resource_type(&at.0).joins_as.clone(), self.facts.assigned_role(member, at))
            else {
                continue;
            };
            let change = MembershipWrite {
                verb: "change",
                from: Some(&before.role),
                to: Some(to),
                is_new_role: true,
                end: None,
                beside: &given_before(changes, index),
            };
            let right = self.permission_ends_at(at, member, &change);
            let end = [right, *end].into_iter().flatten().min();
            let by = self.actor.clone();
            let joining = self.after.bindings.get_mut(&(member.clone(), root.clone()));
            if let Some(joining) = joining.filter(|joining| joining.role == joins_as)
                && joining.rule.is_none()
                && joining.end.is_some_and(|old| end.is_none_or(|end| end > old))
            {
                *joining = AssignedRole::new(&joins_as, end, &by, None);
            }
        }
    }

    fn change_one(&mut self, change: &RoleChange, beside: &[(Key, String)]) {
        let RoleChange { member, resource: at, from, to, end } = change;
        let from = from.as_deref();
        let known = self.has_role(at, to) & from.is_none_or(|from| self.has_role(at, from));
        self.refuse_if(self.member(member).is_none(), "MEMBER_NOT_FOUND");
        if !known {
            return;
        }
        let assigned =
            self.facts.assigned_role(member, at).filter(|assigned| from.is_none_or(|from| from == assigned.role));
        let Some(assigned) = assigned else {
            self.permit_actor();
            self.refuse_if(self.facts.protected(self.policy, member, at), "MEMBER_PROTECTED");
            return self.refuse_if(true, "ROLE_NOT_BOUND");
        };
        let from = Some(&*assigned.role);
        let write = MembershipWrite { verb: "change", from, to: Some(to), is_new_role: true, end: *end, beside };
        self.permit(at, member, &write);
        self.refuse_if(assigned.role == *to && assigned.end == *end, "ROLE_UNCHANGED");
        let rule = self.permitting_rule(at, member, &write).map(|rule| (self.policy.version, rule.line));
        let is_offer = self.member(member).is_some_and(|member| member.status == "INVITED");
        let mut changed = AssignedRole::new(to, *end, self.actor, rule);
        if is_offer {
            changed.changed = true;
            changed.before.0.clone_from(&assigned.before.0);
            changed.before.0.push(AssignedRole { before: Earlier::default(), ..assigned.clone() });
        }
        self.after.bindings.insert((member.clone(), at.clone()), changed);
    }

    pub fn remove(&mut self, member: &Key, at: &Key, role: Option<&str>) {
        let known = self.exists(at) && role.is_none_or(|role| self.has_role(at, role));
        self.refuse_if(self.member(member).is_none(), "MEMBER_NOT_FOUND");
        if !known {
            return;
        }
        let leaves = at.0 == self.policy.root && role.is_none() && !self.policy.is_team(&member.0);
        let assigned =
            self.facts.assigned_role(member, at).filter(|assigned| role.is_none_or(|role| role == assigned.role));
        if assigned.is_none() && !leaves {
            self.permit_actor();
            self.refuse_if(self.facts.protected(self.policy, member, at), "MEMBER_PROTECTED");
            return self.refuse_if(true, "ROLE_NOT_BOUND");
        }
        let from = assigned.map(|assigned| assigned.role.as_str());
        self.permit(at, member, &MembershipWrite { from, ..MembershipWrite::plain("remove") });
        if !leaves {
            self.after.bindings.remove(&(member.clone(), at.clone()));
            return;
        }
        self.after.members.remove(member);
        self.after.bindings.retain(|(holder, _), _| holder != member);
        for row in self.after.resources.values_mut().filter(|row| row.owner.as_ref() == Some(member)) {
            row.owner = None;
        }
        let pending = self.facts.open_invitation(&member.1).filter(|_| member.0 == "email");
        if let Some((id, _)) = pending {
            self.close(id, "REVOKED");
        }
    }

    pub fn lock(&mut self, member: &Key, locked: bool) {
        self.permit_without_roles(member, if locked { "lock" } else { "unlock" });
        let is = self.member(member).is_some_and(|member| member.locked);
        self.refuse_if(is == locked, if locked { "ALREADY_LOCKED" } else { "NOT_LOCKED" });
        self.after.members.entry(member.clone()).and_modify(|row| row.locked = locked);
    }

    pub fn activate(&mut self, member: &Key, active: bool) {
        self.permit_without_roles(member, if active { "reactivate" } else { "deactivate" });
        let (required_status, new_status) = if active { ("DEACTIVATED", "ACTIVE") } else { ("ACTIVE", "DEACTIVATED") };
        let is = self.member(member).is_some_and(|member| member.status == required_status);
        self.refuse_if(!is, if active { "NOT_DEACTIVATED" } else { "NOT_ACTIVE" });
        self.after.members.entry(member.clone()).and_modify(|row| new_status.clone_into(&mut row.status));
        self.after.bindings.retain(|(holder, _), _| holder != member);
    }

    pub fn update(&mut self, member: &Key, profile: &Profile) {
        self.permit_without_roles(member, "update");
        self.refuse_if(self.member(member).is_some_and(|row| row.profile == *profile), "PROFILE_UNCHANGED");
        self.require_free_identifiers(member, profile);
        // The invitation is bound to the email.
        self.refuse_if(member.0 == "email" && profile.email.as_ref() != Some(&member.1), "FIELD_INVALID");
        self.after.members.entry(member.clone()).and_modify(|row| row.profile = profile.clone());
    }
}
