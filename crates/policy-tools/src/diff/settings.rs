//! What two policies say beside decisions.

use rollcall_engine::{Action, Policy, ResourceType, Role, listed};

use crate::{
    diff::{
        Setting, ordered,
        side::{Side, Sides},
    },
    table::notes,
};

pub(crate) fn of_policy(old: &Policy, new: &Policy) -> Vec<Setting> {
    let root = |policy: &Policy| format!("`{}`", policy.root().name());
    let reminders = |policy: &Policy| notes::reminders(policy).unwrap_or_else(|| NONE.to_owned());
    let reactivates = |policy: &Policy| yes_or_no(policy.invitations_reactivate());
    let settings = [
        setting("root type", root(old), root(new)),
        setting("an invitation can be accepted for", notes::lifetime(old), notes::lifetime(new)),
        setting("an invitation is reminded of after", reminders(old), reminders(new)),
        setting("an invitation reactivates", reactivates(old), reactivates(new)),
    ];
    settings.into_iter().flatten().collect()
}

pub(crate) fn of_type(sides: &Sides<'_>) -> Vec<Setting> {
    let (old, new) = (&sides.old, &sides.new);
    let mut settings = Vec::new();
    let mut of_type = |about: &str, say: fn(&Policy, &ResourceType) -> String| {
        let said = |side: &Side<'_>| side.of.map(|of| say(side.policy, of));
        settings.extend(changed(about, said(old), said(new), NONE));
    };
    of_type("parent", |policy, of| match of.parent() {
        Some(above) => format!("`{}`", policy.resource_type(above).name()),
        None => NONE.to_owned(),
    });
    of_type("created by", |policy, of| notes::creators(policy, of).unwrap_or_else(|| NONE.to_owned()));
    of_type("creator role", |policy, of| role_name(of.creator_role().map(|id| policy.role(id))));
    of_type("joins as", |policy, of| role_name(of.joins_as().map(|id| policy.role(id))));
    let mut flag = |about: &str, say: fn(&ResourceType) -> bool| {
        let said = |side: &Side<'_>| side.of.map(|of| yes_or_no(say(of)));
        settings.extend(changed(about, said(old), said(new), NO));
    };
    flag("nested", ResourceType::is_nested);
    flag("owned", ResourceType::is_owned);
    flag("several roles", ResourceType::holds_several);
    flag("member records", ResourceType::has_member_records);
    flag("teams", ResourceType::is_teams);

    let names = |side: &Side<'_>| -> Vec<String> { side.own_roles().map(|role| role.name().to_owned()).collect() };
    for name in ordered(&names(old), &names(new), String::as_str) {
        let mut of_role = |about: String, default: &str, say: fn(&Policy, &Role) -> String| {
            let said =
                |side: &Side<'_>| side.own_roles().find(|role| role.name() == name).map(|role| say(side.policy, role));
            settings.extend(changed(&about, said(old), said(new), default));
        };
        of_role(format!("`{name}` is also"), NONE, |policy, role| {
            let implied = policy.roles_in(role.closure()).filter(|implied| implied.id() != role.id());
            let implied: Vec<String> = implied.map(|implied| format!("`{}`", policy.qualified(implied))).collect();
            if implied.is_empty() { NONE.to_owned() } else { listed(&implied, "and") }
        });
        of_role(format!("`{name}` reaches down"), NO, |_, role| yes_or_no(role.reaches_down()));
        of_role(format!("`{name}` is protected below"), NO, |_, role| yes_or_no(role.protects_below()));
        of_role(format!("`{name}` may be held by teams"), NO, |_, role| yes_or_no(role.is_for_teams()));
        of_role(format!("how many `{name}` must stay"), "0", |_, role| role.at_least().to_string());
    }

    let names = |side: &Side<'_>| -> Vec<String> {
        side.of.map_or(Vec::new(), |of| of.actions().iter().map(|action| action.name().to_owned()).collect())
    };
    for name in ordered(&names(old), &names(new), String::as_str) {
        let mut of_action = |about: String, say: fn(&Action) -> bool| {
            let said =
                |side: &Side<'_>| side.of.and_then(|of| of.find_action(&name).ok()).map(|found| yes_or_no(say(found)));
            settings.extend(changed(&about, said(old), said(new), NO));
        };
        of_action(format!("`{name}` when locked"), Action::survives_a_lock);
        of_action(format!("`{name}` when archived"), Action::survives_an_archive);
    }
    settings
}

const NONE: &str = "none";
const NO: &str = "no";

fn yes_or_no(yes: bool) -> String {
    if yes { "yes".to_owned() } else { NO.to_owned() }
}

fn role_name(role: Option<&Role>) -> String {
    role.map_or(NONE.to_owned(), |role| format!("`{}`", role.name()))
}

/// What is new says all that it does not leave at its default; what is gone says nothing more.
fn changed(about: &str, old: Option<String>, new: Option<String>, default: &str) -> Option<Setting> {
    setting(about, old.unwrap_or_else(|| default.to_owned()), new?)
}

fn setting(about: &str, old: String, new: String) -> Option<Setting> {
    (old != new).then(|| Setting { about: about.to_owned(), old, new })
}
