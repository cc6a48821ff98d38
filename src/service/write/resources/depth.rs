//! How deep a tree of resources may be.

use rollcall_engine::{self as engine, Facts, Node, ResourceType};

use crate::service::error::{Error, Result};

/// The most resources that one may be below, the tenant among them.
const MAX_DEPTH: usize = 64;

/// Refuses a parent, which the request has in `parent`, below which a resource would be too deep, or what is `levels` below
/// that.
pub(crate) fn check(facts: &dyn Facts, parent: Node, levels: usize) -> Result<()> {
    let above = engine::ancestor_nodes(facts, parent).take(MAX_DEPTH + 1).count();
    if above + levels <= MAX_DEPTH {
        return Ok(());
    }
    let description = format!("is too deep: a resource is below {MAX_DEPTH} others at most, the tenant among them");
    Err(Error::field("FIELD_INVALID", "parent", description))
}

/// How many levels of resources are below one; it costs a walk through all resources where types are nested, and nothing
/// where the types alone bound the depth.
pub(crate) fn levels_below(facts: &dyn Facts, top: Node) -> usize {
    let types = facts.policy().types();
    if !types.iter().any(ResourceType::is_nested) {
        return 0;
    }
    let nodes = types.iter().flat_map(|resource_type| facts.resources_of_type(resource_type.id()));
    nodes.filter_map(|node| engine::ancestor_nodes(facts, *node).position(|above| above == top)).max().unwrap_or(0)
}
