//! Reads the facts that a file of cases declares: the tenant, resources, members, people who are none, and groups.

mod builder;
mod hierarchy;
mod members;
mod people;
mod resources;

use rollcall_engine::{
    Diagnostic, Policy, ResourceKey,
    reader::{Fields, string},
};

use crate::cases::{
    declare::builder::SceneBuilder, instant::instant, mistakes::Mistakes, names::SubjectTypes, scene::Scene,
};

/// The most resources, members, and groups that a file may have, of each.
const MAX_FACTS: usize = 256;

/// The most roles that all members of a file may hold together.
const MAX_ROLES: usize = 1024;

/// Reads the facts; none when there is no tenant or too many facts.
pub(crate) fn read<'p>(
    fields: &mut Fields<'_, '_>,
    policy: &'p Policy,
    mistakes: &mut Mistakes<'_>,
) -> Option<Scene<'p>> {
    let problems = mistakes.problems();
    let tenant = fields.require("tenant", "tenant = \"acme\"", problems);
    let now = fields.get("now").and_then(|value| instant(value, "now", problems));
    let mut table = |name: &'static str| {
        fields.get(name).and_then(|value| Fields::from_value(value, format!("`{name}`"), problems))
    };
    let (resources, members, groups) = (table("resources"), table("members"), table("groups"));
    let non_members = fields.strings("non_members", problems);
    for (what, table) in [("resources", &resources), ("members", &members), ("groups", &groups)] {
        check_entry_count(what, table.as_ref(), mistakes)?;
    }
    let tenant = tenant.and_then(|value| string(value, "tenant", mistakes.problems()))?;
    let scene = Scene {
        policy,
        root: ResourceKey::new(policy.root().name(), tenant.value),
        subject_types: SubjectTypes::new(policy),
        resources: Vec::new(),
        people: Vec::new(),
        groups: Vec::new(),
        left_out: Vec::new(),
        now: now.map(|now| now.value),
        is_sound: true,
    };
    let mut builder = SceneBuilder::new(scene, mistakes);
    let declared = builder.read_resources(resources.as_ref());
    builder.add_resources(&declared);
    let declarations = builder.read_members(members.as_ref());
    builder.add_members(declarations);
    builder.check_role_count(members.as_ref(), MAX_ROLES)?;
    builder.add_non_members(&non_members);
    builder.add_owners(&declared);
    builder.add_groups(groups.as_ref());
    Some(builder.finish())
}

/// Reports a table of the facts that has too many entries; none when it has.
fn check_entry_count(what: &str, fields: Option<&Fields<'_, '_>>, mistakes: &mut Mistakes<'_>) -> Option<()> {
    let Some(fields) = fields else { return Some(()) };
    let count = fields.rest().count();
    if count <= MAX_FACTS {
        return Some(());
    }
    let message = format!("`{what}` has {count} entries");
    mistakes.push(Diagnostic::new(message, fields.span(), format!("expected {MAX_FACTS} at most")));
    None
}
