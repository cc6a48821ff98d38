//! From names to registered resources.

use rollcall_engine::{Facts, Node, ResourceKey};

use crate::service::{
    error::Result,
    input::id_required,
    resolve::{not_found::no_resource, types::find_type},
};

/// The registered resource of this name, which the request has in `field`. An empty id of the root type is the root; of
/// another type it is an error, like an unknown type and a resource that is not registered.
pub(crate) fn find_node(facts: &dyn Facts, key: &ResourceKey, field: &str) -> Result<Node> {
    let resource_type = find_type(facts.policy(), &key.kind, &format!("{field}.type"))?;
    match (key.id.is_empty(), resource_type.parent()) {
        (true, None) => Ok(facts.root()),
        (true, Some(_)) => Err(id_required(field, resource_type.name())),
        (false, _) => facts.find(resource_type.id(), &key.id).ok_or_else(|| no_resource(key.as_ref(), field)),
    }
}
