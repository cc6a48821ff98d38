//! What a policy says beside its grids, in sentences.

use std::time::Duration;

use rollcall_engine::{Action, Mask, Policy, ResourceType, Role, WriteKind, listed};

const DAY: u64 = 24 * 60 * 60;

/// What holds everywhere.
pub(crate) fn of_policy(policy: &Policy) -> Vec<String> {
    vec![
        invitations(policy),
        match surviving(policy, Action::survives_a_lock) {
            None => "A locked member may do nothing.".to_owned(),
            Some(actions) => format!("A locked member may only do {actions}."),
        },
        match surviving(policy, Action::survives_an_archive) {
            None => "On what is archived, or below it, nothing can be done.".to_owned(),
            Some(actions) => format!("On what is archived, or below it, nothing can be done but {actions}."),
        },
        "Whoever is invited or deactivated may do nothing.".to_owned(),
    ]
}

/// What never comes about.
pub(crate) fn never(policy: &Policy) -> Vec<String> {
    let bounds = policy.never().map(|(who, becomes)| [who, becomes].map(|role| policy.qualified(role)));
    bounds.map(|[who, becomes]| format!("Whoever is only `{who}` never comes to be `{becomes}`.")).collect()
}

fn invitations(policy: &Policy) -> String {
    let lifetime = lifetime(policy);
    let reminded = reminders(policy).map_or(String::new(), |after| format!(", and is reminded of after {after}"));
    let reactivates =
        if policy.invitations_reactivate() { " To invite somebody deactivated reactivates them." } else { "" };
    format!("An invitation can be accepted for {lifetime}{reminded}.{reactivates}")
}

/// How long an invitation can be accepted.
pub(crate) fn lifetime(policy: &Policy) -> String {
    in_days(&[policy.invitation_lifetime()])
}

/// How long after it was sent an invitation is reminded of.
pub(crate) fn reminders(policy: &Policy) -> Option<String> {
    (!policy.reminders().is_empty()).then(|| in_days(policy.reminders()))
}

fn in_days(spans: &[Duration]) -> String {
    let days: Vec<String> = spans.iter().map(|span| (span.as_secs() / DAY).to_string()).collect();
    let unit = if matches!(days.as_slice(), [only] if only == "1") { "day" } else { "days" };
    format!("{} {unit}", listed(&days, "and"))
}

/// The actions that survive something, each with its type.
fn surviving(policy: &Policy, survives: impl Fn(&Action) -> bool) -> Option<String> {
    let of_type = |of: &ResourceType| {
        let actions = of.actions().iter().filter(|action| survives(action));
        let names: Vec<String> = actions.map(|action| format!("`{}`", action.name())).collect();
        (!names.is_empty()).then(|| format!("{} on `{}`", listed(&names, "and"), of.name()))
    };
    let types: Vec<String> = policy.types().iter().filter_map(of_type).collect();
    (!types.is_empty()).then(|| listed(&types, "and"))
}

/// What holds for one type.
pub(crate) fn of_type(policy: &Policy, of: &ResourceType) -> Vec<String> {
    let mut notes = vec![standing(policy, of)];
    notes.extend(creation(policy, of));
    if let Some(role) = of.joins_as() {
        let role = policy.role(role);
        let joins = policy.name_at(of, role);
        notes.push(format!("Somebody new who is invited here joins `{}` as `{joins}`.", policy.root().name()));
    }
    if of.holds_several() {
        notes.push("A member may hold several of its roles.".to_owned());
    }
    if of.is_teams() {
        notes.push("Each is a team: whoever holds a role at one has the roles that the team itself holds.".to_owned());
    }
    notes.extend(of.roles().iter().flat_map(|id| about_role(policy, of, policy.role(*id))));
    notes.extend(nobody(of));
    notes
}

fn standing(policy: &Policy, of: &ResourceType) -> String {
    match of.parent() {
        None => "The tenant itself.".to_owned(),
        Some(_) if of.has_member_records() => "One for every member, under their own id.".to_owned(),
        Some(above) => {
            let another = if of.is_nested() { format!(", or below another `{}`", of.name()) } else { String::new() };
            format!("Below `{}`{another}.", policy.resource_type(above).name())
        }
    }
}

/// Who creates one, and what they get.
fn creation(policy: &Policy, of: &ResourceType) -> Option<String> {
    let role = of.creator_role().map(|role| format!("its `{}`", policy.role(role).name()));
    let owner = of.is_owned().then(|| "its owner".to_owned());
    let gets: Vec<String> = owner.into_iter().chain(role).collect();
    if of.parent().is_none() || of.has_member_records() {
        return (!gets.is_empty()).then(|| format!("Whoever creates one becomes {}.", listed(&gets, "and")));
    }
    let Some(actions) = creators(policy, of) else {
        return Some("None can be registered: requests state its parent.".to_owned());
    };
    let gets = if gets.is_empty() { String::new() } else { format!(", and becomes {}", listed(&gets, "and")) };
    Some(format!("Whoever may do {actions} creates one there{gets}."))
}

/// The actions that let somebody create one, each with the type above.
pub(crate) fn creators(policy: &Policy, of: &ResourceType) -> Option<String> {
    let above = of.parent().map(|above| policy.resource_type(above)).into_iter().chain(of.is_nested().then_some(of));
    let by_type = above.filter_map(|above| {
        let actions = policy.create_actions(of, above).map(|action| format!("`{}`", action.name()));
        let actions: Vec<String> = actions.collect();
        (!actions.is_empty()).then(|| format!("{} on `{}`", listed(&actions, "or"), above.name()))
    });
    let by_type: Vec<String> = by_type.collect();
    (!by_type.is_empty()).then(|| listed(&by_type, "or"))
}

fn about_role(policy: &Policy, of: &ResourceType, role: &Role) -> Vec<String> {
    let name = role.name();
    let implied = policy.roles_in(role.closure()).filter(|implied| implied.id() != role.id());
    let implied: Vec<String> = implied
        .map(|implied| {
            let named = if implied.of() == of.id() { implied.name().to_owned() } else { policy.qualified(implied) };
            format!("`{named}`")
        })
        .collect();
    let mut notes = Vec::new();
    if !implied.is_empty() {
        notes.push(format!("Whoever is `{name}` is also {}.", listed(&implied, "and")));
    }
    if of.is_nested() {
        let reach = if role.reaches_down() { "at each one below it too" } else { "at that one only" };
        notes.push(format!("Whoever is `{name}` of one is so {reach}."));
    }
    if role.protects_below() {
        notes.push(format!("Whoever is `{name}` is protected below: nobody invites, changes or removes them there."));
    }
    if role.is_for_teams() {
        notes.push(format!("A team may be `{name}` too."));
    }
    match role.at_least() {
        0 => {}
        1 => notes.push(format!("The last `{name}` stays.")),
        least => notes.push(format!("At least {least} who are `{name}` stay.")),
    }
    notes
}

/// The writes that move roles, and that no rule lets anybody make.
fn nobody(of: &ResourceType) -> Option<String> {
    let idle = |verb: &WriteKind| {
        (verb.removes_roles() || verb.grants_roles())
            && *verb != WriteKind::Publish
            && of.members().of(*verb).next().is_none()
            && !of.roles().is_empty()
    };
    let verbs: Vec<&str> = WriteKind::ALL.into_iter().filter(idle).map(WriteKind::name).collect();
    (!verbs.is_empty()).then(|| format!("Nobody may {} anybody here.", listed(&verbs, "or")))
}

/// What a relation means in a column.
pub(crate) fn meaning(relation: Mask) -> &'static str {
    match relation {
        Mask::OWNER => "a member who owns the resource",
        Mask::SELF => "a member, about themselves: their own record, or their own membership",
        Mask::OPERATOR => "the platform's own staff, members of no tenant",
        _ => "every active member, whatever they hold",
    }
}
