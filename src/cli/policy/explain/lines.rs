//! Writes an explanation as labelled lines: the rules, who may or why somebody may not, and what holds besides.

use rollcall_engine::{Mask, Policy, ResourceType, Rule};
use rollcall_policy_tools::table::{Operation, ask, who_may};

/// One line of an explanation: its label, and its text.
pub(super) type Line = (&'static str, String);

/// Explains who may do something or, where something is held, whether its holder may; between the rules and the limits
/// that apply whatever the rules say.
pub(super) fn explanation(
    policy: &Policy,
    resource_type: &ResourceType,
    operation: Operation<'_>,
    (what, assigned_roles): (&str, Mask),
    rules: Vec<Line>,
    bounds: Vec<Line>,
) -> String {
    let (head, answer) = if assigned_roles.is_empty() {
        (what.to_owned(), who_may_lines(policy, resource_type, operation))
    } else {
        answer_lines(policy, resource_type, operation, (what, assigned_roles))
    };
    let lines = rules.into_iter().chain(answer).chain(bounds);
    let lines = lines.map(|(label, words)| format!("  {label:10}{words}\n"));
    format!("{head}\n{}", lines.collect::<String>())
}

/// A rule with its line in the file.
pub(super) fn rule(rule: &Rule) -> String {
    format!("line {}: `{}`", rule.line(), rule.text())
}

/// Who may, where the arguments do not say who asks.
fn who_may_lines(policy: &Policy, resource_type: &ResourceType, operation: Operation<'_>) -> Vec<Line> {
    let who = who_may(policy, resource_type, operation);
    let mut lines = Vec::new();
    if !who.may.is_empty() {
        lines.push(("may", who.may.join(", ")));
    }
    lines.extend(who.may_if.into_iter().map(|words| ("may", words)));
    if lines.is_empty() {
        lines.push(("may", "nobody".to_owned()));
    }
    if !who.may_not.is_empty() {
        lines.push(("may not", who.may_not.join(", ")));
    }
    lines
}

/// Whether one who holds these roles and relations may, with the line that says so.
fn answer_lines(
    policy: &Policy,
    resource_type: &ResourceType,
    operation: Operation<'_>,
    (what, assigned_roles): (&str, Mask),
) -> (String, Vec<Line>) {
    let answer = ask(policy, resource_type, operation, assigned_roles);
    let roles: Vec<String> =
        policy.roles_in(assigned_roles).map(|role| format!("`{}`", policy.name_at(resource_type, role))).collect();
    let itself = if matches!(operation, Operation::Write(_)) { "to themselves" } else { "whose own it is" };
    let relations = [(Mask::OWNER, "who owns it"), (Mask::SELF, itself)];
    let relations =
        relations.iter().filter(|(relation, _)| assigned_roles.contains(*relation)).map(|(_, words)| *words);
    let who = if roles.is_empty() { "a member".to_owned() } else { roles.join(" with ") };
    let who = std::iter::once(who.as_str()).chain(relations).collect::<Vec<_>>().join(", ");
    let may = if answer.rule.is_some() { "may" } else { "may not" };
    let mut lines = vec![("because", answer.because)];
    if let (Some(rule), Operation::Write(_)) = (answer.rule, operation) {
        lines.push(("by", format!("line {}", rule.line())));
    }
    lines.extend(answer.unless.map(|words| ("unless", words)));
    lines.extend(answer.ways_in.into_iter().map(|words| ("way in", words)));
    (format!("{who}: {may} {what}"), lines)
}
