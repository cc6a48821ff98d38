//! The invariants that every write to a tenant must keep, whatever it is.

use std::collections::BTreeSet;

use super::{
    facts::{AssignedRole, Key, ModelFacts},
    policy::PolicyFile,
    rules::{Evaluation, MembershipWrite},
};

impl ModelFacts {
    /// How many people who can act have a role at a resource without an end.
    pub fn count_permanent_holders(&self, at: &Key, role: &str) -> usize {
        let can_act = |holder: &Key| {
            let member = &self.members[holder];
            holder.0 == "user" && holder.1 != "*" && member.status == "ACTIVE" && !member.locked
        };
        let counts = |((holder, resource), assigned): &(&(Key, Key), &AssignedRole)| {
            resource == at && assigned.role == role && assigned.end.is_none() && can_act(holder)
        };
        self.bindings.iter().filter(counts).count()
    }

    /// The role, if any, that has fewer holders at a resource than it must keep, and had enough.
    pub fn role_short_of_holders(&self, policy: &PolicyFile, before: &Self) -> Option<(Key, String)> {
        for at in self.resources.keys().filter(|at| before.resources.contains_key(*at)) {
            for (name, role) in &policy.resource_type(&at.0).roles {
                let (had, has) = (before.count_permanent_holders(at, name), self.count_permanent_holders(at, name));
                if has < had && has < role.at_least {
                    return Some((at.clone(), name.clone()));
                }
            }
        }
        None
    }

    /// Asserts that each role that counts since a write is one that its recorded giver could give at that very moment, to
    /// whoever has it now and for as long; or one that comes along, with a resource that they created or a role that brings it.
    fn assert_givers(&self, policy: &PolicyFile, before: &Self) {
        let counts = |holder: &Key| self.members.get(holder).is_some_and(|member| member.status == "ACTIVE");
        let is_new = |binding: &(&(Key, Key), &AssignedRole)| before.bindings.get(binding.0) != Some(binding.1);
        for ((holder, at), assigned) in self.bindings.iter().filter(|((holder, _), _)| counts(holder)).filter(is_new) {
            if !before.resources.contains_key(at) {
                continue;
            }
            let giver = Evaluation {
                policy,
                facts: before,
                actor: &assigned.by,
                refusals: BTreeSet::new(),
                after: Self::default(),
            };
            let others = self.bindings.iter().filter(|((other, _), _)| other == holder).filter(is_new);
            let others = others.filter(|((_, other), _)| other != at);
            let beside: Vec<_> = others.map(|((_, at), assigned)| (at.clone(), assigned.role.clone())).collect();
            if assigned.changed && before.assigned_role(holder, at).is_none() {
                let is_made = giver.gives_still(holder, at, assigned, &beside);
                assert!(is_made, "{holder:?} has {assigned:?} at {at:?}, which not everybody could offer who did");
                continue;
            }
            let was = before.assigned_role(holder, at).map(|assigned| assigned.role.as_str());
            let write =
                MembershipWrite { to: Some(&assigned.role), end: assigned.end, ..MembershipWrite::plain("invite") };
            let rule = assigned.rule.and_then(|rule| policy.rule_named(&at.0, rule));
            let giving = policy.resource_type(&at.0).rules.iter().filter(|rule| rule.to.contains(&assigned.role));
            let raised = rule.map_or_else(|| giving.collect(), |rule| vec![rule]);
            let raised = raised.iter().flat_map(|rule| &rule.from).map(String::as_str);
            let changes = raised.chain(was);
            let changes = changes.map(|from| MembershipWrite { verb: "change", from: Some(from), ..write });
            let is_within = |latest: i64| assigned.end.is_some_and(|end| end <= latest);
            let narrows = before.assigned_role(holder, at).is_some_and(|was| {
                let had = (at.0.clone(), was.role.clone());
                policy.includes_role(&had, &at.0, &assigned.role) && was.end.is_none_or(is_within)
            });
            let is_given = |write: &MembershipWrite<'_>| {
                giver.is_permitted(at, holder, write)
                    && (narrows || giver.permission_ends_at(at, holder, write).is_none_or(is_within))
            };
            let can_give = giver.actor_refusal().is_none()
                && [write].into_iter().chain(changes).any(|write| {
                    // In the order of the calls or, at an acceptance, after others.
                    is_given(&write) || is_given(&MembershipWrite { beside: &beside, ..write })
                });
            let brings = |((other, below), brings): (&(Key, Key), &AssignedRole)| {
                other == holder
                    && policy.resource_type(&below.0).joins_as.as_ref() == Some(&assigned.role)
                    && brings.end.is_none_or(|end| assigned.end.is_some_and(|own| own <= end))
            };
            let joins = at.0 == policy.root && self.bindings.iter().any(brings);
            assert!(can_give || joins, "{holder:?} has {assigned:?} at {at:?}, which nobody could give");
        }
    }

    /// Asserts what must hold after every write, whatever it was.
    pub fn assert_invariants(&self, policy: &PolicyFile, before: &Self) {
        self.assert_givers(policy, before);
        assert_eq!(self.role_short_of_holders(policy, before), None, "a role keeps its last holders");
        for ((holder, at), assigned) in &before.bindings {
            let stays = self.members.get(holder).is_some_and(|member| member.status == "ACTIVE");
            if stays && self.resources.contains_key(at) && before.protected(policy, holder, at) {
                assert_eq!(self.assigned_role(holder, at), Some(assigned), "{holder:?} is protected at {at:?}");
            }
        }
        for (key, resource) in &self.resources {
            let top = self.ancestors(key).pop().expect("itself at least");
            assert_eq!(top.0, policy.root, "{key:?} hangs from the root");
            let owner = resource.owner.as_ref();
            assert!(owner.is_none_or(|owner| self.members.contains_key(owner)), "{key:?} is owned by a member");
            assert!(owner.is_none() || policy.resource_type(&key.0).owned, "{key:?} has no owner");
        }
        for (subject, member) in &self.members {
            let invited = member.status == "INVITED";
            assert_eq!(invited, subject.0 == "email", "only an email is invited: {subject:?}");
            assert!(!invited || self.open_invitation(&subject.1).is_some(), "{subject:?} has an open invitation");
        }
        let open = self.invitations.values().filter(|invitation| invitation.is_open());
        for invitation in open {
            let invited = ("email".to_owned(), invitation.email.clone());
            assert!(self.members.contains_key(&invited), "{invited:?} is invited");
        }
    }
}
