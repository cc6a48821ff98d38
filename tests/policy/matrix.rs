//! Everything that each policy decides, in one text: `matrix/NAME.txt`. With `TEST_GOLDEN=write` in the environment it
//! is written anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
};

use rollcall_engine::Snapshot;
use rollcall_engine::{
    Facts, Loading, MemberStatus, MembershipWrite, Policy, PolicySet, ResourceKey, ResourceRef, ResourceType, Revision,
    Role, RoleId, Stated, Subject, SubjectRef, Tenant, Timestamp, View, WriteKind, WriteScope, compile, decide,
    find_rule, locate,
};

use super::golden::compare;

const POLICIES: [(&str, &str); 4] = [
    ("lumicon", include_str!("../../policies/lumicon.toml")),
    ("lumi-1", include_str!("../../policies/lumi-1.toml")),
    ("lumi-2", include_str!("../../policies/lumi-2.toml")),
    ("lume", include_str!("../../policies/lume.toml")),
];

/// Of each type there is a resource `here`, another beside it called `there`, an archived one called `shut`, and for
/// everybody one that they own.
const HERE: &str = "here";
const THERE: &str = "there";
const SHUT: &str = "shut";

/// Who acts, from the most to the least: each role alone, each role elsewhere, relations, and those who stand outside.
fn actors(policy: &Policy) -> Vec<(String, Subject)> {
    let below_root = |role: &&Role| policy.resource_type(role.of()).parent().is_some();
    let mut actors: Vec<String> = policy.roles().iter().map(|role| policy.qualified(role)).collect();
    actors.extend(policy.roles().iter().filter(below_root).map(|role| format!("{} elsewhere", policy.qualified(role))));
    actors.extend(
        ["self", "owner", "anyone", "all roles, locked", "all roles, invited", "all roles, deactivated"]
            .map(str::to_owned),
    );
    let mut actors: Vec<(String, Subject)> =
        actors.into_iter().map(|name| (name.clone(), Subject::user(name))).collect();
    actors.push(("non-member".to_owned(), Subject::user("nobody")));
    actors.push(("operator".to_owned(), Subject::new("operator", "op")));
    actors
}

/// The resource that somebody owns, of any type.
fn own_of(name: &str) -> String {
    format!("own of {name}")
}

fn view(library: &PolicySet, policy: &Policy) -> View {
    let mut loading = Loading::new(library);
    let tenant = Tenant {
        id: HERE.to_owned(),
        display_name: String::new(),
        policy: policy.name().to_owned(),
        policy_version: policy.version(),
        created_at: Timestamp::default(),
    };
    loading.tenant(tenant, Revision(1));
    let owner = Subject::user("owner");
    let registered = |of: &&ResourceType| of.parent().is_some() && !of.has_member_records();
    for of in policy.types().iter().filter(registered) {
        let above = policy.resource_type(of.parent().unwrap());
        for (id, parent) in [(HERE, HERE), (THERE, THERE), (SHUT, HERE)] {
            let parent = if above.parent().is_none() { HERE } else { parent };
            let key = ResourceRef { kind: of.name(), id };
            let parent = ResourceRef { kind: above.name(), id: parent };
            loading.resource(key, Some(parent), Some(owner.as_ref()), id == SHUT);
        }
        for (name, actor) in actors(policy) {
            let id = own_of(&name);
            let key = ResourceRef { kind: of.name(), id: &id };
            let parent = ResourceRef { kind: above.name(), id: HERE };
            loading.resource(key, Some(parent), Some(actor.as_ref()), false);
        }
    }
    for (name, subject) in actors(policy).iter().filter(|(_, subject)| subject.id != "nobody" && subject.kind == "user")
    {
        let status = match name.as_str() {
            "all roles, invited" => MemberStatus::Invited,
            "all roles, deactivated" => MemberStatus::Deactivated,
            _ => MemberStatus::Active,
        };
        loading.member(subject.as_ref(), status, name == "all roles, locked");
        for role in policy.roles() {
            let (kind, qualified) = (policy.resource_type(role.of()).name(), policy.qualified(role));
            let mut bind = |id| loading.binding(subject.as_ref(), ResourceRef { kind, id }, role.name(), None);
            if *name == qualified || name.starts_with("all roles") {
                bind(HERE);
                if kind != policy.root().name() {
                    bind(SHUT);
                }
            } else if *name == format!("{qualified} elsewhere") {
                bind(THERE);
            }
        }
    }
    for other in ["other", "protected"] {
        loading.member(Subject::user(other).as_ref(), MemberStatus::Active, false);
    }
    for role in policy.roles() {
        let kind = policy.resource_type(role.of()).name();
        loading.binding(Subject::user("protected").as_ref(), ResourceRef { kind, id: HERE }, role.name(), None);
    }
    loading.finish().unwrap().unwrap()
}

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
    fn actions_of(&mut self, of: &ResourceType, title: &str, id: impl Fn(&str) -> String) {
        let columns: Vec<String> = of.actions().iter().map(|action| action.name().to_owned()).collect();
        let mut rows = Vec::new();
        for (name, subject) in actors(self.view.policy()) {
            let mut cells = Vec::new();
            for action in of.actions() {
                let id = id(&name);
                let target = locate(self.view, of, &id, Stated::default());
                let allowed = decide(self.view, subject.as_ref(), action, target).allowed();
                let key = (of.name().to_owned(), action.name().to_owned());
                self.actions.entry(key).or_default().insert(allowed);
                cells.push(allowed);
            }
            rows.push((name, cells));
        }
        writeln!(self.text, "{}", table(title, &columns, &rows)).unwrap();
    }

    fn writes_of(&mut self, of: &ResourceType, title: &str, whom: &str, id: impl Fn(&str) -> String) {
        let operations = operations(self.view.policy(), of);
        let columns: Vec<String> = operations.iter().map(|(name, _)| name.clone()).collect();
        let mut rows = Vec::new();
        for (name, actor) in actors(self.view.policy()) {
            let target = if whom == "self" { actor.clone() } else { Subject::user(whom) };
            let node = self.view.find(of.id(), &id(&name)).unwrap();
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
fn operations(policy: &Policy, of: &ResourceType) -> Vec<(String, MembershipWrite)> {
    let name = |role: RoleId| policy.role(role).name();
    let any_role = || of.roles().iter().copied().map(Some);
    let mut operations = Vec::new();
    for verb in WriteKind::ALL {
        let means_something = match verb.scope() {
            WriteScope::Anywhere => true,
            WriteScope::AtTheRoot => of.parent().is_none(),
            WriteScope::WhereOwned => of.is_owned(),
        };
        let from_nothing = of.parent().is_none() && verb == WriteKind::Remove;
        let taken: Vec<Option<RoleId>> =
            if verb.removes_roles() { any_role().chain(from_nothing.then_some(None)).collect() } else { vec![None] };
        for from in taken.into_iter().filter(|_| means_something) {
            let given: Vec<Option<RoleId>> = if verb.grants_roles() { any_role().collect() } else { vec![None] };
            for to in given {
                let words = match (from, to) {
                    (Some(from), Some(to)) => format!(" {}→{}", name(from), name(to)),
                    (Some(from), None) => format!(" {}", name(from)),
                    (None, Some(to)) => format!(" as {}", name(to)),
                    (None, None) => String::new(),
                };
                operations.push((
                    format!("{}{words}", verb.name()),
                    MembershipWrite { kind: verb, from, to, expires_at: None, changes_expiry: false },
                ));
            }
        }
    }
    operations
}

/// What is fixed without asking anybody.
fn fixed(policy: &Policy) -> String {
    let days = policy.invitation_lifetime().as_secs() / 86_400;
    let mut text = format!("policy {} version {}; an invitation lasts {days} days\n", policy.name(), policy.version());
    for of in policy.types() {
        for (words, role) in
            [("whoever creates one becomes", of.creator_role()), ("somebody new joins as", of.joins_as())]
        {
            if let Some(role) = role {
                writeln!(text, "{}: {words} {}", of.name(), policy.qualified(policy.role(role))).unwrap();
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
        hold(name, text);
    }
}

fn hold(name: &str, text: &str) {
    let mut library = PolicySet::default();
    library.insert(compile(name, text).unwrap());
    let policy = std::sync::Arc::clone(library.iter().next().unwrap());
    let view = view(&library, &policy);
    let mut matrix = Matrix { view: &view, text: fixed(&policy), actions: BTreeMap::new(), rules: BTreeSet::new() };

    matrix.text += "\n── actions: who, on what ──\n\n";
    for of in policy.types() {
        if of.has_member_records() {
            for whose in ["self", "all roles, locked"] {
                matrix.actions_of(of, &format!("{} of \"{whose}\"", of.name()), |_| whose.to_owned());
            }
            continue;
        }
        matrix.actions_of(of, of.name(), |_| HERE.to_owned());
        if of.parent().is_some() {
            matrix.actions_of(of, &format!("{}, one's own", of.name()), own_of);
            matrix.actions_of(of, &format!("{}, archived", of.name()), |_| SHUT.to_owned());
        }
    }
    matrix.text += "── membership writes: who, to whom ──\n\n";
    for of in policy.types().iter().filter(|of| !of.has_member_records()) {
        for whom in ["other", "self", "protected"] {
            matrix.writes_of(of, of.name(), whom, |_| HERE.to_owned());
        }
        if of.is_owned() {
            matrix.writes_of(of, &format!("{}, one's own", of.name()), "other", own_of);
        }
    }

    let declared: BTreeSet<(String, String)> = declared_actions(text).into_iter().collect();
    assert_eq!(matrix.actions.keys().cloned().collect::<BTreeSet<_>>(), declared, "{name}: an action is left out");
    for ((kind, action), outcomes) in &matrix.actions {
        let rule = policy.find_type(kind).unwrap().find_action(action).unwrap().rule().text();
        let expected = if rule == "nobody" { 1 } else { 2 };
        assert_eq!(outcomes.len(), expected, "{name}: {kind} {action} is never allowed, or never denied");
    }
    assert_eq!(matrix.rules, declared_rules(text), "{name}: a membership rule is left out: it lets nothing through");

    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/policy/matrix/{name}.txt"));
    let text = format!("{}\n", matrix.text.trim_end());
    assert_eq!(compare(&stored, &text), None);
}

/// The actions as the file has them, found without the compiler: its lines between `[TYPE.actions]` and the next head.
fn declared_actions(text: &str) -> Vec<(String, String)> {
    let (mut of, mut actions) = (None, Vec::new());
    for line in text.lines() {
        if let Some(head) = line.strip_prefix('[') {
            of = head.split(']').next().unwrap().strip_suffix(".actions").map(str::to_owned);
        } else if let (Some(of), Some(quoted)) = (&of, line.strip_prefix('"')) {
            actions.push((of.clone(), quoted.split('"').next().unwrap().to_owned()));
        }
    }
    actions
}

/// The membership rules as the file has them, found without the compiler: everything after a `by = "`.
fn declared_rules(text: &str) -> BTreeSet<(u32, String)> {
    let rules = text.lines().zip(1..).filter(|(line, _)| !line.starts_with('#')).flat_map(|(line, number)| {
        line.split("by = \"").skip(1).map(move |rest| (number, rest.split('"').next().unwrap().to_owned()))
    });
    rules.collect()
}

#[test]
fn the_resources_of_the_matrix_stand_as_it_says() {
    let mut library = PolicySet::default();
    let [(name, text), ..] = POLICIES;
    let (policy, copy) = (compile(name, text).unwrap(), compile(name, text).unwrap());
    library.insert(copy);
    let view = view(&library, &policy);
    let find = |key: ResourceKey| view.find(policy.find_type(&key.kind).unwrap().id(), &key.id).unwrap();
    assert!(view.resource(find(ResourceKey::new("job_site", SHUT))).archived);
    assert!(!view.resource(find(ResourceKey::new("job_site", HERE))).archived);
    let editor = view.member_state(SubjectRef { kind: "user", id: "job_site.editor elsewhere" }).unwrap();
    assert!(view.assigned_roles(editor.member, find(ResourceKey::new("job_site", HERE))).is_empty());
    assert!(!view.assigned_roles(editor.member, find(ResourceKey::new("job_site", THERE))).is_empty());
}
