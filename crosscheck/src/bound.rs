//! What membership rules ask of beside actions: which roles are bound where, without what they imply. For Cedar these
//! are entities of their own, `Binding::"ROLE@ID"`, whose members are those who have the binding, by a team, too.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entity, EntityUid, RestrictedExpression};
use rollcall_engine::{EVERYBODY, MemberStatus, Subject, kind};

use crate::{
    model::{Model, Role},
    uid::{subject, uid},
    world::{Member, Node, World},
};

type Attributes = HashMap<String, RestrictedExpression>;

/// The binding of a role at a resource.
///
/// # Errors
/// As [`uid`].
pub(crate) fn binding(role: &str, id: &str) -> Result<EntityUid, String> {
    uid("Binding", &format!("{role}@{id}"))
}

/// What a member's entity has: `roles`, their own bindings; `needed`, those that nobody may take, for too few holders
/// would be left (Cedar can't count them); and `team` or `everybody` for whoever is one.
pub(crate) fn attributes(model: &Model, world: &World, at: usize, member: &Member) -> Result<Attributes, String> {
    let (mut roles, mut needed) = (Vec::new(), Vec::new());
    for (_, role, node) in world.bindings.iter().filter(|(holder, ..)| *holder == at) {
        let entity = RestrictedExpression::new_entity_uid(binding_at(world, role, *node)?);
        if is_needed(model, world, at, role, *node)? {
            needed.push(entity.clone());
        }
        roles.push(entity);
    }
    let mut attributes = HashMap::from([
        ("roles".to_owned(), RestrictedExpression::new_set(roles)),
        ("needed".to_owned(), RestrictedExpression::new_set(needed)),
    ]);
    if model.is_team_type(&member.subject.kind) {
        attributes.insert("team".to_owned(), RestrictedExpression::new_bool(true));
    }
    if member.subject.id == EVERYBODY {
        attributes.insert("everybody".to_owned(), RestrictedExpression::new_bool(true));
    }
    Ok(attributes)
}

/// What a member's entity is in: their bindings, the teams at which some role is bound to them, and everybody.
pub(crate) fn groups(model: &Model, world: &World, at: usize, member: &Member) -> Result<HashSet<EntityUid>, String> {
    let mut groups = HashSet::new();
    for (_, role, node) in world.bindings.iter().filter(|(holder, ..)| *holder == at) {
        groups.insert(binding_at(world, role, *node)?);
        groups.extend(world.nodes.get(*node).and_then(|node| team(model, node)).transpose()?);
    }
    if member.subject.kind == kind::USER && member.subject.id != EVERYBODY {
        groups.insert(subject(&Subject::user(EVERYBODY))?);
    }
    Ok(groups)
}

/// The entity of everybody, unless everybody is a member.
pub(crate) fn everybody(world: &World) -> Result<Option<Entity>, String> {
    if world.members.iter().any(|member| member.subject.id == EVERYBODY) {
        return Ok(None);
    }
    let attributes = HashMap::from([("everybody".to_owned(), RestrictedExpression::new_bool(true))]);
    let entity = Entity::new(subject(&Subject::user(EVERYBODY))?, attributes, HashSet::new());
    entity.map(Some).map_err(|error| error.to_string())
}

/// What a resource's entity has: `bindings`, those of its type's roles there; `protecting`, those above that protect;
/// and `team`, the member that it is as a team.
pub(crate) fn node_attributes(model: &Model, world: &World, at: usize, node: &Node) -> Result<Attributes, String> {
    let mut bindings = Vec::new();
    for role in &model.find(&node.key.kind)?.roles {
        bindings.push((role.name.clone(), RestrictedExpression::new_entity_uid(binding(&role.name, &node.key.id)?)));
    }
    let mut protecting = Vec::new();
    for (_, above) in world.ancestors(at).skip(1) {
        for role in model.find(&above.key.kind)?.roles.iter().filter(|role| role.protected_below) {
            protecting.push(RestrictedExpression::new_entity_uid(binding(&role.name, &above.key.id)?));
        }
    }
    let bindings = RestrictedExpression::new_record(bindings).map_err(|error| error.to_string())?;
    let mut attributes = HashMap::from([
        ("bindings".to_owned(), bindings),
        ("protecting".to_owned(), RestrictedExpression::new_set(protecting)),
    ]);
    if let Some(team) = team(model, node).transpose()? {
        attributes.insert("team".to_owned(), RestrictedExpression::new_entity_uid(team));
    }
    Ok(attributes)
}

fn team(model: &Model, node: &Node) -> Option<Result<EntityUid, String>> {
    let is_team = model.is_team_type(&node.key.kind);
    is_team.then(|| subject(&Subject::new(&node.key.kind, node.key.id.as_str())))
}

fn binding_at(world: &World, role: &str, at: usize) -> Result<EntityUid, String> {
    binding(role, &world.nodes.get(at).ok_or("no such node")?.key.id)
}

/// Whether fewer holders who can act than a role needs would be left, were it taken from this member.
fn is_needed(model: &Model, world: &World, holder: usize, role: &str, at: usize) -> Result<bool, String> {
    let roles = model.types.iter().flat_map(|resource_type| &resource_type.roles);
    let at_least =
        roles.filter(|each| each.name == role).map(|role: &Role| role.at_least).next().ok_or("no such role")?;
    let counts = |member: usize| {
        world.members.get(member).is_some_and(|member| {
            let can_act = member.status == MemberStatus::Active && !member.locked;
            can_act && model.people.contains(&member.subject.kind) && member.subject.id != EVERYBODY
        })
    };
    let same = world.bindings.iter().filter(|(_, other, node)| other == role && *node == at);
    let holders: HashSet<usize> = same.map(|(member, ..)| *member).filter(|member| counts(*member)).collect();
    Ok(holders.contains(&holder) && holders.len() <= at_least)
}
