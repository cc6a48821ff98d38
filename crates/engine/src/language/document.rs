//! A policy file as it was written: its shape is right, its names are not looked up yet.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use crate::{
    language::{
        diagnostic::{Diagnostic, Diagnostics, Problems},
        reader::{Fields, Value, checked_name, list, name, number, read_file, string, strings, wrong_type},
        span::At,
    },
    model::{
        mask::{Mask, NOBODY},
        write_kind::WriteKind,
    },
};

/// How many days an invitation can be accepted when the file does not say.
const DEFAULT_LIFETIME: u32 = 7;
/// The most days that it may be.
const MAX_LIFETIME: u32 = 365;
/// The most reminders that an invitation may have.
const MAX_REMINDERS: usize = 8;

pub(crate) struct Document {
    pub(crate) name: At<String>,
    pub(crate) version: u32,
    pub(crate) root: At<String>,
    pub(crate) invitations: InvitationsDecl,
    pub(crate) never: Vec<BoundDecl>,
    pub(crate) types: Vec<TypeDecl>,
}

/// How long invitations live, and when they are reminded of.
pub(crate) struct InvitationsDecl {
    pub(crate) lifetime: Duration,
    /// After the invitation was sent, each later than the one before and earlier than its end.
    pub(crate) reminders: Vec<Duration>,
    pub(crate) reactivates: bool,
}

/// Holders of the one role must never come to hold the other.
pub(crate) struct BoundDecl {
    pub(crate) who: At<String>,
    pub(crate) becomes: At<String>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the language, independent of the others")]
pub(crate) struct TypeDecl {
    pub(crate) name: At<String>,
    pub(crate) parent: Option<At<String>>,
    pub(crate) nested: bool,
    pub(crate) member_records: bool,
    pub(crate) owned: bool,
    pub(crate) several_roles: bool,
    pub(crate) teams: bool,
    pub(crate) creator_role: Option<At<String>>,
    pub(crate) create_actions: Vec<At<String>>,
    pub(crate) roles: Vec<RoleDecl>,
    pub(crate) actions: Vec<ActionDecl>,
    pub(crate) members: MembersDecl,
}

pub(crate) struct RoleDecl {
    pub(crate) name: At<String>,
    pub(crate) implies: Vec<At<String>>,
    pub(crate) reaches_down: bool,
    pub(crate) protected_below: bool,
    pub(crate) for_teams: bool,
    pub(crate) at_least: u32,
}

pub(crate) struct ActionDecl {
    pub(crate) name: At<String>,
    pub(crate) rule: At<String>,
    pub(crate) when_locked: bool,
    pub(crate) when_archived: bool,
}

#[derive(Default)]
pub(crate) struct MembersDecl {
    pub(crate) joins_as: Option<At<String>>,
    pub(crate) rules: Vec<(WriteKind, RuleDecl)>,
}

pub(crate) struct RuleDecl {
    pub(crate) by: At<String>,
    pub(crate) from: Vec<At<String>>,
    pub(crate) to: Vec<At<String>>,
}

/// Reads the text of a policy file. Every mistake of shape is in the error.
pub(crate) fn read(path: &str, text: &str) -> Result<Document, Diagnostics> {
    read_file(path, text, policy)
}

fn policy(table: &DeTable<'_>, problems: &mut Problems) -> Option<Document> {
    let mut fields = Fields::new(table, "a policy", 0..0);
    let policy = fields
        .require("policy", "policy = \"NAME\"", problems)
        .and_then(|value| string(value, "policy", problems))
        .and_then(|value| checked_name(value, "a policy", false, problems));
    let version = fields
        .require("version", "version = 1", problems)
        .and_then(|value| number(value, "version", 1, 1_000_000, problems));
    let root = fields.require("root", "root = \"TYPE\"", problems).and_then(|value| string(value, "root", problems));
    let invitations = fields.get("invitations").and_then(|value| invitations(value, problems));
    let never = fields.tables("never", "a bound of `never`", problems);
    let never = never.into_iter().filter_map(|table| bound(table, problems)).collect();
    let types = fields
        .rest()
        .filter_map(|(key, value)| {
            // Only a table can be meant as a type: anything else is a field of the policy, mistyped.
            if !value.get_ref().is_table() {
                problems.push(fields.unknown(key));
                return None;
            }
            resource_type(name(key, "a resource type", false, problems)?, value, problems)
        })
        .collect();
    Some(Document {
        name: policy?,
        version: version?.value,
        root: root?,
        invitations: invitations.unwrap_or_else(|| InvitationsDecl {
            lifetime: days(DEFAULT_LIFETIME),
            reminders: Vec::new(),
            reactivates: false,
        }),
        never,
        types,
    })
}

fn bound(mut fields: Fields<'_, '_>, problems: &mut Problems) -> Option<BoundDecl> {
    let mut role = |name: &'static str| {
        let value = fields.require(name, &format!("{name} = \"TYPE.ROLE\""), problems)?;
        string(value, name, problems)
    };
    let (who, becomes) = (role("who"), role("becomes"));
    fields.finish(problems);
    Some(BoundDecl { who: who?, becomes: becomes? })
}

fn invitations(value: Value<'_, '_>, problems: &mut Problems) -> Option<InvitationsDecl> {
    let mut fields = Fields::of(value, "`invitations`", problems)?;
    let lifetime = fields.get("lifetime_days").map_or(Some(DEFAULT_LIFETIME), |value| {
        number(value, "lifetime_days", 1, MAX_LIFETIME, problems).map(|number| number.value)
    });
    // Of a lifetime that is wrong, nothing can be said about what must end before it.
    let most = lifetime.unwrap_or(MAX_LIFETIME) - 1;
    let reminders = fields.get("remind_after_days").and_then(|value| reminders(value, most, problems));
    let reactivates = fields.flag("reactivates", problems);
    fields.finish(problems);
    Some(InvitationsDecl { lifetime: days(lifetime?), reminders: reminders.unwrap_or_default(), reactivates })
}

/// The days after which an invitation is reminded of, `most` at most.
fn reminders(value: Value<'_, '_>, most: u32, problems: &mut Problems) -> Option<Vec<Duration>> {
    const NAME: &str = "remind_after_days";
    let items = list(value, NAME, problems)?;
    if most == 0 && !items.is_empty() {
        let message = "an invitation that can be accepted for one day has none left for a reminder";
        let help = "raise `lifetime_days`, or take this out";
        problems.push(Diagnostic::new(message, value.span(), "no day fits").help(help));
        return None;
    }
    if items.len() > MAX_REMINDERS {
        let message = format!("an invitation has {MAX_REMINDERS} reminders at most");
        problems.push(Diagnostic::new(message, value.span(), format!("there are {}", items.len())));
    }
    let numbers: Vec<At<u32>> = items.into_iter().filter_map(|item| number(item, NAME, 1, most, problems)).collect();
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

fn resource_type(name: At<String>, value: Value<'_, '_>, problems: &mut Problems) -> Option<TypeDecl> {
    let mut fields = Fields::of(value, format!("`{}`", name.value), problems)?;
    let declared = TypeDecl {
        parent: fields.string("parent", problems),
        nested: fields.flag("nested", problems),
        member_records: fields.flag("member_records", problems),
        owned: fields.flag("owned", problems),
        several_roles: fields.flag("several_roles", problems),
        teams: fields.flag("teams", problems),
        creator_role: fields.string("creator_role", problems),
        create_actions: fields
            .get("create_actions")
            .and_then(|value| strings(value, "create_actions", problems))
            .unwrap_or_default(),
        roles: entries(fields.get("roles"), ("roles", "a role", false), problems, role),
        actions: entries(fields.get("actions"), ("actions", "an action", true), problems, action),
        members: fields.get("members").and_then(|value| members(value, problems)).unwrap_or_default(),
        name,
    };
    fields.finish(problems);
    Some(declared)
}

/// Reads a table whose keys are names of the file's own: what it is called, what each entry is, and whether their
/// names may have dots.
fn entries<T>(
    value: Option<Value<'_, '_>>,
    (what, each, dotted): (&str, &str, bool),
    problems: &mut Problems,
    read: fn(At<String>, Value<'_, '_>, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let Some(fields) = value.and_then(|value| Fields::of(value, format!("`{what}`"), problems)) else {
        return Vec::new();
    };
    fields.rest().filter_map(|(key, value)| read(name(key, each, dotted, problems)?, value, problems)).collect()
}

fn role(name: At<String>, value: Value<'_, '_>, problems: &mut Problems) -> Option<RoleDecl> {
    if name.value == NOBODY || Mask::RELATIONS.iter().any(|(word, _)| *word == name.value) {
        let message = format!("`{}` is a word of the language, so it can't be the name of a role", name.value);
        let label = "in a rule, this word means something else";
        problems.push(Diagnostic::new(message, name.span.clone(), label).help("give the role another name"));
    }
    let mut fields = Fields::of(value, format!("the role `{}`", name.value), problems)?;
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

fn action(name: At<String>, value: Value<'_, '_>, problems: &mut Problems) -> Option<ActionDecl> {
    match value.get_ref() {
        DeValue::String(_) => {
            let rule = string(value, &name.value, problems)?;
            Some(ActionDecl { name, rule, when_locked: false, when_archived: false })
        }
        DeValue::Table(_) => {
            let mut fields = Fields::of(value, format!("the action `{}`", name.value), problems)?;
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

fn members(value: Value<'_, '_>, problems: &mut Problems) -> Option<MembersDecl> {
    let mut fields = Fields::of(value, "`members`", problems)?;
    let joins_as = fields.string("joins_as", problems);
    let mut declared = MembersDecl { joins_as, rules: Vec::new() };
    for verb in WriteKind::ALL {
        let tables = fields.tables(verb.name(), &format!("a rule of `{}`", verb.name()), problems);
        let rules = tables.into_iter().filter_map(|table| Some((verb, rule(table, verb, problems)?)));
        declared.rules.extend(rules);
    }
    fields.finish(problems);
    Some(declared)
}

fn rule(mut fields: Fields<'_, '_>, verb: WriteKind, problems: &mut Problems) -> Option<RuleDecl> {
    let by = fields.require("by", "by = \"ROLE\"", problems).and_then(|value| string(value, "by", problems));
    let mut side = |name: &'static str, wanted: bool| {
        if !wanted {
            return Some(Vec::new());
        }
        let value = fields.require(name, &format!("{name} = [\"ROLE\"]"), problems)?;
        let roles = strings(value, name, problems)?;
        if roles.is_empty() {
            let message = format!("a rule's `{name}` names no role, so the rule lets nobody do anything");
            problems.push(Diagnostic::new(message, value.span(), "empty").help("name a role, or take the rule out"));
        }
        Some(roles)
    };
    let (from, to) = (side("from", verb.removes_roles()), side("to", verb.grants_roles()));
    fields.finish(problems);
    Some(RuleDecl { by: by?, from: from?, to: to? })
}
