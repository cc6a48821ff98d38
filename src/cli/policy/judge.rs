//! Holds cases against the engine, over a view as a server has it.

use std::sync::Arc;

use rollcall_engine::{
    self as engine, Change, Explanation, Facts, Node, Policy, Reason, Refusal, ResourceKey, Revision, Stated, Subject,
    View, WayIn, WriteKind, name_of,
};
use rollcall_policy_tools::{
    Coverage,
    cases::{Case, CheckCase, Expected, WriteCase},
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

    /// Asks all that a case asks.
    pub(crate) fn run(&self, case: &Case, verdicts: &mut Verdicts, coverage: &mut Coverage<'_>) {
        for check in &case.checks {
            let what = format!("do `{}` on `{}`", check.action, check.resource);
            verdicts.hold(&case.name, &check.expected, &check.subject, &what, &self.check(check, coverage));
        }
        for write in &case.writes {
            let answer = self.write(write, coverage);
            verdicts.hold(&case.name, &write.expected, &write.actor, &self.described(write), &answer);
        }
    }

    fn check(&self, check: &CheckCase, coverage: &mut Coverage<'_>) -> Answer {
        let facts = &self.view;
        let found = facts.policy().find_type(&check.resource.kind).ok();
        let Some((of, action)) = found.and_then(|of| Some((of, of.find_action(&check.action).ok()?))) else {
            return denied(Reason::ResourceNotFound.code(), "the policy has no such action");
        };
        let stated = Stated {
            parent: check.parent.as_ref().map(ResourceKey::as_ref),
            owner: check.owner.as_ref().map(Subject::as_ref),
        };
        let target = engine::locate(facts, of, &check.resource.id, stated);
        let decision = engine::decide(facts, check.subject.as_ref(), action, target);
        coverage.check(facts, check.subject.as_ref(), (of, action), target, &decision);
        let explained = engine::explain(facts, check.subject.as_ref(), of, &check.resource, action, target, &decision);
        Answer {
            denied: (!decision.allowed()).then(|| decision.reason.code()),
            words: format!("{}{}", explained.summary, ways_in(&explained)),
        }
    }

    fn write(&self, write: &WriteCase, coverage: &mut Coverage<'_>) -> Answer {
        let facts = &self.view;
        let Some(node) = self.find(&write.at) else {
            return denied("RESOURCE_NOT_FOUND", "no such resource is registered");
        };
        let (actor, target) = (write.actor.as_ref(), write.target.as_ref());
        let outcome = engine::permit(facts, actor, node, target, write.wanted);
        coverage.write(facts, actor, node, target, write.wanted, &outcome);
        match outcome {
            Ok(permitted) => {
                let by = permitted.rule.by();
                let words = format!("the policy lets `{}` (line {}) do that", by.text(), by.line());
                Answer { denied: None, words }
            }
            Err(refusal) => denied(refusal.code(), &self.refused(&refusal)),
        }
    }

    fn refused(&self, refusal: &Refusal) -> String {
        let facts = &self.view;
        match refusal {
            Refusal::Actor(_) => "the actor may not act at all".to_owned(),
            Refusal::NoMember => "the target is no member of this tenant".to_owned(),
            Refusal::Deactivated => "the target is deactivated, and an invitation does not reactivate them".to_owned(),
            Refusal::RoleNotBound => "the target holds no role there by a binding".to_owned(),
            Refusal::RoleAmbiguous => "the target holds several roles there, and none of them is named".to_owned(),
            Refusal::OutlastsGranter { .. } => "the role would outlast what lets the actor give it".to_owned(),
            Refusal::AlreadyAMember => "the target holds a role there already".to_owned(),
            Refusal::RoleUnchanged => "the target holds that role already".to_owned(),
            Refusal::AlreadyLocked => "the target is locked already".to_owned(),
            Refusal::NotLocked => "the target is not locked".to_owned(),
            Refusal::NotInvited => "the target has no pending invitation".to_owned(),
            Refusal::NotActive => "the target is not active".to_owned(),
            Refusal::NotDeactivated => "the target is not deactivated".to_owned(),
            Refusal::SubjectNotEligible => "the target is a team, or everybody, and can't have or be that".to_owned(),
            Refusal::TeamCycle => "the target is or encloses that very team".to_owned(),
            Refusal::OwnerUnchanged => "the target owns it already".to_owned(),
            Refusal::Protected { role, at } => {
                format!("the target holds `{role}` at `{}`, which protects them here", name_of(facts, *at))
            }
            Refusal::LastHolder { role, .. } => {
                let policy = facts.policy();
                format!("too few would be left as `{}`", policy.qualified(policy.role(*role)))
            }
            Refusal::NotPermitted { rules, .. } if rules.is_empty() => "the policy lets nobody do that".to_owned(),
            Refusal::NotPermitted { rules, .. } => {
                let by: Vec<String> = rules.iter().map(|rule| format!("`{}` (line {})", rule.by, rule.line)).collect();
                format!("the policy lets only {} do that", by.join(" or "))
            }
        }
    }

    fn described(&self, write: &WriteCase) -> String {
        let (verb, target, at) = (write.wanted.kind, &write.target, &write.at);
        let role = write.wanted.to.map(|to| self.view.policy().role(to).name());
        match (verb, role) {
            (WriteKind::Invite, Some(role)) => format!("invite `{target}` to `{at}` as `{role}`"),
            (_, Some(role)) => format!("{} `{target}` at `{at}` to `{role}`", verb.name()),
            (WriteKind::Remove, None) => format!("remove `{target}` from `{at}`"),
            (WriteKind::Transfer, None) => format!("make `{target}` the owner of `{at}`"),
            (_, None) => format!("{} `{target}`", verb.name()),
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
