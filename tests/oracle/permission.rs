//! Who may make a write: what an actor must be, and which rule or action allows it.

use std::collections::BTreeSet;

use super::{
    expression::{Expr, OperatorAccess, operator_access},
    facts::{Key, ModelFacts},
    policy::{Action, Rule},
    rules::{Evaluation, MembershipWrite},
};

impl Evaluation<'_> {
    /// Why the actor may not make any write.
    pub fn actor_refusal(&self) -> Option<&'static str> {
        if self.is_operator() {
            return None;
        }
        let is_person = !self.policy.is_team(&self.actor.0);
        let Some(member) = self.member(self.actor).filter(|_| is_person) else { return Some("ACTOR_NOT_A_MEMBER") };
        match member.status.as_str() {
            "INVITED" => Some("ACTOR_INVITED"),
            "DEACTIVATED" => Some("ACTOR_DEACTIVATED"),
            _ => member.locked.then_some("ACTOR_LOCKED"),
        }
    }

    /// Refuses an actor who may not make any write.
    pub fn permit_actor(&mut self) {
        self.refusals.extend(self.actor_refusal());
    }

    /// A write to a member that is about no role.
    pub fn permit_without_roles(&mut self, member: &Key, verb: &str) {
        self.permit(&self.root(), member, &MembershipWrite::plain(verb));
    }

    /// A membership write, by the `[TYPE.members]` rules of the resource's type.
    pub fn permit(&mut self, at: &Key, target: &Key, write: &MembershipWrite<'_>) {
        self.permit_actor();
        self.refusals.extend(self.team_refusals(at, target, write));
        let new = write.verb == "invite" && target.0 == "email";
        self.refuse_if(!new && self.member(target).is_none() && target.1 != "*", "MEMBER_NOT_FOUND");
        let moves_roles = ["invite", "change", "remove"].contains(&write.verb);
        self.refuse_if(moves_roles && self.facts.protected(self.policy, target, at), "MEMBER_PROTECTED");
        let allowed = self.is_permitted(at, target, write);
        self.refuse_if(!allowed, "NOT_PERMITTED");
        if allowed && write.is_new_role {
            let latest = self.permission_ends_at(at, target, write);
            let outlasts = |latest| write.end.is_none_or(|end| end > latest);
            self.refuse_if(latest.is_some_and(outlasts) && !self.narrows_role(at, target, write), "OUTLASTS_GRANTER");
        }
        self.refuse_if(target.1 == "*" && write.verb != "invite", "MEMBER_NOT_FOUND");
    }

    /// Why a team can't be written to like this: only roles of its are, which teams may hold, and it is in no circle of teams.
    fn team_refusals(&self, at: &Key, target: &Key, write: &MembershipWrite<'_>) -> Vec<&'static str> {
        if !self.policy.is_team(&target.0) || write.verb == "remove" {
            return Vec::new();
        }
        let role = write.to.and_then(|to| self.policy.resource_type(&at.0).roles.get(to));
        let is_circle = at == target || self.facts.teams(self.policy, at).contains(target);
        let refusals = [
            (!role.is_some_and(|role| role.for_teams), "SUBJECT_NOT_ELIGIBLE"),
            (self.policy.is_team(&at.0) && is_circle, "TEAM_CYCLE"),
        ];
        refusals.into_iter().filter_map(|(is_refused, reason)| is_refused.then_some(reason)).collect()
    }

    /// Whether a rule allows the actor a membership write.
    pub fn is_permitted(&self, at: &Key, target: &Key, write: &MembershipWrite<'_>) -> bool {
        self.permitting_rule(at, target, write).is_some()
    }

    /// The first rule that allows the actor a membership write.
    pub fn permitting_rule(&self, at: &Key, target: &Key, write: &MembershipWrite<'_>) -> Option<&Rule> {
        self.permitting_rules(at, target, write).next()
    }

    fn permitting_rules(&self, at: &Key, target: &Key, write: &MembershipWrite<'_>) -> impl Iterator<Item = &Rule> {
        // To invite everybody is to publish, and nobody does here.
        let (policy, verb) = (self.policy, if target.1 == "*" { "publish" } else { write.verb });
        assert!(
            policy.resource_type(&at.0).rules.iter().all(|rule| rule.verb != "publish"),
            "the oracle knows no `publish`"
        );
        policy.resource_type(&at.0).rules.iter().filter(move |rule| {
            let has = |from: &str| rule.from.iter().any(|name| name == from || name == "anyone");
            let from = match (verb, write.from) {
                ("change", from) => from.is_none_or(has),
                ("remove", from) => has(from.unwrap_or("anyone")),
                // A write that takes no role: the rule may say which one the target holds.
                _ => {
                    let assigned = self.facts.assigned_role(target, at);
                    rule.from.is_empty() || has(assigned.map_or("anyone", |assigned| &assigned.role))
                }
            };
            let to = write.to.is_none_or(|to| rule.to.iter().any(|name| name == to));
            let whom = || rule.whom.as_ref().is_none_or(|whom| self.is_said_of(whom, at, (target, write.beside)));
            rule.verb == verb && from && to && whom() && self.satisfies(&rule.by, at, Some(target))
        })
    }

    /// Whether a change leaves somebody with no more than they have, and for no longer.
    fn narrows_role(&self, at: &Key, target: &Key, write: &MembershipWrite<'_>) -> bool {
        let (Some(assigned), Some(to), "change") = (self.facts.assigned_role(target, at), write.to, write.verb) else {
            return false;
        };
        let less = self.policy.includes_role(&(at.0.clone(), assigned.role.clone()), &at.0, to);
        less && assigned.end.is_none_or(|old| write.end.is_some_and(|end| end <= old))
    }

    /// The first expiry of one of the actor's roles after which no rule allows the write that one allows now.
    pub fn permission_ends_at(&self, at: &Key, target: &Key, write: &MembershipWrite<'_>) -> Option<i64> {
        if self.permitting_rules(at, target, write).any(|rule| rule.may_outlast) {
            return None;
        }
        self.ends_at(|evaluation| !evaluation.is_permitted(at, target, write))
    }

    /// The first expiry of one of the actor's roles after which they may create no such resource below the parent.
    pub fn creation_ends_at(&self, resource_type: &str, parent: &Key) -> Option<i64> {
        let actions = &self.policy.resource_type(resource_type).create_actions;
        let rules = actions.iter().filter_map(|name| self.policy.resource_type(&parent.0).actions.get(name));
        let rules: Vec<&Action> = rules.collect();
        self.ends_at(|evaluation| !rules.iter().any(|action| evaluation.satisfies(&action.rule, parent, None)))
    }

    /// The first expiry of one of the actor's roles after which something holds.
    fn ends_at(&self, holds: impl Fn(&Evaluation<'_>) -> bool) -> Option<i64> {
        let teams = self.facts.teams(self.policy, self.actor);
        let is_theirs = |holder: &Key| holder == self.actor || teams.contains(holder);
        let actor_bindings = self.facts.bindings.iter().filter(|((holder, _), _)| is_theirs(holder));
        let ends = actor_bindings.filter_map(|(_, assigned)| assigned.end).collect::<BTreeSet<_>>();
        ends.into_iter().find(|end| {
            let mut facts = self.facts.clone();
            facts.bindings.retain(|_, assigned| assigned.end.is_none_or(|other| other > *end));
            let evaluation =
                Evaluation { facts: &facts, refusals: BTreeSet::new(), after: ModelFacts::default(), ..*self };
            holds(&evaluation)
        })
    }

    /// Requires one of the type's `create_actions` at the parent.
    pub fn may_create(&mut self, resource_type: &str, parent: &Key) {
        let (policy, resource_type) = (self.policy, self.policy.resource_type(resource_type));
        let actions =
            resource_type.create_actions.iter().filter_map(|name| policy.resource_type(&parent.0).actions.get(name));
        self.resource_permission(parent, &actions.collect::<Vec<_>>());
    }

    /// Requires the first action that exists for this: one of the resource's own type, or of its parent's.
    pub fn may_do(&mut self, resource: &Key, words: &[&str]) {
        let policy = self.policy;
        let find = |at: &Key| {
            let named = |word: &&str| policy.resource_type(&at.0).actions.get(&format!("{}.{word}", resource.0));
            words.iter().find_map(named)
        };
        let parent = self.facts.resources[resource].parent.clone().expect("it is below the root");
        match (find(resource), find(&parent)) {
            (Some(action), _) => self.resource_permission(resource, &[action]),
            (None, above) => self.resource_permission(&parent, above.as_slice()),
        }
    }

    /// Requires one of these actions at a resource.
    fn resource_permission(&mut self, at: &Key, actions: &[&Action]) {
        self.permit_actor();
        let archived = self.facts.ancestors(at).iter().any(|above| self.facts.resources[above].archived);
        let open = |action: &&&Action| action.when_archived || !archived;
        let may = actions.iter().filter(open).any(|action| self.satisfies(&action.rule, at, None));
        self.refuse_if(!may && archived, "RESOURCE_ARCHIVED");
        self.refuse_if(!may, "NOT_PERMITTED");
    }

    /// Whether the actor fulfils a rule at a resource, in a write to a target if it is one.
    fn satisfies(&self, rule: &Expr, at: &Key, target: Option<&Key>) -> bool {
        if self.is_operator() {
            return operator_access(rule, true) == OperatorAccess::Named;
        }
        let part = |part: &Expr| self.satisfies(part, at, target);
        match rule {
            Expr::Not(inner) => !part(inner),
            Expr::All(parts) => parts.iter().all(part),
            Expr::Any(parts) => parts.iter().any(part),
            Expr::Name(name) => match name.as_str() {
                "anyone" => true,
                "operator" | "nobody" => false,
                "self" => target == Some(self.actor),
                name => self.has(self.actor, name, at),
            },
        }
    }

    /// Whether a rule's `whom` is said of a target, by what they hold or are invited to, and what they are given beside.
    fn is_said_of(&self, whom: &Expr, at: &Key, (target, beside): (&Key, &[(Key, String)])) -> bool {
        let part = |part: &Expr| self.is_said_of(part, at, (target, beside));
        match whom {
            Expr::Not(inner) => !part(inner),
            Expr::All(parts) => parts.iter().all(part),
            Expr::Any(parts) => parts.iter().any(part),
            Expr::Name(name) => match name.as_str() {
                "anyone" => self.member(target).is_some_and(|member| member.status == "ACTIVE"),
                "nobody" => false,
                name => {
                    let brings = |above: &Key, role: &String| {
                        let is_known = self.policy.resource_type(&above.0).roles.contains_key(role);
                        is_known && self.policy.includes_role(&(above.0.clone(), role.clone()), &at.0, name)
                    };
                    let given =
                        |above: &Key| beside.iter().any(|(given_at, role)| given_at == above && brings(above, role));
                    let through = |(team, _): &(Key, String)| self.policy.is_team(&team.0) && self.has(team, name, at);
                    let is_given = || self.facts.ancestors(at).iter().any(given) || beside.iter().any(through);
                    self.has(target, name, at) || name != "owner" && is_given()
                }
            },
        }
    }

    /// Whether somebody owns a resource, or has the role that a rule names there.
    fn has(&self, subject: &Key, name: &str, at: &Key) -> bool {
        if name == "owner" && self.policy.resource_type(&at.0).owned {
            return self.facts.resources[at].owner.as_ref() == Some(subject);
        }
        let mut holders = self.facts.teams(self.policy, subject);
        holders.push(subject.clone());
        self.facts.ancestors(at).iter().any(|above| {
            let mut assigned = holders.iter().filter_map(|holder| self.facts.assigned_role(holder, above));
            assigned.any(|assigned| self.policy.includes_role(&(above.0.clone(), assigned.role.clone()), &at.0, name))
        })
    }
}
