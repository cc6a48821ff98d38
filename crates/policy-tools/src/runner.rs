//! Runs the cases of a file against the engine, over a view as a server has it, and collects which fail.

use std::sync::Arc;

use crate::{
    Coverage,
    cases::{Case, CheckCase, Expected, WriteCase},
};
use rollcall_engine::{
    self as engine, Change, Commit, Explanation, Facts, Head, Node, Policy, Question, Reason, ResourceKey, ResourceRef,
    Revision, StatedFacts, Subject, Timestamp, View, WayIn, WriteKind,
};

/// Runs a case over a tenant with its facts.
pub struct CaseRunner {
    view: View,
    now: Option<Timestamp>,
}

/// The outcomes of the questions of some cases.
#[derive(Debug, Default)]
pub struct CaseResults {
    /// How many questions had the outcome that their case demands.
    pub passed: usize,
    /// The others, in the order of the file.
    pub failures: Vec<Failure>,
}

/// A question that has not the outcome that its case demands.
#[derive(Debug)]
pub struct Failure {
    /// The name of the case.
    pub case: String,
    /// The line of the question in the file of cases, counted from 1.
    pub line: u32,
    /// What the case demands, in words with names in backticks.
    pub expected: String,
    /// What came out and why, in words; begins with the code of the reason where it was denied.
    pub found: String,
}

/// How a question was answered, in words; with the code of the reason where it was denied.
struct CaseOutcome {
    denial_code: Option<&'static str>,
    words: String,
}

impl CaseRunner {
    /// A tenant with these facts at an instant, at which roles that end then or before count no more; none is before
    /// every end. None when the facts contradict each other.
    pub fn new(policy: &Arc<Policy>, facts: &[Change], now: Option<Timestamp>) -> Option<Self> {
        let mut view = View::new(Arc::clone(policy), Head::default());
        let head = Head { revision: Revision::default().next(), ..Head::default() };
        view.follow(&[Commit { head, at: Timestamp::default(), changes: facts.to_vec() }]).ok()?;
        if let Some(now) = now {
            view.expire_due(now);
        }
        Some(Self { view, now })
    }

    /// Asks every question of a case, and records the outcomes.
    pub fn run(&self, case: &Case, results: &mut CaseResults, coverage: &mut Coverage<'_>) {
        let when = self.now.map_or(String::new(), |now| format!(", asked at {now}"));
        for check in &case.checks {
            let what = format!("do `{}` on `{}`{when}", check.action, check.resource);
            results.record(&case.name, &check.expected, &check.subject, &what, &self.check(check, coverage));
        }
        for write in &case.writes {
            let (what, outcome) = (format!("{}{when}", self.describe(write)), self.write(write, coverage));
            results.record(&case.name, &write.expected, &write.actor, &what, &outcome);
        }
    }

    fn check(&self, check: &CheckCase, coverage: &mut Coverage<'_>) -> CaseOutcome {
        let facts = &self.view;
        let found = facts.policy().find_type(&check.resource.kind).ok();
        let Some((resource_type, action)) =
            found.and_then(|resource_type| Some((resource_type, resource_type.find_action(&check.action).ok()?)))
        else {
            return denied(Reason::ResourceNotFound.code(), "the policy has no such action");
        };
        let parents: Vec<ResourceRef<'_>> = check.parents.iter().map(ResourceKey::as_ref).collect();
        let stated = StatedFacts { parents: &parents, owner: check.owner.as_ref().map(Subject::as_ref) };
        let target = engine::locate(facts, resource_type, &check.resource.id, stated);
        let question = Question::new(check.subject.as_ref(), action, target);
        let decision = engine::decide(facts, &question);
        coverage.record_check(facts, check.subject.as_ref(), (resource_type, action), target, &decision);
        let explanation = engine::explain(facts, &question, resource_type, &check.resource, &decision);
        CaseOutcome {
            denial_code: (!decision.allowed()).then(|| decision.reason.code()),
            words: format!("{}{}", explanation.summary, ways_in(&explanation)),
        }
    }

    fn write(&self, write: &WriteCase, coverage: &mut Coverage<'_>) -> CaseOutcome {
        let facts = &self.view;
        let Some(node) = self.find(&write.at) else {
            return denied("RESOURCE_NOT_FOUND", "no such resource is registered");
        };
        let (actor, target) = (write.actor.as_ref(), write.target.as_ref());
        let outcome = engine::permit(facts, actor, node, target, write.operation);
        coverage.record_write(facts, actor, node, target, write.operation, &outcome);
        match outcome {
            Ok(permission) => {
                let by = permission.rule.by();
                let words = format!("the policy lets `{}` (line {}) do that", by.text(), by.line());
                CaseOutcome { denial_code: None, words }
            }
            Err(refusal) => {
                let words = engine::describe_refusal(facts, actor, node, target, write.operation, &refusal);
                denied(refusal.code(), &words)
            }
        }
    }

    fn describe(&self, write: &WriteCase) -> String {
        let (kind, target, at) = (write.operation.kind, &write.target, &write.at);
        let role = write.operation.to.map(|to| self.view.policy().role(to).name());
        let until = write.operation.expires_at.map_or(String::new(), |end| format!(" until {end}"));
        match (kind, role) {
            (WriteKind::Invite, Some(role)) => format!("invite `{target}` to `{at}` as `{role}`{until}"),
            (_, Some(role)) => format!("{} `{target}` at `{at}` to `{role}`{until}", kind.name()),
            (WriteKind::Remove, None) => format!("remove `{target}` from `{at}`"),
            (WriteKind::Transfer, None) => format!("make `{target}` the owner of `{at}`"),
            (_, None) => format!("{} `{target}`", kind.name()),
        }
    }

    fn find(&self, key: &ResourceKey) -> Option<Node> {
        self.view.find(self.view.policy().find_type(&key.kind).ok()?.id(), &key.id)
    }
}

impl CaseResults {
    fn record(&mut self, case: &str, expected: &Expected, who: &Subject, what: &str, outcome: &CaseOutcome) {
        let fits = match (expected.allowed, outcome.denial_code, &expected.reason) {
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
        let code = outcome.denial_code.map_or(String::new(), |code| format!("{code}: "));
        self.failures.push(Failure {
            case: case.to_owned(),
            line: expected.line,
            expected: format!("`{who}` {may} {what}{reason}"),
            found: format!("{code}{}", outcome.words),
        });
    }
}

fn denied(code: &'static str, words: &str) -> CaseOutcome {
    CaseOutcome { denial_code: Some(code), words: words.to_owned() }
}

/// The roles that would turn a denial into a grant, a line each with who grants them.
fn ways_in(explanation: &Explanation) -> String {
    let line = |way: &WayIn| {
        let by: Vec<String> = way.given_by.iter().map(|by| format!("`{by}`")).collect();
        let given = if by.is_empty() { String::new() } else { format!(", given by {}", by.join(" or ")) };
        format!("\n  way in:   `{}` at `{}`{given}", way.role, way.at)
    };
    explanation.ways_in.iter().map(line).collect()
}
