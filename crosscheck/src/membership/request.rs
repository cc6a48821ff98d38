//! Random membership writes: somebody, somebody else and a resource, and every write that the one could make to the
//! other there.

use rollcall_engine::{EVERYBODY, ResourceKey, Subject, kind};

use crate::{
    member_rule::{OPERATIONS, grants_roles, takes_roles},
    model::{Model, Role},
    random::Random,
    world::{Node, World},
};

/// A membership write: may the actor do this to the target's roles at the resource?
#[derive(Debug)]
pub struct WriteRequest {
    /// Who would write; need not be a member.
    pub actor: Subject,
    /// What would be done.
    pub operation: &'static str,
    /// Whom it would be done to; need not be a member.
    pub target: Subject,
    /// The registered resource at which it would be done.
    pub resource: ResourceKey,
    /// The role that it takes, with its type; none where it takes whatever is there, or nothing.
    pub from: Option<String>,
    /// The role that it gives, with its type.
    pub to: Option<String>,
}

/// Every write that a random subject could make to another at a random resource.
///
/// # Errors
/// When the world has a resource of no type of the model.
pub fn draw(model: &Model, world: &World, random: &mut Random) -> Result<Vec<WriteRequest>, String> {
    let nodes: Vec<&Node> = world.registered().into_iter().filter_map(|at| world.nodes.get(at)).collect();
    let has_rules =
        |node: &&&Node| model.find(&node.key.kind).is_ok_and(|resource_type| !resource_type.members.is_empty());
    let with_rules: Vec<&Node> = nodes.iter().filter(has_rules).copied().collect();
    // There is one root, and of it as much is asked as of all else.
    let candidates = match random.below(100) {
        0..45 => nodes.get(..1).unwrap_or_default(),
        45..95 => with_rules.as_slice(),
        _ => nodes.as_slice(),
    };
    let node = random.pick(candidates).ok_or("there is nothing to ask about")?;
    let actor = draw_actor(world, node, random);
    let target = draw_target(world, node, &actor, random);
    let resource_type = model.find(&node.key.kind)?;
    let roles = &resource_type.roles;
    let mut requests = Vec::new();
    // Where no rule is about an operation, nobody is let through: that is asked now and then.
    let has_rules = |operation: &str| resource_type.members.contains_key(operation);
    let without_rules = random.percent(10);
    for operation in OPERATIONS.into_iter().filter(|operation| without_rules || has_rules(operation)) {
        for from in choices(takes_roles(operation), roles, true) {
            for to in choices(grants_roles(operation), roles, false) {
                let (actor, target, from) = (actor.clone(), target.clone(), from.clone());
                requests.push(WriteRequest { actor, operation, target, resource: node.key.clone(), from, to });
            }
        }
    }
    Ok(requests)
}

/// What a write can name of a type's roles: each, where it names any; and none, where it need not.
fn choices(names_role: bool, roles: &[Role], or_none: bool) -> Vec<Option<String>> {
    let named = roles.iter().filter(|_| names_role).map(|role| Some(role.name.clone()));
    let none = (or_none || !names_role).then_some(None);
    none.into_iter().chain(named).collect()
}

fn draw_actor(world: &World, node: &Node, random: &mut Random) -> Subject {
    match random.below(100) {
        0..15 => Subject::new(kind::OPERATOR, "u0"),
        15..30 => node.owner.clone().unwrap_or_else(|| world.any_subject(random)),
        30..65 => with_role(world, node, random).unwrap_or_else(|| world.any_subject(random)),
        _ => world.any_subject(random),
    }
}

fn draw_target(world: &World, node: &Node, actor: &Subject, random: &mut Random) -> Subject {
    match random.below(100) {
        0..15 => actor.clone(),
        15..25 => node.owner.clone().unwrap_or_else(|| world.any_subject(random)),
        25..60 => with_role(world, node, random).unwrap_or_else(|| world.any_subject(random)),
        60..70 => Subject::user("stranger"),
        70..75 => Subject::user(EVERYBODY),
        _ => world.any_subject(random),
    }
}

/// Somebody who has a role at a resource by a binding of their own.
fn with_role(world: &World, node: &Node, random: &mut Random) -> Option<Subject> {
    let is_there = |at: usize| world.nodes.get(at).is_some_and(|other| other.key == node.key);
    let bindings: Vec<usize> =
        world.bindings.iter().filter(|(.., at)| is_there(*at)).map(|(member, ..)| *member).collect();
    random.pick(&bindings).and_then(|member| world.members.get(*member)).map(|member| member.subject.clone())
}
