//! A policy file as it was written: its structure is right, its names are not resolved yet.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::{
    domain::NameForm,
    language::{
        diagnostic::{Diagnostic, Diagnostics, Problems},
        edition, people,
        reader::{
            Fields, Value, check_case_twins, checked_name, list, name, number, read_file, string, strings, suggestion,
            wrong_type,
        },
        reserved::{check_owner, check_role, check_type},
        rules::{self, MembersDecl},
        span::Located,
    },
    model::Registration,
};

/// How many days an invitation can be accepted when the file does not say.
const DEFAULT_LIFETIME_DAYS: u32 = 7;
/// The most days that an invitation may be open for acceptance.
const MAX_LIFETIME_DAYS: u32 = 365;
/// The most reminders that an invitation may have.
const MAX_REMINDERS: usize = 8;

/// A whole policy file.
pub(crate) struct Document {
    pub(crate) edition: u32,
    pub(crate) name: Located<String>,
    pub(crate) version: u32,
    pub(crate) root: Located<String>,
    /// The subject types of people; empty where the file does not say.
    pub(crate) people: Vec<Located<String>>,
    pub(crate) invitations: InvitationsDecl,
    pub(crate) never: Vec<NeverDecl>,
    pub(crate) types: Vec<TypeDecl>,
}

/// How long invitations can be accepted, and when their recipients are reminded.
pub(crate) struct InvitationsDecl {
    pub(crate) lifetime: Duration,
    /// How long after the invitation was issued; each later than the one before and earlier than the expiry.
    pub(crate) reminders: Vec<Duration>,
    pub(crate) reactivates: bool,
    pub(crate) outlive_inviter: bool,
}

/// Somebody who holds only the role `who` must never come to hold the role `becomes`.
pub(crate) struct NeverDecl {
    pub(crate) who: Located<String>,
    pub(crate) becomes: Located<String>,
}

/// A resource type: a table of the file.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the language, independent of the others")]
pub(crate) struct TypeDecl {
    pub(crate) name: Located<String>,
    pub(crate) parent: Option<Located<String>>,
    pub(crate) nested: bool,
    pub(crate) member_records: bool,
    pub(crate) owned: bool,
    pub(crate) several_roles: bool,
    pub(crate) teams: bool,
    /// None where the file does not say.
    pub(crate) registered: Option<Located<Registration>>,
    pub(crate) creator_role: Option<Located<String>>,
    pub(crate) create_actions: Vec<Located<String>>,
    pub(crate) roles: Vec<RoleDecl>,
    pub(crate) actions: Vec<ActionDecl>,
    pub(crate) members: MembersDecl,
}

/// A role: an entry of `[TYPE.roles]`.
pub(crate) struct RoleDecl {
    pub(crate) name: Located<String>,
    pub(crate) implies: Vec<Located<String>>,
    pub(crate) reaches_down: bool,
    pub(crate) protected_below: bool,
    pub(crate) for_teams: bool,
    pub(crate) at_least: u32,
}

/// An action: an entry of `[TYPE.actions]`.
pub(crate) struct ActionDecl {
    pub(crate) name: Located<String>,
    pub(crate) rule: Located<String>,
    pub(crate) when_locked: bool,
    pub(crate) when_archived: bool,
}

/// Reads the text of a policy file.
///
/// # Errors
/// Every mistake in its structure.
pub(crate) fn read(path: &str, text: &str) -> Result<Document, Diagnostics> {
    read_file(path, text, policy)
}

fn policy(table: &DeTable<'_>, problems: &mut Problems) -> Option<Document> {
    let mut fields = Fields::new(table, "a policy", 0..0);
    let edition = edition::read(&mut fields, problems);
    let policy = fields
        .require("policy", "policy = \"NAME\"", problems)
        .and_then(|value| string(value, "policy", problems))
        .and_then(|value| checked_name(value, "a policy", NameForm::Policy, problems));
    let version = fields
        .require("version", "version = 1", problems)
        .and_then(|value| number(value, "version", 1, 1_000_000, problems));
    let root = fields.require("root", "root = \"TYPE\"", problems).and_then(|value| string(value, "root", problems));
    let people = people::read(&mut fields, problems);
    let invitations = fields.get("invitations").and_then(|value| invitations(value, problems));
    let never = fields.tables("never", "an entry of `never`", problems);
    let never = never.into_iter().filter_map(|table| never_constraint(table, problems)).collect();
    let types: Vec<TypeDecl> = fields
        .rest()
        .filter_map(|(key, value)| {
            // Only a table can be meant as a type: anything else is a field of the policy, mistyped.
            if !value.get_ref().is_table() {
                problems.push(fields.unknown(key));
                return None;
            }
            resource_type(name(key, "a resource type", NameForm::TypeOrRole, problems)?, value, problems)
        })
        .collect();
    check_case_twins(types.iter().map(|resource_type| &resource_type.name), "type", problems);
    Some(Document {
        edition: edition?,
        name: policy?,
        version: version?.value,
        root: root?,
        people,
        invitations: invitations.unwrap_or_else(|| InvitationsDecl {
            lifetime: days(DEFAULT_LIFETIME_DAYS),
            reminders: Vec::new(),
            reactivates: false,
            outlive_inviter: false,
        }),
        never,
        types,
    })
}

fn never_constraint(mut fields: Fields<'_, '_>, problems: &mut Problems) -> Option<NeverDecl> {
    let mut role = |name: &'static str| {
        let value = fields.require(name, &format!("{name} = \"TYPE.ROLE\""), problems)?;
        string(value, name, problems)
    };
    let (who, becomes) = (role("who"), role("becomes"));
    fields.finish(problems);
    Some(NeverDecl { who: who?, becomes: becomes? })
}

fn invitations(value: Value<'_, '_>, problems: &mut Problems) -> Option<InvitationsDecl> {
    let mut fields = Fields::from_value(value, "`invitations`", problems)?;
    let lifetime = fields.get("lifetime_days").map_or(Some(DEFAULT_LIFETIME_DAYS), |value| {
        number(value, "lifetime_days", 1, MAX_LIFETIME_DAYS, problems).map(|number| number.value)
    });
    // Of a lifetime that is wrong, nothing can be said about what must end before it.
    let max_days = lifetime.unwrap_or(MAX_LIFETIME_DAYS) - 1;
    let reminders = fields.get("remind_after_days").and_then(|value| reminders(value, max_days, problems));
    let reactivates = fields.flag("reactivates", problems);
    let outlive_inviter = fields.flag("outlive_inviter", problems);
    fields.finish(problems);
    let reminders = reminders.unwrap_or_default();
    Some(InvitationsDecl { lifetime: days(lifetime?), reminders, reactivates, outlive_inviter })
}

/// When reminders are sent, in days after the invitation was issued: `max_days` at most.
fn reminders(value: Value<'_, '_>, max_days: u32, problems: &mut Problems) -> Option<Vec<Duration>> {
    const NAME: &str = "remind_after_days";
    let items = list(value, NAME, problems)?;
    if max_days == 0 && !items.is_empty() {
        let message = "an invitation that can be accepted for one day has none left for a reminder";
        let help = "raise `lifetime_days`, or take this out";
        problems.push(Diagnostic::new(message, value.span(), "no day fits").help(help));
        return None;
    }
    if items.len() > MAX_REMINDERS {
        let message = format!("an invitation has {MAX_REMINDERS} reminders at most");
        problems.push(Diagnostic::new(message, value.span(), format!("there are {}", items.len())));
    }
    let numbers: Vec<Located<u32>> =
        items.into_iter().filter_map(|item| number(item, NAME, 1, max_days, problems)).collect();
    for (before, after) in numbers.iter().zip(numbers.iter().skip(1)) {
        if after.value <= before.value {
            let message = format!("each of `{NAME}` must be later than the one before");
            let label = format!("expected more than {}", before.value);
            problems.push(Diagnostic::new(message, after.span.clone(), label));
        }
    }
    Some(numbers.into_iter().map(|number| days(number.value)).collect())
}

fn days(count: u32) -> Duration {
    Duration::from_secs(u64::from(count) * 24 * 60 * 60)
}

fn resource_type(name: Located<String>, value: Value<'_, '_>, problems: &mut Problems) -> Option<TypeDecl> {
    check_type(&name, problems);
    let mut fields = Fields::from_value(value, format!("`{}`", name.value), problems)?;
    let declared = TypeDecl {
        parent: fields.string("parent", problems),
        nested: fields.flag("nested", problems),
        member_records: fields.flag("member_records", problems),
        owned: fields.flag("owned", problems),
        several_roles: fields.flag("several_roles", problems),
        teams: fields.flag("teams", problems),
        registered: fields.string("registered", problems).and_then(|word| registration(word, problems)),
        creator_role: fields.string("creator_role", problems),
        create_actions: fields
            .get("create_actions")
            .and_then(|value| strings(value, "create_actions", problems))
            .unwrap_or_default(),
        roles: entries(fields.get("roles"), ("roles", "a role", NameForm::TypeOrRole), problems, role),
        actions: entries(fields.get("actions"), ("actions", "an action", NameForm::Action), problems, action),
        members: fields.get("members").and_then(|value| rules::read(value, problems)).unwrap_or_default(),
        name,
    };
    fields.finish(problems);
    check_case_twins(declared.roles.iter().map(|role| &role.name), "role", problems);
    check_case_twins(declared.actions.iter().map(|action| &action.name), "action", problems);
    if declared.owned {
        declared.roles.iter().for_each(|role| check_owner(&role.name, &declared.name.value, problems));
    }
    Some(declared)
}

fn registration(word: Located<String>, problems: &mut Problems) -> Option<Located<Registration>> {
    let found = Registration::from_name(&word.value);
    if found.is_none() {
        let message = format!("`{}` is no way of being registered", word.value);
        let help = suggestion(&word.value, Registration::ALL.into_iter().map(Registration::name));
        let label = "expected `required`, `optional` or `never`";
        problems.push(Diagnostic::new(message, word.span.clone(), label).help(help));
    }
    Some(Located::new(found?, word.span))
}

/// Reads a table whose keys are names that the file chooses. The tuple says what messages call the table, what they
/// call an entry, and which form its name has.
fn entries<T>(
    value: Option<Value<'_, '_>>,
    (what, each, form): (&str, &str, NameForm),
    problems: &mut Problems,
    read: fn(Located<String>, Value<'_, '_>, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let Some(fields) = value.and_then(|value| Fields::from_value(value, format!("`{what}`"), problems)) else {
        return Vec::new();
    };
    fields.rest().filter_map(|(key, value)| read(name(key, each, form, problems)?, value, problems)).collect()
}

fn role(name: Located<String>, value: Value<'_, '_>, problems: &mut Problems) -> Option<RoleDecl> {
    check_role(&name, problems);
    let mut fields = Fields::from_value(value, format!("the role `{}`", name.value), problems)?;
    let declared = RoleDecl {
        implies: fields.strings("implies", problems),
        reaches_down: fields.flag("reaches_down", problems),
        protected_below: fields.flag("protected_below", problems),
        for_teams: fields.flag("for_teams", problems),
        at_least: fields
            .get("at_least")
            .and_then(|value| number(value, "at_least", 0, 1000, problems))
            .map_or(0, |number| number.value),
        name,
    };
    fields.finish(problems);
    Some(declared)
}

fn action(name: Located<String>, value: Value<'_, '_>, problems: &mut Problems) -> Option<ActionDecl> {
    match value.get_ref() {
        DeValue::String(_) => {
            let rule = string(value, &name.value, problems)?;
            Some(ActionDecl { name, rule, when_locked: false, when_archived: false })
        }
        DeValue::Table(_) => {
            let mut fields = Fields::from_value(value, format!("the action `{}`", name.value), problems)?;
            let rule = fields
                .require("rule", "rule = \"ROLE | ROLE\"", problems)
                .and_then(|value| string(value, "rule", problems));
            let when_locked = fields.flag("when_locked", problems);
            let when_archived = fields.flag("when_archived", problems);
            fields.finish(problems);
            Some(ActionDecl { name, rule: rule?, when_locked, when_archived })
        }
        other => {
            problems.push(wrong_type(value.span(), &name.value, "a rule, or a table with a `rule`", other));
            None
        }
    }
}
