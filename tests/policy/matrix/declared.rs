//! What a policy's file declares, found in its text and without the compiler.

use std::collections::BTreeSet;

/// The actions as the file has them, found without the compiler: its lines between `[TYPE.actions]` and the next head.
pub fn declared_actions(text: &str) -> BTreeSet<(String, String)> {
    let (mut resource_type, mut actions) = (None, BTreeSet::new());
    for line in text.lines() {
        if let Some(head) = line.strip_prefix('[') {
            resource_type = head.split(']').next().unwrap().strip_suffix(".actions").map(str::to_owned);
        } else if let (Some(resource_type), Some(quoted)) = (&resource_type, line.strip_prefix('"')) {
            actions.insert((resource_type.clone(), quoted.split('"').next().unwrap().to_owned()));
        }
    }
    actions
}

/// The membership rules as the file has them, found without the compiler: everything after a `by = "`.
pub fn declared_rules(text: &str) -> BTreeSet<(u32, String)> {
    let rules = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#')).flat_map(|(line, number)| {
        line.split("by = \"").skip(1).map(move |rest| (number, rest.split('"').next().unwrap().to_owned()))
    });
    rules.collect()
}
