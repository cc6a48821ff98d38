//! Everything that each policy decides, in one text: `matrix/NAME.txt`. With `TEST_GOLDEN=write` in the environment it
//! is written anew.

mod declared;
mod tenant;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    sync::Arc,
};

use rollcall_engine::{
    Facts, MembershipWrite, Policy, Question, ResourceKey, ResourceType, RoleId, StatedFacts, Subject, SubjectRef,
    View, WriteKind, WriteScope, compile, decide, find_rule, locate,
};

use self::{
    declared::{declared_actions, declared_rules},
    tenant::{ARCHIVED, HERE, THERE, actors, own_resource, view},
};
use super::golden::compare;

const POLICIES: [(&str, &str); 4] = [
    ("lumicon", include_str!("../../policies/lumicon.toml")),
    ("lumi-1", include_str!("../../policies/lumi-1.toml")),
    ("lumi-2", include_str!("../../policies/lumi-2.toml")),
    ("lume", include_str!("../../policies/lume.toml")),
];

/// A table: a head, and rows of a name and cells.
fn table(title: &str, columns: &[String], rows: &[(String, Vec<bool>)]) -> String {
    let names = rows.iter().map(|(name, _)| name.len()).chain([title.len()]).max().unwrap();
    let mut text = format!("{title:names$}  {}\n", columns.join("  "));
    for (name, cells) in rows {
        let cells: Vec<String> = cells
            .iter()
            .zip(columns)
            .map(|(allowed, column)| {
                format!("{:width$}", if *allowed { '✔' } else { '✘' }, width = column.chars().count())
            })
            .collect();
        writeln!(text, "{name:names$}  {}", cells.join("  ").trim_end()).unwrap();
    }
    text
}

struct Matrix<'a> {
    view: &'a View,
    text: String,
    /// For each action, whether it is allowed and denied to somebody.
    actions: BTreeMap<(String, String), BTreeSet<bool>>,
    /// The rules that let a membership write through: their line and text.
    rules: BTreeSet<(u32, String)>,
}

impl Matrix<'_> {
    fn actions_of(&mut self, resource_type: &ResourceType, title: &str, id: impl Fn(&str) -> String) {
        let columns: Vec<String> = resource_type.actions().iter().map(|action| action.name().to_owned()).collect();
        let mut rows = Vec::new();
        for (name, subject) in actors(self.view.policy()) {
            let mut cells = Vec::new();
            for action in resource_type.actions() {
                let id = id(&name);
                let target = locate(self.view, resource_type, &id, StatedFacts::default());
                let allowed = decide(self.view, &Question::new(subject.as_ref(), action, target)).allowed();
                let key = (resource_type.name().to_owned(), action.name().to_owned());
                self.actions.entry(key).or_default().insert(allowed);
                cells.push(allowed);
            }
            rows.push((name, cells));
        }
        writeln!(self.text, "{}", table(title, &columns, &rows)).unwrap();
    }

    fn writes_of(&mut self, resource_type: &ResourceType, title: &str, whom: &str, id: impl Fn(&str) -> String) {
        let operations = operations(self.view.policy(), resource_type);
        let columns: Vec<String> = operations.iter().map(|(name, _)| name.clone()).collect();
        let mut rows = Vec::new();
        for (name, actor) in actors(self.view.policy()) {
            let target = if whom == "self" { actor.clone() } else { Subject::user(whom) };
            let node = self.view.find(resource_type.id(), &id(&name)).unwrap();
            let mut cells = Vec::new();
            for (_, operation) in &operations {
                let rule = find_rule(self.view, actor.as_ref(), node, target.as_ref(), *operation);
                cells.push(rule.is_ok());
                self.rules.extend(rule.map(|rule| (rule.by().line(), rule.by().text().to_owned())));
            }
            rows.push((name, cells));
        }
        writeln!(self.text, "{}", table(&format!("{title}, to {whom}"), &columns, &rows)).unwrap();
    }
}

/// Every membership write at a resource of a type, by name.
fn operations(policy: &Policy, resource_type: &ResourceType) -> Vec<(String, MembershipWrite)> {
    let name = |role: RoleId| policy.role(role).name();
    let any_role = || resource_type.roles().iter().copied().map(Some);
    let mut operations = Vec::new();
    for kind in WriteKind::ALL {
        let applies = match kind.scope() {
            WriteScope::Anywhere => true,
            WriteScope::AtTheRoot => resource_type.parent().is_none(),
            WriteScope::WhereOwned => resource_type.is_owned(),
        };
        let removes_member = resource_type.parent().is_none() && kind == WriteKind::Remove;
        let removed_roles: Vec<Option<RoleId>> =
            if kind.removes_roles() { any_role().chain(removes_member.then_some(None)).collect() } else { vec![None] };
        for from in removed_roles.into_iter().filter(|_| applies) {
            let granted_roles: Vec<Option<RoleId>> =
                if kind.grants_roles() { any_role().collect() } else { vec![None] };
            for to in granted_roles {
                let roles = match (from, to) {
                    (Some(from), Some(to)) => format!(" {}→{}", name(from), name(to)),
                    (Some(from), None) => format!(" {}", name(from)),
                    (None, Some(to)) => format!(" as {}", name(to)),
                    (None, None) => String::new(),
                };
                operations.push((
                    format!("{}{roles}", kind.name()),
                    MembershipWrite { from, to, ..MembershipWrite::plain(kind) },
                ));
            }
        }
    }
    operations
}

/// What a policy says beside its rules: how long an invitation lasts, which roles come with what, which roles are
/// implied, and how many holders must remain.
fn settings(policy: &Policy) -> String {
    let days = policy.invitation_lifetime().as_secs() / 86_400;
    let mut text = format!("policy {} version {}; an invitation lasts {days} days\n", policy.name(), policy.version());
    for resource_type in policy.types() {
        for (words, role) in [
            ("whoever creates one becomes", resource_type.creator_role()),
            ("somebody new joins as", resource_type.joins_as()),
        ] {
            if let Some(role) = role {
                writeln!(text, "{}: {words} {}", resource_type.name(), policy.qualified(policy.role(role))).unwrap();
            }
        }
    }
    for role in policy.roles() {
        let implied = policy.roles_in(role.closure()).filter(|implied| implied.id() != role.id());
        let implied: Vec<String> = implied.map(|implied| policy.qualified(implied)).collect();
        if !implied.is_empty() {
            writeln!(text, "{}: is {}", policy.qualified(role), implied.join(", ")).unwrap();
        }
        if role.at_least() > 0 {
            writeln!(text, "{}: at least {} must remain", policy.qualified(role), role.at_least()).unwrap();
        }
    }
    text
}

#[test]
fn every_policy_decides_as_its_matrix_says() {
    for (name, text) in POLICIES {
        verify(name, text);
    }
}

fn verify(name: &str, text: &str) {
    let policy = Arc::new(compile(name, text).unwrap());
    let view = view(&policy);
    let mut matrix = Matrix { view: &view, text: settings(&policy), actions: BTreeMap::new(), rules: BTreeSet::new() };

    matrix.text += "\n── actions: who, on what ──\n\n";
    for resource_type in policy.types() {
        if resource_type.has_member_records() {
            for whose in ["self", "all roles, locked"] {
                matrix.actions_of(resource_type, &format!("{} of \"{whose}\"", resource_type.name()), |_| {
                    whose.to_owned()
                });
            }
            continue;
        }
        matrix.actions_of(resource_type, resource_type.name(), |_| HERE.to_owned());
        if resource_type.parent().is_some() {
            matrix.actions_of(resource_type, &format!("{}, one's own", resource_type.name()), own_resource);
            matrix.actions_of(resource_type, &format!("{}, archived", resource_type.name()), |_| ARCHIVED.to_owned());
        }
    }
    matrix.text += "── membership writes: who, to whom ──\n\n";
    for resource_type in policy.types().iter().filter(|resource_type| !resource_type.has_member_records()) {
        for whom in ["other", "self", "protected"] {
            matrix.writes_of(resource_type, resource_type.name(), whom, |_| HERE.to_owned());
        }
        if resource_type.is_owned() {
            matrix.writes_of(resource_type, &format!("{}, one's own", resource_type.name()), "other", own_resource);
        }
    }

    let actions: BTreeSet<(String, String)> = matrix.actions.keys().cloned().collect();
    assert_eq!(actions, declared_actions(text), "{name}: an action is left out");
    for ((type_name, action), outcomes) in &matrix.actions {
        let rule = policy.find_type(type_name).unwrap().find_action(action).unwrap().rule().text();
        let expected = if rule == "nobody" { 1 } else { 2 };
        assert_eq!(outcomes.len(), expected, "{name}: {type_name} {action} is never allowed, or never denied");
    }
    assert_eq!(matrix.rules, declared_rules(text), "{name}: a membership rule is left out: it lets nothing through");

    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/policy/matrix/{name}.txt"));
    let text = format!("{}\n", matrix.text.trim_end());
    assert_eq!(compare(&stored, &text), None);
}

#[test]
fn the_resources_of_the_matrix_stand_as_it_says() {
    let [(name, text), ..] = POLICIES;
    let policy = Arc::new(compile(name, text).unwrap());
    let view = view(&policy);
    let find = |key: ResourceKey| view.find(policy.find_type(&key.kind).unwrap().id(), &key.id).unwrap();
    assert!(view.resource(find(ResourceKey::new("job_site", ARCHIVED))).archived);
    assert!(!view.resource(find(ResourceKey::new("job_site", HERE))).archived);
    let editor = view.member_state(SubjectRef { kind: "user", id: "job_site.editor elsewhere" }).unwrap();
    assert!(view.assigned_roles(editor.member, find(ResourceKey::new("job_site", HERE))).is_empty());
    assert!(!view.assigned_roles(editor.member, find(ResourceKey::new("job_site", THERE))).is_empty());
}
