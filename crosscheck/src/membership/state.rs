//! The conditions of a membership write that no rule of a policy says: who the target must be, and in which state.

use crate::{
    membership::words::{
        HAS_NEW_ROLE, IS_MEMBER, IS_PERSON, TAKES_WHATEVER, binding, has_status, is_any_bound, is_bound, is_given,
    },
    model::{Model, Type},
};

/// The condition that an invitation is only sent again: it is to a role that the target is invited to already.
pub(super) fn sends_again() -> String {
    format!("({} && {HAS_NEW_ROLE})", has_status("invited"))
}

/// The conditions of an operation at a type, beside its rules.
pub(super) fn conditions(model: &Model, resource_type: &Type, operation: &str) -> Vec<String> {
    let mut conditions = vec![];
    if matches!(operation, "invite" | "change" | "remove" | "publish") {
        conditions.push("!(context.target in resource.protecting)".to_owned());
    }
    match operation {
        "invite" => conditions.extend(invite(model, resource_type)),
        "publish" => {
            conditions.push("context.target has everybody".to_owned());
            conditions.push(has_room(resource_type));
        }
        "change" => {
            conditions.extend([IS_MEMBER.to_owned(), takes_new_role(resource_type), format!("!{HAS_NEW_ROLE}")]);
            conditions.extend(says_which(resource_type));
            conditions.extend(keeps_holders(resource_type));
        }
        "remove" => {
            conditions.push(IS_MEMBER.to_owned());
            conditions.extend(keeps_holders(resource_type));
            if resource_type.parent.is_none() {
                conditions.push(format!("!({TAKES_WHATEVER}) || context.target.needed.isEmpty()"));
            }
        }
        _ => conditions.extend(of_person(operation)),
    }
    conditions
}

fn invite(model: &Model, resource_type: &Type) -> Vec<String> {
    let sends_again = sends_again();
    let mut conditions = vec![takes_new_role(resource_type)];
    conditions.push(format!("{sends_again} || {}", has_room(resource_type)));
    if !model.reactivates {
        conditions.push(format!("!{}", has_status("deactivated")));
    }
    if resource_type.teams {
        // No team comes to be in itself, nor in one that is in it.
        let any_bound = is_any_bound(resource_type);
        conditions.push(format!("!(context.target has team) || {any_bound} || !(resource.team in context.target)"));
    }
    conditions
}

/// Nobody is given what they have already, nor a second role at one resource, unless the type lets them have several.
fn has_room(resource_type: &Type) -> String {
    if resource_type.several_roles { format!("!{HAS_NEW_ROLE}") } else { format!("!{}", is_any_bound(resource_type)) }
}

/// People take any role, teams those that are for them, everybody none but by publishing.
fn takes_new_role(resource_type: &Type) -> String {
    let for_teams = is_given(resource_type.roles.iter().filter(|role| role.for_teams));
    format!("!(context.target has everybody) && (!(context.target has team) || {for_teams})")
}

/// A change that does not say which role it takes, is about the only one.
fn says_which(resource_type: &Type) -> Vec<String> {
    let roles = resource_type.roles.iter().enumerate();
    let pairs = roles.flat_map(|(at, role)| resource_type.roles.iter().skip(at + 1).map(move |other| (role, other)));
    pairs.map(|(role, other)| format!("!({TAKES_WHATEVER} && {} && {})", is_bound(role), is_bound(other))).collect()
}

/// No role is taken whose holders would be too few.
fn keeps_holders(resource_type: &Type) -> Vec<String> {
    let roles = resource_type.roles.iter().filter(|role| role.at_least > 0);
    let keeps = roles.map(|role| {
        let binding = binding(role);
        format!("!(({TAKES_WHATEVER} || context.from == {binding}) && context.target.needed.contains({binding}))")
    });
    keeps.collect()
}

/// What is done to a member, an invitation or an owner is done to people, in the one state that it ends.
fn of_person(operation: &str) -> Vec<String> {
    let mut conditions = vec![IS_MEMBER.to_owned(), IS_PERSON.to_owned()];
    let is_locked = "context.target.locked";
    match operation {
        "lock" => conditions.push(format!("!{is_locked}")),
        "unlock" => conditions.push(is_locked.to_owned()),
        "resend" => conditions.push(has_status("invited")),
        "deactivate" | "transfer" => conditions.push(has_status("active")),
        "reactivate" => conditions.push(has_status("deactivated")),
        _ => {}
    }
    if operation == "transfer" {
        conditions.push("!(resource has owner && resource.owner == context.target)".to_owned());
    }
    if matches!(operation, "lock" | "deactivate") {
        conditions.push("context.target.needed.isEmpty()".to_owned());
    }
    conditions
}
