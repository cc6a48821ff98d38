//! A tenant as Cedar's entities: Cedar itself follows resources upwards, and roles to what they imply.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression};
use rollcall_engine::{MemberStatus, Subject};

use crate::{
    bound,
    model::Model,
    uid::{resource, subject, uid},
    world::{Lookup, Member, Node, World},
};

/// Everything that Cedar gets to know of a tenant.
///
/// # Errors
/// When a type is no name for Cedar, and when Cedar refuses the entities.
pub fn entities(model: &Model, world: &World) -> Result<Entities, String> {
    let mut all = Vec::new();
    for (at, member) in world.members.iter().enumerate() {
        all.push(member_entity(model, world, at, member)?);
    }
    all.extend(bound::everybody(world)?);
    for (at, node) in world.nodes.iter().enumerate() {
        all.push(node_entity(model, world, at, node)?);
        for role in &model.find(&node.key.kind)?.roles {
            let mut implied = HashSet::new();
            for name in &role.implies {
                for (below, _) in world.nodes.iter().enumerate().filter(|(_, below)| is_role_of(name, &below.key.kind))
                {
                    if world.ancestors(below).any(|(ancestor, _)| ancestor == at) {
                        implied.insert(holders(world, name, below)?);
                    }
                }
            }
            all.push(Entity::new_no_attrs(holders(world, &role.name, at)?, implied));
        }
    }
    Entities::from_entities(all, None).map_err(|error| error.to_string())
}

fn member_entity(model: &Model, world: &World, at: usize, member: &Member) -> Result<Entity, String> {
    let status = match member.status {
        MemberStatus::Active => "active",
        MemberStatus::Invited => "invited",
        MemberStatus::Deactivated => "deactivated",
    };
    let mut attributes = HashMap::from([
        ("status".to_owned(), RestrictedExpression::new_string(status.to_owned())),
        ("locked".to_owned(), RestrictedExpression::new_bool(member.locked)),
    ]);
    attributes.extend(bound::attributes(model, world, at, member)?);
    let bindings = world.bindings.iter().filter(|(holder, ..)| *holder == at);
    let mut groups: HashSet<EntityUid> =
        bindings.map(|(_, role, node)| holders(world, role, *node)).collect::<Result<_, _>>()?;
    groups.extend(bound::groups(model, world, at, member)?);
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
    for (at, node) in world.ancestors(at) {
        for role in &model.find(&node.key.kind)?.roles {
            role_groups
                .push((role.name.clone(), RestrictedExpression::new_entity_uid(holders(world, &role.name, at)?)));
        }
    }
    let role_groups = RestrictedExpression::new_record(role_groups).map_err(|error| error.to_string())?;
    let mut attributes = HashMap::from([("holders".to_owned(), role_groups)]);
    if let Some(owner) = &node.owner {
        attributes.insert("owner".to_owned(), RestrictedExpression::new_entity_uid(subject(owner)?));
    }
    attributes.extend(bound::node_attributes(model, world, at, node)?);
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

fn is_role_of(role: &str, kind: &str) -> bool {
    role.split_once('.').is_some_and(|(resource_type, _)| resource_type == kind)
}
