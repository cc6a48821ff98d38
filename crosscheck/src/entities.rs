//! A tenant as Cedar's entities: Cedar itself follows resources upwards, and roles to what they imply.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use rollcall_engine::{MemberStatus, ResourceKey, Subject};

use crate::{
    model::Model,
    world::{Lookup, Member, Node, World},
};

/// The entity of this type and id.
///
/// # Errors
/// When the type is no name for Cedar.
pub fn uid(resource_type: &str, id: &str) -> Result<EntityUid, String> {
    let resource_type: EntityTypeName = resource_type.parse().map_err(|error| format!("`{resource_type}`: {error}"))?;
    Ok(EntityUid::from_type_name_and_id(resource_type, EntityId::new(id)))
}

/// The entity of a subject.
///
/// # Errors
/// As [`uid`].
pub fn subject(subject: &Subject) -> Result<EntityUid, String> {
    uid(&format!("Subject::{}", subject.kind), &subject.id)
}

/// The entity of a resource.
///
/// # Errors
/// As [`uid`].
pub fn resource(key: &ResourceKey) -> Result<EntityUid, String> {
    uid(&format!("Resource::{}", key.kind), &key.id)
}

/// Everything that Cedar gets to know of a tenant.
///
/// # Errors
/// As [`uid`], and when Cedar refuses the entities.
pub fn entities(model: &Model, world: &World) -> Result<Entities, String> {
    let mut all = Vec::new();
    for (at, member) in world.members.iter().enumerate() {
        all.push(member_entity(world, at, member)?);
    }
    for (at, node) in world.nodes.iter().enumerate() {
        all.push(node_entity(model, world, at, node)?);
        for role in &model.find(&node.key.kind)?.roles {
            let mut implied = HashSet::new();
            for name in &role.implies {
                for (below, _) in world.nodes.iter().enumerate().filter(|(_, below)| is_role_of(name, &below.key.kind)) {
                    if ancestors(world, below).any(|(ancestor, _)| ancestor == at) {
                        implied.insert(holders(world, name, below)?);
                    }
                }
            }
            all.push(Entity::new_no_attrs(holders(world, &role.name, at)?, implied));
        }
    }
    Entities::from_entities(all, None).map_err(|error| error.to_string())
}

fn member_entity(world: &World, at: usize, member: &Member) -> Result<Entity, String> {
    let status = match member.status {
        MemberStatus::Active => "active",
        MemberStatus::Invited => "invited",
        MemberStatus::Deactivated => "deactivated",
    };
    let attributes = HashMap::from([
        ("status".to_owned(), RestrictedExpression::new_string(status.to_owned())),
        ("locked".to_owned(), RestrictedExpression::new_bool(member.locked)),
    ]);
    let bindings = world.bindings.iter().filter(|(holder, ..)| *holder == at);
    let groups = bindings.map(|(_, role, node)| holders(world, role, *node)).collect::<Result<_, _>>()?;
    Entity::new(subject(&member.subject)?, attributes, groups).map_err(|error| error.to_string())
}

fn node_entity(model: &Model, world: &World, at: usize, node: &Node) -> Result<Entity, String> {
    let mut groups = HashSet::new();
    let parent = node.parent.and_then(|parent| world.nodes.get(parent));
    // What must be registered is not known by what is stated of it.
    if node.lookup != Lookup::Stated || model.find(&node.key.kind)?.may_be_stated {
        groups.insert(parent.map_or_else(|| uid("State", "known"), |parent| resource(&parent.key))?);
    }
    if node.archived {
        groups.insert(uid("State", "archived")?);
    }
    let mut role_groups = Vec::new();
    for (at, node) in ancestors(world, at) {
        for role in &model.find(&node.key.kind)?.roles {
            role_groups.push((role.name.clone(), RestrictedExpression::new_entity_uid(holders(world, &role.name, at)?)));
        }
    }
    let role_groups = RestrictedExpression::new_record(role_groups).map_err(|error| error.to_string())?;
    let mut attributes = HashMap::from([("holders".to_owned(), role_groups)]);
    if let Some(owner) = &node.owner {
        attributes.insert("owner".to_owned(), RestrictedExpression::new_entity_uid(subject(owner)?));
    }
    if node.lookup == Lookup::Record {
        let whose = subject(&Subject::user(node.key.id.as_str()))?;
        attributes.insert("whose".to_owned(), RestrictedExpression::new_entity_uid(whose));
    }
    Entity::new(resource(&node.key)?, attributes, groups).map_err(|error| error.to_string())
}

/// The group of those who hold a role at a node, by the node's index.
fn holders(world: &World, role: &str, at: usize) -> Result<EntityUid, String> {
    let node = world.nodes.get(at).ok_or("no such node")?;
    uid("Role", &format!("{role}@{}", node.key.id))
}

fn ancestors(world: &World, from: usize) -> impl Iterator<Item = (usize, &Node)> {
    let node = |at: usize| world.nodes.get(at).map(|node| (at, node));
    std::iter::successors(node(from), move |(_, below)| below.parent.and_then(node))
}

fn is_role_of(role: &str, kind: &str) -> bool {
    role.split_once('.').is_some_and(|(resource_type, _)| resource_type == kind)
}
