//! A tenant as Cedar's entities: Cedar itself follows resources upwards, and roles to what they imply.

use std::collections::{HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use rollcall_engine::{MemberStatus, ResourceKey, Subject};

use crate::{model::Model, world::{Found, Member, Place, World}};

/// The entity of this type and id.
///
/// # Errors
/// When the type is no name for Cedar.
pub fn uid(of: &str, id: &str) -> Result<EntityUid, String> {
    let of: EntityTypeName = of.parse().map_err(|error| format!("`{of}`: {error}"))?;
    Ok(EntityUid::from_type_name_and_id(of, EntityId::new(id)))
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

/// All that Cedar is told about a tenant.
///
/// # Errors
/// As [`uid`], and when Cedar refuses what it is told.
pub fn entities(model: &Model, world: &World) -> Result<Entities, String> {
    let mut all = Vec::new();
    for (at, member) in world.members.iter().enumerate() {
        all.push(member_entity(world, at, member)?);
    }
    for (at, place) in world.places.iter().enumerate() {
        all.push(place_entity(model, world, at, place)?);
        for role in &model.find(&place.key.kind)?.roles {
            let mut implied = HashSet::new();
            for name in &role.implies {
                for (below, _) in world.places.iter().enumerate().filter(|(_, below)| is_of(name, &below.key.kind)) {
                    if way_up(world, below).any(|(above, _)| above == at) {
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
    let bound = world.bindings.iter().filter(|(holder, ..)| *holder == at);
    let groups = bound.map(|(_, role, place)| holders(world, role, *place)).collect::<Result<_, _>>()?;
    Entity::new(subject(&member.subject)?, attributes, groups).map_err(|error| error.to_string())
}

fn place_entity(model: &Model, world: &World, at: usize, place: &Place) -> Result<Entity, String> {
    let mut groups = HashSet::new();
    let above = place.above.and_then(|above| world.places.get(above));
    groups.insert(above.map_or_else(|| uid("State", "known"), |above| resource(&above.key))?);
    if place.archived {
        groups.insert(uid("State", "archived")?);
    }
    let mut counting = Vec::new();
    for (at, place) in way_up(world, at) {
        for role in &model.find(&place.key.kind)?.roles {
            counting.push((role.name.clone(), RestrictedExpression::new_entity_uid(holders(world, &role.name, at)?)));
        }
    }
    let counting = RestrictedExpression::new_record(counting).map_err(|error| error.to_string())?;
    let mut attributes = HashMap::from([("holders".to_owned(), counting)]);
    if let Some(owner) = &place.owner {
        attributes.insert("owner".to_owned(), RestrictedExpression::new_entity_uid(subject(owner)?));
    }
    if place.found == Found::Record {
        let whose = subject(&Subject::user(place.key.id.as_str()))?;
        attributes.insert("whose".to_owned(), RestrictedExpression::new_entity_uid(whose));
    }
    Entity::new(resource(&place.key)?, attributes, groups).map_err(|error| error.to_string())
}

/// The group of those who hold a role at a place.
fn holders(world: &World, role: &str, at: usize) -> Result<EntityUid, String> {
    let place = world.places.get(at).ok_or("no such place")?;
    uid("Role", &format!("{role}@{}", place.key.id))
}

fn way_up(world: &World, from: usize) -> impl Iterator<Item = (usize, &Place)> {
    let place = |at: usize| world.places.get(at).map(|place| (at, place));
    std::iter::successors(place(from), move |(_, below)| below.above.and_then(place))
}

fn is_of(role: &str, kind: &str) -> bool {
    role.split_once('.').is_some_and(|(of, _)| of == kind)
}
