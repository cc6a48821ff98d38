//! Holds cases against the engine, over a view as a server has it.

use std::sync::Arc;

use crate::{
    domain::{Change, MemberStatus, ResourceKey, Revision, Subject},
    policy::{
        self, Explanation, Facts, Mask, MemberRule, Node, Operation, Policy, Reason, Refusal, Stated, WayIn,
        cases::{Case, Check, Expected, Wanted, Write},
        name_of,
    },
    view::View,
};

/// A tenant with the facts of a case.
pub(crate) struct Judge {
    view: View,
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) passed: usize,
    pub(crate) failures: Vec<Failure>,
}

/// A case that does not hold.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) case: String,
    pub(crate) line: u32,
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// How a question was answered: a grant has no code.
struct Answer {
    denied: Option<&'static str>,
    words: String,
}

impl Judge {
    /// None when the facts can't be made one after another.
    pub(crate) fn new(policy: &Arc<Policy>, facts: &[Change]) -> Option<Self> {
        let mut view = View::new(Arc::clone(policy), Revision::default());
        let first = Revision::default().next();
        let changes: Vec<(Revision, Change)> = facts.iter().map(|change| (first, change.clone())).collect();
        view.follow(&changes).ok()?;
        Some(Self { view })
    }

    pub(crate) fn run(&self, case: &Case, verdicts: &mut Verdicts) {
        for check in &case.checks {
            let what = format!("do `{}` on `{}`", check.action, check.resource);
            verdicts.hold(&case.name, &check.expected, &check.subject, &what, &self.check(check));
        }
        for write in &case.writes {
            verdicts.hold(&case.name, &write.expected, &write.actor, &self.described(write), &self.write(write));
        }
    }

    fn check(&self, check: &Check) -> Answer {
        let facts = &self.view;
        let found = facts.policy().find_type(&check.resource.kind).ok();
        let Some((of, action)) = found.and_then(|of| Some((of, of.find_action(&check.action).ok()?))) else {
            return denied(Reason::ResourceNotFound.code(), "the policy has no such action");
        };
        let stated = Stated {
            parent: check.parent.as_ref().map(ResourceKey::as_ref),
            owner: check.owner.as_ref().map(Subject::as_ref),
        };
        let target = policy::locate(facts, of, &check.resource.id, stated);
        let decision = policy::decide(facts, check.subject.as_ref(), action, target);
        let explained = policy::explain(facts, check.subject.as_ref(), of, &check.resource, action, target, &decision);
        Answer {
            denied: (!decision.allowed()).then(|| decision.reason.code()),
            words: format!("{}{}", explained.summary, ways_in(&explained)),
        }
    }

    /// What the service answers to a membership write, as far as it depends on these facts.
    fn write(&self, write: &Write) -> Answer {
        let Some(node) = self.find(&write.at) else {
            return denied("RESOURCE_NOT_FOUND", "no such resource is registered");
        };
        self.refusal(write, node).unwrap_or_else(|| Answer { denied: None, words: self.permission(write, node) })
    }

    fn permission(&self, write: &Write, node: Node) -> String {
        let (facts, actor, target) = (&self.view, write.actor.as_ref(), write.target.as_ref());
        let permit = |operation| policy::permit(facts, actor, node, target, operation).ok();
        let rule = write.wanted.operation().and_then(permit).map(MemberRule::by);
        rule.map_or(String::new(), |by| format!("the policy lets `{}` (line {}) do that", by.text(), by.line()))
    }

    fn refusal(&self, write: &Write, node: Node) -> Option<Answer> {
        let facts = &self.view;
        let (actor, target) = (write.actor.as_ref(), write.target.as_ref());
        let standing = facts.standing(target);
        let invites = matches!(write.wanted, Wanted::Invite { .. });
        match standing {
            None if !invites => return Some(denied("MEMBER_NOT_FOUND", "the target is no member of this tenant")),
            Some(standing) if invites && standing.status == MemberStatus::Deactivated => {
                return Some(denied("MEMBER_DEACTIVATED", "the target is deactivated"));
            }
            _ => {}
        }
        let Some(operation) = write.wanted.operation() else {
            let refusal = policy::may_write(facts, actor, node, target).err();
            let no_role = denied("NO_ROLE_HERE", "the target holds no role there by a binding");
            return Some(refusal.map_or(no_role, |refusal| self.refused(refusal)));
        };
        if let Err(refusal) = policy::permit(facts, actor, node, target, operation) {
            return Some(self.refused(refusal));
        }
        let bound = standing.map_or(Mask::EMPTY, |standing| facts.bound(standing.member, node));
        match operation {
            Operation::Invite { to } => {
                let again = standing.is_some_and(|standing| standing.status == MemberStatus::Invited);
                let is_new = bound.is_empty() || (again && bound.contains(to.mask()));
                (!is_new).then(|| denied("ALREADY_A_MEMBER", "the target holds a role there already"))
            }
            Operation::Change { from, to } if from == to => {
                Some(denied("ROLE_UNCHANGED", "the target holds that role already"))
            }
            Operation::Remove { .. } if node == facts.root() => self.last_holder(write, &self.everything(write)),
            Operation::Change { from, .. } | Operation::Remove { from } => {
                self.last_holder(write, &[(node, from.mask())])
            }
            Operation::Lock | Operation::Unlock | Operation::Update => None,
        }
    }

    /// Every role that the target holds, by resource: what removing them from the tenant takes.
    fn everything(&self, write: &Write) -> Vec<(Node, Mask)> {
        let mut all = Vec::new();
        if let Some(standing) = self.view.standing(write.target.as_ref()) {
            self.view.each_bound(standing.member, &mut |node, bound| all.push((node, bound)));
        }
        all
    }

    fn last_holder(&self, write: &Write, lost: &[(Node, Mask)]) -> Option<Answer> {
        let facts = &self.view;
        let role =
            lost.iter().find_map(|(node, lost)| policy::last_holder(facts, write.target.as_ref(), *node, *lost))?;
        let role = facts.policy().qualified(role);
        Some(denied("LAST_HOLDER", &format!("too few would be left as `{role}`")))
    }

    fn refused(&self, refusal: Refusal) -> Answer {
        match refusal {
            Refusal::Actor(reason) => {
                let code = match reason {
                    Reason::MemberInvited => "ACTOR_INVITED",
                    Reason::MemberDeactivated => "ACTOR_DEACTIVATED",
                    Reason::MemberLocked => "ACTOR_LOCKED",
                    _ => "ACTOR_NOT_A_MEMBER",
                };
                denied(code, "the actor may not act at all")
            }
            Refusal::Protected { role, at } => {
                let at = name_of(&self.view, at);
                denied("MEMBER_PROTECTED", &format!("the target holds `{role}` at `{at}`, which protects them here"))
            }
            Refusal::NotPermitted { rules } if rules.is_empty() => {
                denied("NOT_PERMITTED", "the policy lets nobody do that")
            }
            Refusal::NotPermitted { rules } => {
                let by: Vec<String> = rules.iter().map(|rule| format!("`{}` (line {})", rule.by, rule.line)).collect();
                denied("NOT_PERMITTED", &format!("the policy lets only {} do that", by.join(" or ")))
            }
        }
    }

    fn described(&self, write: &Write) -> String {
        let name = |role| self.view.policy().role(role).name();
        let (operation, target, at) = (write.wanted.name(), &write.target, &write.at);
        match write.wanted {
            Wanted::Invite { to } => format!("invite `{target}` to `{at}` as `{}`", name(to)),
            Wanted::Change { to, .. } => format!("change `{target}` at `{at}` to `{}`", name(to)),
            Wanted::Remove { .. } => format!("remove `{target}` from `{at}`"),
            Wanted::Lock | Wanted::Unlock | Wanted::Update => format!("{operation} `{target}`"),
        }
    }

    fn find(&self, key: &ResourceKey) -> Option<Node> {
        self.view.find(self.view.policy().find_type(&key.kind).ok()?.id(), &key.id)
    }
}

impl Verdicts {
    fn hold(&mut self, case: &str, expected: &Expected, who: &Subject, what: &str, answer: &Answer) {
        let fits = match (expected.allowed, answer.denied, &expected.reason) {
            (true, denied, _) => denied.is_none(),
            (false, None, _) => false,
            (false, Some(_), None) => true,
            (false, Some(code), Some(reason)) => code == reason,
        };
        if fits {
            self.passed += 1;
            return;
        }
        let may = if expected.allowed { "may" } else { "may not" };
        let reason = expected.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        let code = answer.denied.map_or(String::new(), |code| format!("{code}: "));
        self.failures.push(Failure {
            case: case.to_owned(),
            line: expected.line,
            expected: format!("`{who}` {may} {what}{reason}"),
            found: format!("{code}{}", answer.words),
        });
    }
}

fn denied(code: &'static str, words: &str) -> Answer {
    Answer { denied: Some(code), words: words.to_owned() }
}

/// What would turn a denial into a grant, a line each.
fn ways_in(explained: &Explanation) -> String {
    let line = |way: &WayIn| {
        let by: Vec<String> = way.given_by.iter().map(|by| format!("`{by}`")).collect();
        let given = if by.is_empty() { String::new() } else { format!(", given by {}", by.join(" or ")) };
        format!("\n  way in:   `{}` at `{}`{given}", way.role, way.at)
    };
    explained.ways_in.iter().map(line).collect()
}
