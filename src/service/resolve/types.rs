//! From names to types and actions of a policy.

use rollcall_engine::{Action, Policy, ResourceType, Unknown};

use crate::service::{
    error::{Error, Result},
    input::no_id,
};

/// The resource type of this name, which the request has in `field`.
pub(crate) fn find_type<'p>(policy: &'p Policy, name: &str, field: &str) -> Result<&'p ResourceType> {
    policy.find_type(name).map_err(|unknown| {
        let message = format!("policy `{}` has no resource type `{name}`{}", policy.name(), meant(&unknown));
        Error::field("UNKNOWN_RESOURCE_TYPE", field, message)
            .with("resource_type", name)
            .with("nearest", unknown.nearest.join(","))
    })
}

/// The action of this name, which the request has in `field`.
pub(crate) fn find_action<'p>(of: &'p ResourceType, name: &str, field: &str) -> Result<&'p Action> {
    of.find_action(name).map_err(|unknown| unknown_action(of, &unknown, field))
}

/// The root type has one resource, so its id may be left out.
pub(crate) fn known_id<'a>(of: &ResourceType, tenant: &'a str, id: &'a str) -> Result<&'a str> {
    match (id.is_empty(), of.parent()) {
        (false, _) => Ok(id),
        (true, None) => Ok(tenant),
        (true, Some(_)) => Err(no_id("resource", of.name())),
    }
}

fn unknown_action(of: &ResourceType, unknown: &Unknown, field: &str) -> Error {
    let message = format!("`{}` has no action `{}`{}", of.name(), unknown.name, meant(unknown));
    Error::field("UNKNOWN_ACTION", field, message)
        .with("action", unknown.name.clone())
        .with("resource_type", of.name())
        .with("nearest", unknown.nearest.join(","))
}

/// "; did you mean …?", where something is near.
pub(crate) fn meant(unknown: &Unknown) -> String {
    if unknown.nearest.is_empty() {
        return String::new();
    }
    let names: Vec<String> = unknown.nearest.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}
