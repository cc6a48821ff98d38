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
