//! From the rules of a policy file to Cedar's policies, as text.
//!
//! A resource is in `State::"known"` when it is registered or stated with a registered parent, and in
//! `State::"archived"` when it or one above it is; `resource.holders` has for each role that counts there the group of
//! those who hold it, through whatever implies it. Who is no member has no attributes.

use std::fmt::Write as _;

use crate::{
    expr::{Expr, parse},
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
const OPERATOR: &str = "principal is Subject::operator";

/// The Cedar policies of a model: one an action for members, and one for operators where the rule names them.
///
/// # Errors
/// When a rule is no expression, or names what is not there.
pub fn translate(model: &Model) -> Result<String, String> {
    let mut text = String::new();
    for resource_type in &model.types {
        for action in &resource_type.actions {
            translate_action(model, resource_type, action, &mut text).map_err(|error| format!("{}: {error}", action.name))?;
        }
    }
    Ok(text)
}

/// The id of an action, which is its type's own.
pub fn action_id(resource_type: &str, action: &str) -> String {
    format!("{resource_type}/{action}")
}

fn translate_action(model: &Model, resource_type: &Type, action: &Action, text: &mut String) -> Result<(), String> {
    let rule = parse(&action.rule)?;
    let archived = if action.when_archived { "" } else { NOT_ARCHIVED };
    let locked = if action.when_locked { "" } else { NOT_LOCKED };
    let id = action_id(&resource_type.name, &action.name);
    let head = format!(
        "// {}\npermit (principal, action == Action::\"{id}\", resource is Resource::{}){KNOWN}{archived}",
        action.rule, resource_type.name
    );
    let condition = cedar(model, resource_type, &rule)?;
    let written = if names_operator(&rule) {
        let says = says_operator(model, resource_type, &rule)?;
        write!(text, "{head}{ACTIVE}{locked}{RULE} {condition} }};\n{head}\nwhen {{ {OPERATOR} }}{RULE} {says} }};\n\n")
    } else {
        write!(text, "{head}{ACTIVE}{locked}{RULE} {condition} }};\n\n")
    };
    written.map_err(|error| error.to_string())
}

/// The rule as Cedar's condition, name by name.
fn cedar(model: &Model, resource_type: &Type, rule: &Expr) -> Result<String, String> {
    Ok(match rule {
        Expr::Name(name) => match name.as_str() {
            "nobody" => "false".to_owned(),
            "anyone" => "principal has status".to_owned(),
            "operator" => OPERATOR.to_owned(),
            "owner" if resource_type.owned => "(resource has owner && principal == resource.owner)".to_owned(),
            "self" => "(resource has whose && principal == resource.whose)".to_owned(),
            name => format!("principal in resource.holders[\"{}\"]", model.qualified_role(resource_type, name)?),
        },
        Expr::Not(inner) => format!("!({})", cedar(model, resource_type, inner)?),
        Expr::And(left, right) => format!("({} && {})", cedar(model, resource_type, left)?, cedar(model, resource_type, right)?),
        Expr::Or(left, right) => format!("({} || {})", cedar(model, resource_type, left)?, cedar(model, resource_type, right)?),
    })
}

/// The condition under which a rule says `operator` of an operator: some way to satisfy it has the word in it, and not
/// only what an operator is not.
fn says_operator(model: &Model, resource_type: &Type, rule: &Expr) -> Result<String, String> {
    let says = |rule: &Expr| says_operator(model, resource_type, rule);
    Ok(match rule {
        Expr::Name(name) if name == "operator" => OPERATOR.to_owned(),
        Expr::Name(_) => "false".to_owned(),
        Expr::Not(inner) => match inner.as_ref() {
            Expr::Name(_) => "false".to_owned(),
            Expr::Not(twice) => says(twice)?,
            Expr::And(left, right) => says(&Expr::Or(Box::new(negated(left)), Box::new(negated(right))))?,
            Expr::Or(left, right) => says(&Expr::And(Box::new(negated(left)), Box::new(negated(right))))?,
        },
        Expr::And(left, right) => format!(
            "(({} && {}) || ({} && {}))",
            says(left)?,
            cedar(model, resource_type, right)?,
            cedar(model, resource_type, left)?,
            says(right)?
        ),
        Expr::Or(left, right) => format!("({} || {})", says(left)?, says(right)?),
    })
}

fn negated(rule: &Expr) -> Expr {
    Expr::Not(Box::new(rule.clone()))
}

fn names_operator(rule: &Expr) -> bool {
    match rule {
        Expr::Name(name) => name == "operator",
        Expr::Not(inner) => names_operator(inner),
        Expr::And(left, right) | Expr::Or(left, right) => names_operator(left) || names_operator(right),
    }
}
