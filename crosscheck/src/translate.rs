//! From the rules of a policy file to Cedar's policies, as text.
//!
//! A resource is in `State::"known"` when it is registered or stated with a registered parent, and in
//! `State::"archived"` when it or one above it is; `resource.holders` has for each role that counts there the group of
//! those who hold it, through whatever implies it. Who is no member has no attributes.

use std::fmt::Write as _;

use crate::{
    condition::{OPERATOR, Party, Scope},
    model::{Action, Model, Type},
};

/// Where a rule itself begins in the text of a Cedar policy: it is the last of the conditions.
pub const RULE: &str = "\n// rule\nwhen {";
/// The condition that bars a locked member.
pub const NOT_LOCKED: &str = "\nwhen { !principal.locked }";
/// The condition that bars what is archived.
pub const NOT_ARCHIVED: &str = "\nwhen { !(resource in State::\"archived\") }";
/// The condition that bars whoever has not accepted, or is deactivated.
pub const ACTIVE: &str = "\nwhen { principal has status && principal.status == \"active\" }";
/// The condition that bars what is neither registered nor stated.
pub const KNOWN: &str = "\nwhen { resource in State::\"known\" }";

/// The Cedar policies of a model: one an action for members, and one for operators where the rule names them.
///
/// # Errors
/// When a rule is no expression, or names what is not there.
pub fn translate(model: &Model) -> Result<String, String> {
    let mut text = String::new();
    for resource_type in &model.types {
        for action in &resource_type.actions {
            translate_action(model, resource_type, action, &mut text)
                .map_err(|error| format!("{}: {error}", action.name))?;
        }
    }
    Ok(text)
}

/// The id of an action, which is its type's own.
pub fn action_id(resource_type: &str, action: &str) -> String {
    format!("{resource_type}/{action}")
}

fn translate_action(model: &Model, resource_type: &Type, action: &Action, text: &mut String) -> Result<(), String> {
    let scope = Scope { model, resource_type, party: Party::Doer };
    let archived = if action.when_archived { "" } else { NOT_ARCHIVED };
    let locked = if action.when_locked { "" } else { NOT_LOCKED };
    let id = action_id(&resource_type.name, &action.name);
    let head = format!(
        "// {}\npermit (principal, action == Action::\"{id}\", resource is Resource::{}){KNOWN}{archived}",
        action.rule, resource_type.name
    );
    let condition = scope.condition(&action.rule)?;
    let written = if let Some(says) = scope.operator_condition(&action.rule)? {
        write!(text, "{head}{ACTIVE}{locked}{RULE} {condition} }};\n{head}\nwhen {{ {OPERATOR} }}{RULE} {says} }};\n\n")
    } else {
        write!(text, "{head}{ACTIVE}{locked}{RULE} {condition} }};\n\n")
    };
    written.map_err(|error| error.to_string())
}
