//! From names to types and actions of a policy.

use rollcall_engine::{Action, Policy, ResourceType, UnknownName};

use crate::service::{
    error::{Error, Result},
    input::id_required,
};

/// The resource type of this name, which the request has in `field`; else `UNKNOWN_RESOURCE_TYPE` with the nearest
/// names.
pub(crate) fn find_type<'p>(policy: &'p Policy, name: &str, field: &str) -> Result<&'p ResourceType> {
    policy.find_type(name).map_err(|unknown| unknown_type(policy, &unknown, field))
}

/// As [`find_type`], without a search for the nearest names.
pub(crate) fn find_type_only<'p>(policy: &'p Policy, name: &str, field: &str) -> Result<&'p ResourceType> {
    policy.type_named(name).ok_or_else(|| unknown_type(policy, &unsuggested(name), field))
}

/// The action of this name, which the request has in `field`; else `UNKNOWN_ACTION` with the nearest names.
pub(crate) fn find_action<'p>(resource_type: &'p ResourceType, name: &str, field: &str) -> Result<&'p Action> {
    resource_type.find_action(name).map_err(|unknown| unknown_action(resource_type, &unknown, field))
}

/// As [`find_action`], without a search for the nearest names.
pub(crate) fn find_action_only<'p>(resource_type: &'p ResourceType, name: &str, field: &str) -> Result<&'p Action> {
    resource_type.action(name).ok_or_else(|| unknown_action(resource_type, &unsuggested(name), field))
}

fn unsuggested(name: &str) -> UnknownName {
    UnknownName { name: name.to_owned(), nearest: Vec::new() }
}

fn unknown_type(policy: &Policy, unknown: &UnknownName, field: &str) -> Error {
    let name = &unknown.name;
    let message = format!("policy `{}` has no resource type `{name}`{}", policy.name(), meant(unknown));
    Error::field("UNKNOWN_RESOURCE_TYPE", field, message)
        .with("resource_type", name.clone())
        .with("nearest", unknown.nearest.join(","))
}

/// The id of a resource of this type. The root type has one resource, so its id may be empty; it is the tenant's.
pub(crate) fn known_id<'a>(resource_type: &ResourceType, tenant: &'a str, id: &'a str) -> Result<&'a str> {
    match (id.is_empty(), resource_type.parent()) {
        (false, _) => Ok(id),
        (true, None) => Ok(tenant),
        (true, Some(_)) => Err(id_required("resource", resource_type.name())),
    }
}

fn unknown_action(resource_type: &ResourceType, unknown: &UnknownName, field: &str) -> Error {
    let message = format!("`{}` has no action `{}`{}", resource_type.name(), unknown.name, meant(unknown));
    Error::field("UNKNOWN_ACTION", field, message)
        .with("action", unknown.name.clone())
        .with("resource_type", resource_type.name())
        .with("nearest", unknown.nearest.join(","))
}

/// "; did you mean …?", where something is near.
pub(crate) fn meant(unknown: &UnknownName) -> String {
    if unknown.nearest.is_empty() {
        return String::new();
    }
    let names: Vec<String> = unknown.nearest.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}
