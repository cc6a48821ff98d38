//! The tenant whose decisions a matrix shows: who acts in it, and what they act on.

use std::sync::Arc;

use rollcall_engine::{MemberStatus, Policy, ResourceType, Role, Subject, View};

use crate::description::tenant_under;

/// The resource of each type at which everybody has their roles; the tenant's id as well.
pub const HERE: &str = "here";
/// Another one beside it, where those have their roles who are called `ROLE elsewhere`.
pub const THERE: &str = "there";
/// An archived one.
pub const ARCHIVED: &str = "shut";

/// Who acts, by name: each role alone, each role elsewhere, relations, those without access, and an operator.
pub fn actors(policy: &Policy) -> Vec<(String, Subject)> {
    let below_root = |role: &&Role| policy.resource_type(role.resource_type()).parent().is_some();
    let mut actors: Vec<String> = policy.roles().iter().map(|role| policy.qualified(role)).collect();
    actors.extend(policy.roles().iter().filter(below_root).map(|role| format!("{} elsewhere", policy.qualified(role))));
    actors.extend(
        ["self", "owner", "anyone", "all roles, locked", "all roles, invited", "all roles, deactivated"]
            .map(str::to_owned),
    );
    let mut actors: Vec<(String, Subject)> =
        actors.into_iter().map(|name| (name.clone(), Subject::user(name))).collect();
    actors.push(("non-member".to_owned(), Subject::user("nobody")));
    actors.push(("operator".to_owned(), Subject::new("operator", "op")));
    actors
}

/// The id of the resource that an actor owns, of any type.
pub fn own_resource(name: &str) -> String {
    format!("own of {name}")
}

/// The facts: of each type the resources of the three ids, and for every actor one that they own.
pub fn view(policy: &Arc<Policy>) -> View {
    let mut fixture = tenant_under(Arc::clone(policy)).named(HERE);
    let has_resources =
        |resource_type: &&ResourceType| resource_type.parent().is_some() && !resource_type.has_member_records();
    for resource_type in policy.types().iter().filter(has_resources) {
        let parent_type = policy.resource_type(resource_type.parent().unwrap());
        let key = |id: &str| format!("{}:{id}", resource_type.name());
        let parent_key =
            |id: &str| format!("{}:{}", parent_type.name(), if parent_type.parent().is_none() { HERE } else { id });
        for (id, parent) in [(HERE, HERE), (THERE, THERE), (ARCHIVED, HERE)] {
            fixture = fixture.resource_in(&key(id), &parent_key(parent)).owned_by("owner");
            if id == ARCHIVED {
                fixture = fixture.archived();
            }
        }
        for (name, actor) in actors(policy) {
            fixture = fixture.resource_in(&key(&own_resource(&name)), &parent_key(HERE)).owned_by(&actor.to_string());
        }
    }
    for (name, subject) in actors(policy).iter().filter(|(_, subject)| subject.id != "nobody" && subject.kind == "user")
    {
        let (id, status) = (subject.to_string(), status_of(name));
        fixture = fixture.member(&id, status);
        for role in policy.roles() {
            let type_name = policy.resource_type(role.resource_type()).name();
            for resource in resources_with_role(policy, role, name) {
                fixture = fixture.role(&id, &format!("{type_name}:{resource}"), role.name());
            }
        }
    }
    fixture = fixture.locked("all roles, locked");
    for other in ["other", "protected"] {
        fixture = fixture.member(other, MemberStatus::Active);
    }
    for role in policy.roles() {
        let type_name = policy.resource_type(role.resource_type()).name();
        fixture = fixture.role("protected", &format!("{type_name}:{HERE}"), role.name());
    }
    fixture.facts()
}

fn status_of(actor: &str) -> MemberStatus {
    match actor {
        "all roles, invited" => MemberStatus::Invited,
        "all roles, deactivated" => MemberStatus::Deactivated,
        _ => MemberStatus::Active,
    }
}

/// The ids of the resources at which an actor has a role.
fn resources_with_role(policy: &Policy, role: &Role, actor: &str) -> &'static [&'static str] {
    let qualified = policy.qualified(role);
    if actor == qualified || actor.starts_with("all roles") {
        if role.resource_type() == policy.root().id() { &[HERE] } else { &[HERE, ARCHIVED] }
    } else if actor == format!("{qualified} elsewhere") {
        &[THERE]
    } else {
        &[]
    }
}
