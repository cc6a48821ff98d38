//! Compares the settings of two policies, of their types, roles and actions: all that they say beside rules.

use rollcall_engine::{Action, Policy, Registration, ResourceType, Role, RoleId, join_words};

use crate::{
    diff::{difference::Setting, names::ordered, type_version::TypeVersion, versions::TypePair},
    table::notes,
};

pub(crate) fn of_policy(old: &Policy, new: &Policy) -> Vec<Setting> {
    let root = |policy: &Policy| format!("`{}`", policy.root().name());
    let reminders = |policy: &Policy| notes::reminders(policy).unwrap_or_else(|| NONE.to_owned());
    let reactivates = |policy: &Policy| yes_or_no(policy.invitations_reactivate());
    let outlives = |policy: &Policy| yes_or_no(policy.invitations_outlive_inviter());
    let settings = [
        setting("edition", old.edition().to_string(), new.edition().to_string()),
        setting("root type", root(old), root(new)),
        setting("people", notes::people(old), notes::people(new)),
        setting("an invitation can be accepted for", notes::lifetime(old), notes::lifetime(new)),
        setting("an invitation is reminded of after", reminders(old), reminders(new)),
        setting("an invitation reactivates", reactivates(old), reactivates(new)),
        setting("an invitation outlives its inviter", outlives(old), outlives(new)),
    ];
    settings.into_iter().flatten().collect()
}

pub(crate) fn of_type(pair: &TypePair<'_>) -> Vec<Setting> {
    let (old, new) = (&pair.old, &pair.new);
    let mut settings = Vec::new();
    let mut of_type = |about: &str, say: fn(&Policy, &ResourceType) -> String| {
        let said =
            |version: &TypeVersion<'_>| version.resource_type.map(|resource_type| say(version.policy, resource_type));
        settings.extend(changed(about, said(old), said(new), NONE));
    };
    of_type("parent", |policy, resource_type| match resource_type.parent() {
        Some(above) => format!("`{}`", policy.resource_type(above).name()),
        None => NONE.to_owned(),
    });
    of_type("created by", |policy, resource_type| {
        notes::creators(policy, resource_type).unwrap_or_else(|| NONE.to_owned())
    });
    of_type("given for longer", |policy, resource_type| {
        notes::lasting(policy, resource_type).unwrap_or_else(|| NONE.to_owned())
    });
    of_type("creator role", |policy, resource_type| role_name(policy, resource_type, resource_type.creator_role()));
    of_type("joins as", |policy, resource_type| role_name(policy, resource_type, resource_type.joins_as()));
    let mut flag = |about: &str, say: fn(&ResourceType) -> bool| {
        let said = |version: &TypeVersion<'_>| version.resource_type.map(|resource_type| yes_or_no(say(resource_type)));
        settings.extend(changed(about, said(old), said(new), NO));
    };
    flag("nested", ResourceType::is_nested);
    flag("owned", ResourceType::is_owned);
    flag("several roles", ResourceType::allows_several_roles);
    flag("member records", ResourceType::has_member_records);
    flag("teams", ResourceType::is_team_type);
    let said = |version: &TypeVersion<'_>| {
        version.resource_type.map(|resource_type| resource_type.registration().name().to_owned())
    };
    settings.extend(changed("registered", said(old), said(new), Registration::Required.name()));

    let names =
        |version: &TypeVersion<'_>| -> Vec<String> { version.own_roles().map(|role| role.name().to_owned()).collect() };
    for name in ordered(&names(old), &names(new), String::as_str) {
        let mut of_role = |about: String, default: &str, say: fn(&Policy, &Role) -> String| {
            let said = |version: &TypeVersion<'_>| {
                version.own_roles().find(|role| role.name() == name).map(|role| say(version.policy, role))
            };
            settings.extend(changed(&about, said(old), said(new), default));
        };
        of_role(format!("`{name}` is also"), NONE, |policy, role| {
            let implied = policy.roles_in(role.closure()).filter(|implied| implied.id() != role.id());
            let implied: Vec<String> = implied.map(|implied| format!("`{}`", policy.qualified(implied))).collect();
            if implied.is_empty() { NONE.to_owned() } else { join_words(&implied, "and") }
        });
        of_role(format!("`{name}` reaches down"), NO, |_, role| yes_or_no(role.reaches_down()));
        of_role(format!("`{name}` is protected below"), NO, |_, role| yes_or_no(role.protects_below()));
        of_role(format!("`{name}` may be held by teams"), NO, |_, role| yes_or_no(role.is_for_teams()));
        of_role(format!("how many `{name}` must stay"), "0", |_, role| role.at_least().to_string());
    }

    let names = |version: &TypeVersion<'_>| -> Vec<String> {
        version.resource_type.map_or(Vec::new(), |resource_type| {
            resource_type.actions().iter().map(|action| action.name().to_owned()).collect()
        })
    };
    for name in ordered(&names(old), &names(new), String::as_str) {
        let mut of_action = |about: String, say: fn(&Action) -> bool| {
            let said = |version: &TypeVersion<'_>| {
                version
                    .resource_type
                    .and_then(|resource_type| resource_type.find_action(&name).ok())
                    .map(|found| yes_or_no(say(found)))
            };
            settings.extend(changed(&about, said(old), said(new), NO));
        };
        of_action(format!("`{name}` when locked"), Action::is_allowed_when_locked);
        of_action(format!("`{name}` when archived"), Action::is_allowed_when_archived);
    }
    settings
}

const NONE: &str = "none";
const NO: &str = "no";

fn yes_or_no(yes: bool) -> String {
    if yes { "yes".to_owned() } else { NO.to_owned() }
}

fn role_name(policy: &Policy, resource_type: &ResourceType, role: Option<RoleId>) -> String {
    role.map_or(NONE.to_owned(), |id| format!("`{}`", policy.name_at(resource_type, policy.role(id))))
}

/// A setting of something that may be in one policy only: for what is new, each value that is not the default; for what
/// was removed, none.
fn changed(about: &str, old: Option<String>, new: Option<String>, default: &str) -> Option<Setting> {
    setting(about, old.unwrap_or_else(|| default.to_owned()), new?)
}

fn setting(about: &str, old: String, new: String) -> Option<Setting> {
    (old != new).then(|| Setting { about: about.to_owned(), old, new })
}
