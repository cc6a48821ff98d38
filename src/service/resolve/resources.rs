//! From names to registered resources.

use rollcall_engine::{Facts, Node, ResourceKey};

use crate::service::{
    error::Result,
    input::no_id,
    resolve::{not_found::no_resource, types::find_type},
};

/// The registered resource of this name, which the request has in `field`; the tenant itself for the root type.
pub(crate) fn find_node(facts: &dyn Facts, key: &ResourceKey, field: &str) -> Result<Node> {
    let of = find_type(facts.policy(), &key.kind, &format!("{field}.type"))?;
    match (key.id.is_empty(), of.parent()) {
        (true, None) => Ok(facts.root()),
        (true, Some(_)) => Err(no_id(field, of.name())),
        (false, _) => facts.find(of.id(), &key.id).ok_or_else(|| no_resource(key.as_ref(), field)),
    }
}
