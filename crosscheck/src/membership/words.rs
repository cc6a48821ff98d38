//! What conditions about membership writes are made of.

use crate::model::{Role, Type};

/// Whoever may write at all: an operator, or somebody who is active, not locked, and neither a team nor everybody.
pub(super) const MAY_WRITE: &str = "principal is Subject::operator || (principal has status && \
     principal.status == \"active\" && !principal.locked && !(principal has team) && !(principal has everybody))";
/// The target is a member, whatever their status.
pub(super) const IS_MEMBER: &str = "context.target has status";
/// The target is somebody who can act: neither a team nor everybody.
pub(super) const IS_PERSON: &str = "!(context.target has team) && !(context.target has everybody)";
/// The target has the role already that the write gives.
pub(super) const HAS_NEW_ROLE: &str = "(context.target has roles && context.target.roles.contains(context.to))";
/// The write does not say which role it takes.
pub(super) const TAKES_WHATEVER: &str = "!(context has from)";

/// The condition that the target is a member of this status.
pub(super) fn has_status(status: &str) -> String {
    format!("(context.target has status && context.target.status == \"{status}\")")
}

/// The binding of a role at the resource, in Cedar's words.
pub(super) fn binding(role: &Role) -> String {
    format!("resource.bindings[\"{}\"]", role.name)
}

/// The condition that the target has this role at the resource, by a binding of their own.
pub(super) fn is_bound(role: &Role) -> String {
    format!("(context.target has roles && context.target.roles.contains({}))", binding(role))
}

/// The condition that the write gives one of these roles.
pub(super) fn is_given<'m>(roles: impl Iterator<Item = &'m Role>) -> String {
    let bindings: Vec<String> = roles.map(binding).collect();
    format!("[{}].contains(context.to)", bindings.join(", "))
}

/// The condition that the target has some role at the resource.
pub(super) fn is_any_bound(resource_type: &Type) -> String {
    any(resource_type.roles.iter().map(is_bound))
}

/// The condition that one of these holds.
pub(super) fn any(conditions: impl Iterator<Item = String>) -> String {
    let conditions: Vec<String> = conditions.collect();
    if conditions.is_empty() { "false".to_owned() } else { format!("({})", conditions.join(" || ")) }
}
