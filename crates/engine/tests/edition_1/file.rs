//! Reads a file of answers: the facts of a tenant, and what is asked about it.

use std::sync::Arc;

use rollcall_engine::{
    Mask, MemberStatus, Policy, Role,
    reader::{Fields, Problems, Value, number, one_or_more, read_file, string},
};

use crate::support::{TenantFacts, compiled};

/// Whoever is not named by another answer of an entry.
const OTHERS: &str = "others";
/// The last instant that a file can name.
const LATEST: u32 = 1_000_000;

/// A file of answers under one policy.
pub struct AnswersFile {
    pub policy: Arc<Policy>,
    pub facts: TenantFacts,
    /// Those about whom every entry says something.
    pub askers: Vec<String>,
    /// What some are answered about actions where an entry does not name them.
    pub usual: Vec<(String, Vec<String>)>,
    pub entries: Vec<Entry>,
    /// Of each set of roles that people hold at the start, the roles that they can come to hold.
    pub reached: Vec<(Mask, Vec<String>)>,
    pub refused: Vec<RefusedText>,
    /// What the policy sets beside its rules, if the file says so.
    pub settings: Option<String>,
}

/// One question to each asker at each of some resources, and the answers.
pub struct Entry {
    pub what: String,
    pub kind: EntryKind,
    pub on: Vec<String>,
    /// When it is asked.
    pub at: u32,
    /// Each answer with those who get it.
    pub answers: Vec<(String, Vec<String>)>,
}

pub enum EntryKind {
    /// Why somebody may do an action or may not, on what is registered, or stated to be below these and owned.
    Action { action: String, stated: Vec<String>, owner: Option<String> },
    /// Whether somebody may make a membership write.
    Write(WriteEntry),
    /// Whether somebody may create a resource of this type.
    Creation { created_type: String },
    /// The roles that somebody holds.
    Roles,
    /// The teams that somebody belongs to.
    Teams,
}

/// A membership write to each of some targets.
pub struct WriteEntry {
    pub kind: String,
    /// `self` is whoever asks.
    pub whom: Vec<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub until: Option<u32>,
    /// Whether the role given ends at another time than the one taken.
    pub changes_expiry: bool,
}

/// A text that is no policy: the policy of the file, with one part of it replaced.
pub struct RefusedText {
    pub replace: String,
    pub with: String,
    /// What is in the lines that its mistakes mark, so that it is refused for nothing else.
    pub marks: Vec<String>,
}

impl AnswersFile {
    /// The file of answers of a name, under the policy of that name; `text` reads a file.
    pub fn read_of(name: &str, text: &dyn Fn(&str) -> String) -> Self {
        let (policy, path) = (compiled(&text(&format!("{name}.toml"))), format!("{name}.answers.toml"));
        Self::read(&path, &text(&path), &policy)
    }

    fn read(path: &str, text: &str, policy: &Arc<Policy>) -> Self {
        let read = read_file(path, text, |table, problems| {
            let mut fields = Fields::new(table, "a file of answers", 0..0);
            let facts = facts(&mut fields, policy, problems);
            let askers = fields.strings("askers", problems).into_iter().map(|asker| asker.value).collect();
            let usual = answers(&mut fields, "usually", problems);
            let mut file = Self {
                policy: Arc::clone(policy),
                facts,
                askers,
                usual,
                entries: Vec::new(),
                reached: Vec::new(),
                refused: Vec::new(),
                settings: text_of(&mut fields, "settings", problems),
            };
            for name in ["action", "write", "creation", "roles", "teams"] {
                let tables = fields.tables(name, "an entry", problems);
                file.entries.extend(tables.into_iter().map(|table| entry(name, table, problems)));
            }
            for mut table in fields.tables("reach", "an entry", problems) {
                let [from, reaches] = ["from", "reaches"].map(|name| texts(&mut table, name, problems));
                let roles = policy.roles().iter().filter(|role| from.contains(&policy.qualified(role)));
                file.reached.push((roles.map(Role::mask).collect(), reaches));
                table.finish(problems);
            }
            for mut table in fields.tables("refused", "an entry", problems) {
                let [replace, with] = ["replace", "with"].map(|name| text_of(&mut table, name, problems).unwrap());
                file.refused.push(RefusedText { replace, with, marks: texts(&mut table, "marks", problems) });
                table.finish(problems);
            }
            fields.finish(problems);
            Some(file)
        });
        read.unwrap_or_else(|mistakes| panic!("{}", mistakes.render(false)))
    }

    /// The answer of an entry to somebody, which there must be once.
    pub fn expected<'a>(&'a self, entry: &'a Entry, asker: &str) -> &'a str {
        let named = |(_, who): &&(String, Vec<String>)| who.iter().any(|name| name == asker);
        let mut found = entry.answers.iter().filter(named);
        let usual = || self.usual.iter().find(named).filter(|_| matches!(entry.kind, EntryKind::Action { .. }));
        let others = || entry.answers.iter().find(|(_, who)| who.iter().any(|name| name == OTHERS));
        let (first, second) = (found.next().or_else(usual).or_else(others), found.next());
        assert!(second.is_none(), "{}: two answers to {asker}", entry.what);
        first.map_or_else(|| panic!("{}: no answer to {asker}", entry.what), |(answer, _)| answer)
    }
}

/// `[resources]`: `NAME = "PARENT"` or a table; `[members]`: `NAME = "RESOURCE ROLE"`, a list of these, or a table.
fn facts(fields: &mut Fields<'_, '_>, policy: &Arc<Policy>, problems: &mut Problems) -> TenantFacts {
    let mut facts = TenantFacts::of(policy);
    for (name, value) in rest(fields.get("resources"), "resources") {
        if value.get_ref().is_table() {
            let mut fields = Fields::from_value(value, "a resource", problems).unwrap();
            let (parent, owner) = (text_of(&mut fields, "below", problems), text_of(&mut fields, "owner", problems));
            let archived = fields.flag("archived", problems);
            facts = facts.resource(&name, &parent.unwrap(), owner.as_deref(), archived);
            fields.finish(problems);
        } else {
            facts = facts.resource(&name, &string(value, "a parent", problems).unwrap().value, None, false);
        }
    }
    for (name, value) in rest(fields.get("members"), "members") {
        let (mut roles, mut status, mut locked) = (Vec::new(), MemberStatus::Active, false);
        if value.get_ref().is_table() {
            let mut fields = Fields::from_value(value, "a member", problems).unwrap();
            roles.extend(texts(&mut fields, "roles", problems));
            status = match text_of(&mut fields, "status", problems).as_deref() {
                None => MemberStatus::Active,
                Some("invited") => MemberStatus::Invited,
                Some("deactivated") => MemberStatus::Deactivated,
                Some(other) => panic!("{name} is `{other}`"),
            };
            locked = fields.flag("locked", problems);
            fields.finish(problems);
        } else if !value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
            roles.extend(one_or_more(value, "roles", problems).unwrap().into_iter().map(|role| role.value));
        }
        facts = facts.member(&name, status, locked);
        for words in &roles {
            facts = match words.split(' ').collect::<Vec<_>>().as_slice() {
                [at, role] => facts.role(&name, at, role, None),
                [at, role, "until", end] => facts.role(&name, at, role, Some(end.parse().unwrap())),
                _ => panic!("{name} holds `{words}`"),
            };
        }
    }
    facts
}

fn entry(name: &str, mut fields: Fields<'_, '_>, problems: &mut Problems) -> Entry {
    let mut instant = |fields: &mut Fields<'_, '_>, name| {
        fields.get(name).map(|value| number(value, name, 0, LATEST, problems).unwrap().value)
    };
    let (at, until) = (instant(&mut fields, "at"), instant(&mut fields, "until"));
    let what = text_of(&mut fields, "what", problems).unwrap();
    let on = texts(&mut fields, "on", problems);
    let changes_expiry = fields.flag("changes_expiry", problems);
    let mut said = |name| text_of(&mut fields, name, problems);
    let kind = match name {
        "action" => {
            let (action, owner) = (said("action").unwrap(), said("owner"));
            EntryKind::Action { action, owner, stated: texts(&mut fields, "stated", problems) }
        }
        "write" => {
            let (kind, from, to) = (said("write").unwrap(), said("from"), said("to"));
            let whom = texts(&mut fields, "whom", problems);
            EntryKind::Write(WriteEntry { kind, whom, from, to, until, changes_expiry })
        }
        "creation" => EntryKind::Creation { created_type: said("of").unwrap() },
        "roles" => EntryKind::Roles,
        _ => EntryKind::Teams,
    };
    let answers = answers(&mut fields, "answers", problems);
    fields.finish(problems);
    Entry { what, kind, on, at: at.unwrap_or(0), answers }
}

/// A table of answers, each with those who get it.
fn answers(fields: &mut Fields<'_, '_>, name: &'static str, problems: &mut Problems) -> Vec<(String, Vec<String>)> {
    let read = |(answer, value): (String, Value<'_, '_>)| {
        let who = one_or_more(value, "those who are answered", problems).unwrap();
        (answer, who.into_iter().map(|name| name.value).collect())
    };
    rest(fields.get(name), name).into_iter().map(read).collect()
}

/// The entries of a table whose keys the file chooses.
fn rest<'t, 'i>(value: Option<Value<'t, 'i>>, name: &str) -> Vec<(String, Value<'t, 'i>)> {
    let table = value.map(|value| value.get_ref().as_table().unwrap_or_else(|| panic!("`{name}` is no table")));
    table.into_iter().flatten().map(|(key, value)| (key.get_ref().to_string(), value)).collect()
}

fn text_of(fields: &mut Fields<'_, '_>, name: &'static str, problems: &mut Problems) -> Option<String> {
    fields.string(name, problems).map(|text| text.value)
}

/// A string or several; none where the field is not there.
fn texts(fields: &mut Fields<'_, '_>, name: &'static str, problems: &mut Problems) -> Vec<String> {
    let values = fields.get(name).and_then(|value| match value.get_ref().as_array() {
        Some(list) if list.is_empty() => None,
        _ => one_or_more(value, name, problems),
    });
    values.into_iter().flatten().map(|text| text.value).collect()
}
