//! What every write asks: who may act, which rule lets them, and what is there.

use std::collections::BTreeSet;

use super::{
    facts::{Facts, Member, Profile},
    policy::{Action, Expr},
    rules::{Case, Wanted},
    support::replay::Key,
};

impl Case<'_> {
    /// What a look says against the deed, put aside.
    pub fn refusals(&self, look: impl FnOnce(&mut Self)) -> BTreeSet<&'static str> {
        let mut case = Self { against: BTreeSet::new(), after: Facts::default(), ..*self };
        look(&mut case);
        case.against
    }

    pub fn root(&self) -> Key {
        let mut roots = self.facts.resources.keys().filter(|key| key.0 == self.policy.root);
        roots.next().expect("there is a root").clone()
    }

    pub fn member(&self, subject: &Key) -> Option<&Member> {
        self.facts.members.get(subject)
    }

    /// Nobody else may have an identifier.
    pub fn free(&mut self, owner: &Key, profile: &Profile) {
        let clash = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        let taken = self.facts.members.iter().filter(|(subject, _)| *subject != owner).any(|(_, row)| {
            let has = &row.profile;
            let names = clash(&has.username, &profile.username) || clash(&has.phone, &profile.phone);
            names || clash(&has.email, &profile.email)
        });
        self.refuse_if(taken, "IDENTIFIER_TAKEN");
    }

    pub fn exists(&mut self, resource: &Key) -> bool {
        let exists = self.facts.resources.contains_key(resource);
        self.refuse_if(!exists, "RESOURCE_NOT_FOUND");
        exists
    }

    pub fn below_the_root(&mut self, resource: &Key) -> bool {
        let exists = self.exists(resource);
        self.refuse_if(exists && resource.0 == self.policy.root, "FIELD_INVALID");
        exists && resource.0 != self.policy.root
    }

    pub fn has_role(&mut self, at: &Key, role: &str) -> bool {
        let known = self.policy.of(&at.0).roles.contains_key(role);
        self.refuse_if(!known, "UNKNOWN_ROLE");
        self.exists(at) && known
    }

    /// The parent that a resource of a type would have.
    pub fn parent_of(&mut self, of: &str, parent: Option<&Key>) -> Option<Key> {
        let (name, of) = (of, self.policy.of(of));
        let Some(above) = of.parent.as_ref().filter(|_| !of.member_records) else {
            self.refuse_if(true, "FIELD_INVALID");
            return None;
        };
        assert_ne!(name, self.policy.root);
        let root = self.root();
        let parent = match parent {
            None if *above == self.policy.root => &root,
            None => {
                self.refuse_if(true, "FIELD_REQUIRED");
                return None;
            }
            Some(parent) => parent,
        };
        self.refuse_if(parent.0 != *above, "FIELD_INVALID");
        (parent.0 == *above && self.exists(parent)).then(|| parent.clone())
    }

    /// Why an actor may not act at all.
    fn barred(&self) -> Option<&'static str> {
        if self.is_operator() {
            return None;
        }
        let Some(member) = self.member(self.actor) else { return Some("ACTOR_NOT_A_MEMBER") };
        match member.status.as_str() {
            "INVITED" => Some("ACTOR_INVITED"),
            "DEACTIVATED" => Some("ACTOR_DEACTIVATED"),
            _ => member.locked.then_some("ACTOR_LOCKED"),
        }
    }

    pub fn judge_actor(&mut self) {
        self.against.extend(self.barred());
    }

    /// A write to a member that is about no role.
    pub fn judge_plain(&mut self, member: &Key, verb: &str) {
        self.judge(&self.root(), member, &Wanted::plain(verb));
    }

    /// A membership write, by the rules of the type.
    pub fn judge(&mut self, at: &Key, target: &Key, wanted: &Wanted<'_>) {
        self.judge_actor();
        let new = wanted.verb == "invite" && target.0 == "email";
        self.refuse_if(!new && self.member(target).is_none() && target.1 != "*", "MEMBER_NOT_FOUND");
        let moves_roles = ["invite", "change", "remove"].contains(&wanted.verb);
        self.refuse_if(moves_roles && self.facts.protected(self.policy, target, at), "MEMBER_PROTECTED");
        let allowed = self.lets(at, target, wanted);
        self.refuse_if(!allowed, "NOT_PERMITTED");
        if allowed && wanted.gives {
            let latest = self.until(at, target, wanted);
            let outlasts = |latest| wanted.end.is_none_or(|end| end > latest);
            self.refuse_if(latest.is_some_and(outlasts) && !self.narrows(at, target, wanted), "OUTLASTS_GRANTER");
        }
        self.refuse_if(target.1 == "*" && wanted.verb != "invite", "MEMBER_NOT_FOUND");
    }

    /// Whether a rule lets the actor make a membership write.
    fn lets(&self, at: &Key, target: &Key, wanted: &Wanted<'_>) -> bool {
        // To invite everybody is to publish, and nobody does here.
        let (policy, verb) = (self.policy, if target.1 == "*" { "publish" } else { wanted.verb });
        assert!(policy.of(&at.0).rules.iter().all(|rule| rule.verb != "publish"), "the model knows no `publish`");
        policy.of(&at.0).rules.iter().any(|rule| {
            let from = wanted.from.is_none_or(|from| rule.from.iter().any(|name| name == from || name == "anyone"));
            let out = wanted.verb != "remove" || wanted.from.is_some() || rule.from.iter().any(|name| name == "anyone");
            let to = wanted.to.is_none_or(|to| rule.to.iter().any(|name| name == to));
            rule.verb == verb && from && out && to && self.fulfils(&rule.by, at, Some(target))
        })
    }

    /// Whether a change leaves somebody with no more than they have, and for no longer.
    fn narrows(&self, at: &Key, target: &Key, wanted: &Wanted<'_>) -> bool {
        let (Some(held), Some(to), "change") = (self.facts.held(target, at), wanted.to, wanted.verb) else {
            return false;
        };
        let less = self.policy.gives(&(at.0.clone(), held.role.clone()), &at.0, to);
        less && held.end.is_none_or(|old| wanted.end.is_some_and(|end| end <= old))
    }

    /// The first end of a role of the actor's after which no rule lets them make a write that one lets them make now.
    pub fn until(&self, at: &Key, target: &Key, wanted: &Wanted<'_>) -> Option<i64> {
        let own = self.facts.bindings.iter().filter(|((holder, _), _)| holder == self.actor);
        let ends = own.filter_map(|(_, held)| held.end).collect::<BTreeSet<_>>();
        ends.into_iter().find(|end| {
            let mut facts = self.facts.clone();
            facts.bindings.retain(|_, held| held.end.is_none_or(|other| other > *end));
            let case = Case { facts: &facts, against: BTreeSet::new(), after: Facts::default(), ..*self };
            !case.lets(at, target, wanted)
        })
    }

    /// One of the actions that let somebody register such a resource, at its parent.
    pub fn may_create(&mut self, of: &str, parent: &Key) {
        let (policy, of) = (self.policy, self.policy.of(of));
        let actions = of.create_actions.iter().filter_map(|name| policy.of(&parent.0).actions.get(name));
        self.by_action(parent, &actions.collect::<Vec<_>>());
    }

    /// The first action there is that is about doing this: the resource's own, or one at its parent.
    pub fn may_do(&mut self, resource: &Key, words: &[&str]) {
        let policy = self.policy;
        let find = |at: &Key| {
            let named = |word: &&str| policy.of(&at.0).actions.get(&format!("{}.{word}", resource.0));
            words.iter().find_map(named)
        };
        let parent = self.facts.resources[resource].parent.clone().expect("it is below the root");
        match (find(resource), find(&parent)) {
            (Some(own), _) => self.by_action(resource, &[own]),
            (None, above) => self.by_action(&parent, above.as_slice()),
        }
    }

    fn by_action(&mut self, at: &Key, actions: &[&Action]) {
        self.judge_actor();
        let archived = self.facts.way_up(at).iter().any(|above| self.facts.resources[above].archived);
        let open = |action: &&&Action| action.when_archived || !archived;
        let may = actions.iter().filter(open).any(|action| self.fulfils(&action.rule, at, None));
        self.refuse_if(!may && archived, "RESOURCE_ARCHIVED");
        self.refuse_if(!may, "NOT_PERMITTED");
    }

    /// Whether the actor fulfils a rule at a resource, in a write to a target if it is one.
    fn fulfils(&self, rule: &Expr, at: &Key, target: Option<&Key>) -> bool {
        if self.is_operator() {
            return operator(rule, true) == Operator::Named;
        }
        let part = |part: &Expr| self.fulfils(part, at, target);
        match rule {
            Expr::Not(inner) => !part(inner),
            Expr::All(parts) => parts.iter().all(part),
            Expr::Any(parts) => parts.iter().any(part),
            Expr::Name(name) => match name.as_str() {
                "anyone" => true,
                "operator" | "nobody" => false,
                "self" => target == Some(self.actor),
                "owner" => self.facts.resources[at].owner.as_ref() == Some(self.actor),
                role => self.facts.way_up(at).iter().any(|above| {
                    let held = self.facts.held(self.actor, above);
                    held.is_some_and(|held| self.policy.gives(&(above.0.clone(), held.role.clone()), &at.0, role))
                }),
            },
        }
    }

    pub fn is_operator(&self) -> bool {
        self.actor.0 == "operator"
    }

    pub fn refuse_if(&mut self, wrong: bool, reason: &'static str) {
        if wrong {
            self.against.insert(reason);
        }
    }
}

/// How a rule stands to an operator, who is nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    /// It shuts them out.
    Shut,
    /// It would let them in for what they are not; that is not enough.
    Unnamed,
    /// It lets them in by name.
    Named,
}

fn operator(rule: &Expr, positive: bool) -> Operator {
    let parts = |parts: &[Expr], all: bool| {
        let found = parts.iter().map(|part| operator(part, positive)).collect::<Vec<_>>();
        let most = found.iter().copied().max().unwrap_or(Operator::Shut);
        if all && found.contains(&Operator::Shut) { Operator::Shut } else { most }
    };
    match rule {
        Expr::Name(name) if name == "operator" && positive => Operator::Named,
        Expr::Name(name) if name == "operator" || positive => Operator::Shut,
        Expr::Name(_) => Operator::Unnamed,
        Expr::Not(inner) => operator(inner, !positive),
        Expr::All(inner) => parts(inner, positive),
        Expr::Any(inner) => parts(inner, !positive),
    }
}
