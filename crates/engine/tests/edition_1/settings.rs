//! What a policy sets beside its rules, as text.

use std::fmt::Write as _;

use rollcall_engine::{Policy, ResourceType, Role, RoleId};

const DAY: u64 = 24 * 60 * 60;

/// All that a policy sets, its types, roles and actions in the order of the file.
pub fn settings(policy: &Policy) -> String {
    let days: Vec<u64> = policy.reminders().iter().map(|after| after.as_secs() / DAY).collect();
    let mut text = format!(
        "{}, version {}, root {}\ninvitations: {} days, reminded of after {days:?}, reactivate {}\n",
        policy.name(),
        policy.version(),
        policy.root().name(),
        policy.invitation_lifetime().as_secs() / DAY,
        policy.invitations_reactivate(),
    );
    for resource_type in policy.types() {
        write_type(policy, resource_type, &mut text);
    }
    text
}

fn write_type(policy: &Policy, resource_type: &ResourceType, text: &mut String) {
    let parent = resource_type.parent().map(|parent| policy.resource_type(parent));
    writeln!(
        text,
        "{}: parent {}, nested {}, owned {}, member_records {}, several_roles {}, teams {}, registered {}",
        resource_type.name(),
        parent.map_or("none", ResourceType::name),
        resource_type.is_nested(),
        resource_type.is_owned(),
        resource_type.has_member_records(),
        resource_type.allows_several_roles(),
        resource_type.is_team_type(),
        resource_type.registration().name(),
    )
    .unwrap();
    let role = |role: Option<RoleId>| role.map_or("none".to_owned(), |role| policy.qualified(policy.role(role)));
    let parents = parent.into_iter().chain(resource_type.is_nested().then_some(resource_type));
    let created_by = |above: &ResourceType| -> Vec<String> {
        let actions = policy.create_actions(resource_type, above);
        actions.map(|action| format!("{} {}", above.name(), action.name())).collect()
    };
    let created_by: Vec<String> = parents.flat_map(created_by).collect();
    let (creator, joins_as) = (role(resource_type.creator_role()), role(resource_type.joins_as()));
    writeln!(text, "  creator {creator}, created by {created_by:?}, joins as {joins_as}").unwrap();
    for role in resource_type.roles().iter().map(|id| policy.role(*id)) {
        write_role(policy, role, text);
    }
    for action in resource_type.actions() {
        let (locked, archived) = (action.is_allowed_when_locked(), action.is_allowed_when_archived());
        writeln!(text, "  action {}: when_locked {locked}, when_archived {archived}", action.name()).unwrap();
    }
}

fn write_role(policy: &Policy, role: &Role, text: &mut String) {
    let names = |mask| policy.roles_in(mask).map(|role| policy.qualified(role)).collect::<Vec<_>>();
    writeln!(
        text,
        "  {}: implies {:?}, reaches {:?}, protected_below {}, for_teams {}, at_least {}",
        role.name(),
        names(role.closure().without(role.mask())),
        names(role.reaching_roles()),
        role.protects_below(),
        role.is_for_teams(),
        role.at_least(),
    )
    .unwrap();
}
