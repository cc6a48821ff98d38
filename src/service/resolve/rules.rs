//! How the log names what allowed a change.

use rollcall_engine::Policy;

/// A policy line as the log names it: `lumicon@1:24`.
pub(crate) fn rule_name(policy: &Policy, line: u32) -> String {
    format!("{}@{}:{line}", policy.name(), policy.version())
}

/// Policy lines as the log names several, each once: `lumicon@1:24 lumicon@1:30`.
pub(crate) fn distinct(rules: impl IntoIterator<Item = String>) -> String {
    let mut named: Vec<String> = Vec::new();
    for rule in rules {
        if !named.contains(&rule) {
            named.push(rule);
        }
    }
    named.join(" ")
}

/// What stands beside the lines of a role of the tenant that came along with another: these lines allowed that one.
const CAME_ALONG: &str = "joins_as";

/// What stands beside the line of a role that was offered, and that was another one, or for another time, before.
const CHANGED: &str = "changed";

/// How the log names what allowed a change of what somebody was offered: what was offered before counts too, unless whoever changed
/// it may offer the new role themselves.
pub(crate) fn changing(rule: &str) -> String {
    format!("{rule} {CHANGED}")
}

/// Whether what was offered was another role, or for another time, before.
pub(crate) fn was_changed(rule: &str) -> bool {
    rule.split(' ').any(|word| word == CHANGED)
}

/// How the log names what allowed a role of the tenant that comes along with one that these lines allow: it is none that was
/// changed itself.
pub(crate) fn coming_along(rule: &str) -> String {
    let lines = rule.split(' ').filter(|word| !word.is_empty() && *word != CHANGED);
    distinct(lines.chain([CAME_ALONG]).map(str::to_owned))
}

/// Whether a role came along with another, under whichever version of the policy that was, and was not given as such.
pub(crate) fn came_along(rule: &str) -> bool {
    rule.split(' ').any(|word| word == CAME_ALONG)
}
