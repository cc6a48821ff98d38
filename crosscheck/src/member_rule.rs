//! The membership rules of a resource type, as the file has them: who may make which membership write to whom.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::fields::texts;

/// The operations that rules can be about.
pub const OPERATIONS: [&str; 11] = [
    "invite",
    "change",
    "remove",
    "resend",
    "lock",
    "unlock",
    "update",
    "deactivate",
    "reactivate",
    "transfer",
    "publish",
];

/// One rule of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRule {
    /// The text of the rule about whoever writes.
    pub by: String,
    /// The text of the rule about whoever is written to; none where that may be anybody.
    pub whom: Option<String>,
    /// The roles of the type, without the type, that are taken or that the target may hold; none where the rule does not
    /// say. `anyone` stands for every role, and for none.
    pub from: Option<Vec<String>>,
    /// The roles of the type, without the type, that may be given.
    pub to: Vec<String>,
}

impl MemberRule {
    /// Whether the rule is about whoever holds no role there, as about whoever holds any.
    pub fn is_of_anyone(&self) -> bool {
        self.from.as_ref().is_none_or(|roles| roles.iter().any(|role| role == "anyone"))
    }

    /// Whether the rule is about whoever holds this role there, or takes it.
    pub fn lists(&self, role: &str) -> bool {
        self.is_of_anyone() || self.from.iter().flatten().any(|listed| listed == role)
    }
}

/// Whether the operation takes a role from the target.
pub fn takes_roles(operation: &str) -> bool {
    matches!(operation, "change" | "remove")
}

/// Whether the operation gives a role to the target.
pub fn grants_roles(operation: &str) -> bool {
    matches!(operation, "invite" | "change" | "publish")
}

/// Reads `[TYPE.members]`.
///
/// # Errors
/// When an operation is not known, or a rule has no `by`.
pub fn read(section: &Table) -> Result<BTreeMap<String, Vec<MemberRule>>, String> {
    let mut operations = BTreeMap::new();
    for (operation, value) in section.iter().filter(|(key, _)| *key != "joins_as") {
        if !OPERATIONS.contains(&operation.as_str()) {
            return Err(format!("no operation `{operation}`"));
        }
        let rules = value.as_array().into_iter().flatten().filter_map(Value::as_table);
        let rules: Vec<MemberRule> = rules.map(|rule| read_rule(operation, rule)).collect::<Result<_, _>>()?;
        operations.insert(operation.clone(), rules);
    }
    Ok(operations)
}

fn read_rule(operation: &str, rule: &Table) -> Result<MemberRule, String> {
    let text = |key: &str| rule.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(MemberRule {
        by: text("by").ok_or_else(|| format!("a rule of `{operation}` has no `by`"))?,
        whom: text("whom"),
        from: rule.contains_key("from").then(|| texts(rule, "from")),
        to: texts(rule, "to"),
    })
}
