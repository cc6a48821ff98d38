//! Says in sentences what a policy sets besides the rules in its grids: invitations, locks, hierarchy and limits of
//! roles.

use std::time::Duration;

use rollcall_engine::{Action, Mask, OWNER, Policy, Registration, ResourceType, Role, WriteKind, join_words, kind};

const DAY: u64 = 24 * 60 * 60;

/// Sentences about the whole policy.
pub(crate) fn of_policy(policy: &Policy) -> Vec<String> {
    vec![
        invitations(policy),
        match surviving(policy, Action::is_allowed_when_locked) {
            None => "A locked member may do nothing.".to_owned(),
            Some(actions) => format!("A locked member may only do {actions}."),
        },
        match surviving(policy, Action::is_allowed_when_archived) {
            None => "On what is archived, or below it, nothing can be done.".to_owned(),
            Some(actions) => format!("On what is archived, or below it, nothing can be done but {actions}."),
        },
        "Whoever is invited or deactivated may do nothing.".to_owned(),
    ]
}

/// Sentences about the bounds (`never`) of a policy.
pub(crate) fn never(policy: &Policy) -> Vec<String> {
    let bounds = policy.never().map(|(who, becomes)| [who, becomes].map(|role| policy.qualified(role)));
    bounds.map(|[who, becomes]| format!("Whoever is only `{who}` never comes to be `{becomes}`.")).collect()
}

fn invitations(policy: &Policy) -> String {
    let lifetime = lifetime(policy);
    let reminded = reminders(policy).map_or(String::new(), |after| format!(", and is reminded of after {after}"));
    let reactivates =
        if policy.invitations_reactivate() { " To invite somebody deactivated reactivates them." } else { "" };
    let outlives = if policy.invitations_outlive_inviter() {
        " What it offers is given whatever has become of who offered it."
    } else {
        ""
    };
    format!("An invitation can be accepted for {lifetime}{reminded}.{reactivates}{outlives}")
}

/// For how many days an invitation can be accepted, in words.
pub(crate) fn lifetime(policy: &Policy) -> String {
    in_days(&[policy.invitation_lifetime()])
}

/// After how many days an invitation is reminded of, in words; none when it never is.
pub(crate) fn reminders(policy: &Policy) -> Option<String> {
    (!policy.reminders().is_empty()).then(|| in_days(policy.reminders()))
}

fn in_days(spans: &[Duration]) -> String {
    let days: Vec<String> = spans.iter().map(|span| (span.as_secs() / DAY).to_string()).collect();
    let unit = if matches!(days.as_slice(), [only] if only == "1") { "day" } else { "days" };
    format!("{} {unit}", join_words(&days, "and"))
}

/// The actions that are still allowed in some state, each with its type; none when none is.
fn surviving(policy: &Policy, survives: impl Fn(&Action) -> bool) -> Option<String> {
    let of_type = |resource_type: &ResourceType| {
        let actions = resource_type.actions().iter().filter(|action| survives(action));
        let names: Vec<String> = actions.map(|action| format!("`{}`", action.name())).collect();
        (!names.is_empty()).then(|| format!("{} on `{}`", join_words(&names, "and"), resource_type.name()))
    };
    let types: Vec<String> = policy.types().iter().filter_map(of_type).collect();
    (!types.is_empty()).then(|| join_words(&types, "and"))
}

/// Sentences about one type.
pub(crate) fn of_type(policy: &Policy, resource_type: &ResourceType) -> Vec<String> {
    let mut notes = vec![hierarchy(policy, resource_type)];
    notes.extend(creation(policy, resource_type));
    if let Some(role) = resource_type.joins_as() {
        let role = policy.role(role);
        let joins = policy.name_at(resource_type, role);
        notes.push(format!("Somebody new who is invited here joins `{}` as `{joins}`.", policy.root().name()));
    }
    if resource_type.allows_several_roles() {
        notes.push("A member may hold several of its roles.".to_owned());
    }
    if resource_type.is_team_type() {
        notes.push(
            "Each is a team: whoever has a role bound at it has the roles that the team itself holds.".to_owned(),
        );
    }
    notes.extend(resource_type.roles().iter().flat_map(|id| about_role(policy, resource_type, policy.role(*id))));
    notes.extend(lasting(policy, resource_type));
    notes.extend(writes_of_nobody(resource_type));
    notes
}

fn hierarchy(policy: &Policy, resource_type: &ResourceType) -> String {
    match resource_type.parent() {
        None => "The tenant itself.".to_owned(),
        Some(_) if resource_type.has_member_records() => "One for every member, under their own id.".to_owned(),
        Some(above) => {
            let another = if resource_type.is_nested() {
                format!(", or below another `{}`", resource_type.name())
            } else {
                String::new()
            };
            format!("Below `{}`{another}.", policy.resource_type(above).name())
        }
    }
}

/// Who creates one, and what they get.
fn creation(policy: &Policy, resource_type: &ResourceType) -> Option<String> {
    let name = |role: &Role| if role.name() == OWNER { policy.qualified(role) } else { role.name().to_owned() };
    let role = resource_type.creator_role().map(|role| format!("its `{}`", name(policy.role(role))));
    let owner = resource_type.is_owned().then(|| "its owner".to_owned());
    let gets: Vec<String> = owner.into_iter().chain(role).collect();
    if resource_type.parent().is_none() || resource_type.has_member_records() {
        return (!gets.is_empty()).then(|| format!("Whoever creates one becomes {}.", join_words(&gets, "and")));
    }
    let stated = match resource_type.registration() {
        Registration::Never => return Some("None is registered: requests state its parent.".to_owned()),
        Registration::Optional => " Requests may state the parent of one that is not registered.",
        Registration::Required => "",
    };
    let Some(actions) = creators(policy, resource_type) else {
        return Some(format!("Nobody can register one.{stated}"));
    };
    let gets = if gets.is_empty() { String::new() } else { format!(", and becomes {}", join_words(&gets, "and")) };
    Some(format!("Whoever may do {actions} creates one there{gets}.{stated}"))
}

/// The actions that allow creating one, each with the type above; none when nobody can.
pub(crate) fn creators(policy: &Policy, resource_type: &ResourceType) -> Option<String> {
    let above = resource_type
        .parent()
        .map(|above| policy.resource_type(above))
        .into_iter()
        .chain(resource_type.is_nested().then_some(resource_type));
    let by_type = above.filter_map(|above| {
        let actions = policy.create_actions(resource_type, above).map(|action| format!("`{}`", action.name()));
        let actions: Vec<String> = actions.collect();
        (!actions.is_empty()).then(|| format!("{} on `{}`", join_words(&actions, "or"), above.name()))
    });
    let by_type: Vec<String> = by_type.collect();
    (!by_type.is_empty()).then(|| join_words(&by_type, "or"))
}

fn about_role(policy: &Policy, resource_type: &ResourceType, role: &Role) -> Vec<String> {
    let name = role.name();
    let implied = policy.roles_in(role.closure()).filter(|implied| implied.id() != role.id());
    let implied: Vec<String> = implied
        .map(|implied| {
            let named = if implied.resource_type() == resource_type.id() {
                implied.name().to_owned()
            } else {
                policy.qualified(implied)
            };
            format!("`{named}`")
        })
        .collect();
    let mut notes = Vec::new();
    if !implied.is_empty() {
        notes.push(format!("Whoever is `{name}` is also {}.", join_words(&implied, "and")));
    }
    if resource_type.is_nested() {
        let reaching: Vec<String> =
            policy.roles_in(role.reaching_roles()).map(|reaching| format!("`{}`", reaching.name())).collect();
        let reach = match reaching.as_slice() {
            _ if role.reaches_down() => "at each one below it too".to_owned(),
            [] => "at that one only".to_owned(),
            reaching => format!("at that one only, and {} at each one below it", join_words(reaching, "and")),
        };
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
        1 => notes.push(format!("The last `{name}`{} stays.", among(policy))),
        least => notes.push(format!("At least {least} who are `{name}`{} stay.", among(policy))),
    }
    notes
}

/// Who counts where holders must stay, where it is not said of users alone.
fn among(policy: &Policy) -> String {
    if policy.people() == [kind::USER] { String::new() } else { format!(" (a {})", people(policy)) }
}

/// The subject types of people.
pub(crate) fn people(policy: &Policy) -> String {
    let types: Vec<String> = policy.people().iter().map(|name| format!("`{name}`")).collect();
    join_words(&types, "or")
}

/// The roles that are given for longer than whoever gives them may do so.
pub(crate) fn lasting(policy: &Policy, resource_type: &ResourceType) -> Option<String> {
    let lasting = |kind: WriteKind| resource_type.members().of_kind(kind).filter(|rule| rule.may_outlast());
    let rules = WriteKind::ALL.into_iter().flat_map(lasting);
    let given: Vec<String> = rules
        .map(|rule| {
            let roles: Vec<String> = policy.roles_in(rule.to()).map(|role| format!("`{}`", role.name())).collect();
            let given = if roles.is_empty() { "ownership".to_owned() } else { join_words(&roles, "or") };
            format!("{given} by `{}`", rule.by().text())
        })
        .collect();
    (!given.is_empty()).then(|| format!("Given for longer than its giver may: {}.", join_words(&given, "and")))
}

/// The writes that would change roles, but that no rule allows anybody.
fn writes_of_nobody(resource_type: &ResourceType) -> Option<String> {
    let without_rules = |kind: &WriteKind| {
        (kind.removes_roles() || kind.grants_roles())
            && *kind != WriteKind::Publish
            && resource_type.members().of_kind(*kind).next().is_none()
            && !resource_type.roles().is_empty()
    };
    let kinds: Vec<&str> = WriteKind::ALL.into_iter().filter(without_rules).map(WriteKind::name).collect();
    (!kinds.is_empty()).then(|| format!("Nobody may {} anybody here.", join_words(&kinds, "or")))
}

/// What a relation means in a column, and which roles are called so that are none.
pub(crate) fn meaning(policy: &Policy, relation: Mask) -> String {
    let meaning = match relation {
        Mask::OWNER => "a member who owns the resource",
        Mask::SELF => "a member, about themselves: their own record, or their own membership",
        Mask::OPERATOR => "the platform's own staff, members of no tenant",
        _ => "every active member, whatever they hold",
    };
    let namesakes = policy.roles().iter().filter(|role| relation == Mask::OWNER && role.name() == OWNER);
    let namesakes: Vec<String> = namesakes.map(|role| format!("`{}`", policy.qualified(role))).collect();
    match namesakes.as_slice() {
        [] => meaning.to_owned(),
        [only] => format!("{meaning}; {only} is a role"),
        several => format!("{meaning}; {} are roles", join_words(several, "and")),
    }
}
