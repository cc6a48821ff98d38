//! `owner` as a relation where resources have owners, and as the name of a role where they have none.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, missing_docs, reason = "other tests need more of it, and nobody imports it")]
mod support;

use rollcall_engine::{
    Explanation, Facts as _, MembershipWrite, Question, Reason, StatedFacts, View, WriteKind, compile, decide, explain,
    locate, permit,
};

use support::{TENANT, TenantFacts, compiled, key, subject};

/// A workspace whose owners are a role, projects that have owners, and tasks that have none.
const POLICY: &str = r#"
edition = 1
policy  = "studio"
version = 1
root    = "workspace"

[workspace]
creator_role = "owner"

[workspace.roles]
owner  = { implies = ["member", "task.editor"], at_least = 1 }
member = {}

[workspace.actions]
"bill.pay"       = "owner"
"project.create" = "owner | member"

[workspace.members]
invite = [{ by = "owner", to = ["owner", "member"] }]
change = [{ by = "owner & !self", from = ["owner", "member"], to = ["owner", "member"] }]

[project]
parent = "workspace"
owned  = true

[project.roles]
helper = {}

[project.actions]
"project.rename" = "owner"
"project.delete" = "workspace.owner"
"project.close"  = "owner & !workspace.owner"

[project.members]
joins_as = "owner"
invite   = [{ by = "owner | workspace.owner", to = ["helper"] }]
transfer = [{ by = "owner & !self" }]

[task]
parent = "project"

[task.roles]
editor = {}

[task.actions]
"task.sign" = "owner"
"task.edit" = "editor"
"#;

/// Olga holds the role, Paul owns the project, Mia does neither.
fn view() -> View {
    let root = format!("workspace:{TENANT}");
    let facts = TenantFacts::of(&compiled(POLICY))
        .resource("project:film", &root, Some("paul"), false)
        .resource("task:cut", "project:film", None, false)
        .active("olga", &[(&root, "owner")])
        .active("paul", &[(&root, "member")])
        .active("mia", &[(&root, "member")]);
    facts.view()
}

fn asked_about(view: &View, who: &str, action: &str, at: &str) -> (Reason, Explanation) {
    let (name, who) = (key(at), subject(who));
    let resource_type = view.policy().find_type(&name.kind).unwrap();
    let action = resource_type.find_action(action).unwrap();
    let target = locate(view, resource_type, &name.id, StatedFacts::default());
    let question = Question::new(who.as_ref(), action, target);
    let decision = decide(view, &question);
    (decision.reason, explain(view, &question, resource_type, &name, &decision))
}

#[test]
fn the_word_is_the_relation_where_there_is_an_owner_and_else_the_role() {
    let view = view();
    let root = format!("workspace:{TENANT}");
    let (role, relation, denied) = (Reason::GrantedByRole, Reason::GrantedByRelation, Reason::NotGranted);
    for (action, at, expected) in [
        ("bill.pay", root.as_str(), [role, denied, denied]),
        ("project.rename", "project:film", [denied, relation, denied]),
        ("project.delete", "project:film", [role, denied, denied]),
        ("project.close", "project:film", [denied, relation, denied]),
        // A task has no owner, so the word is the only role of a type above with that name.
        ("task.sign", "task:cut", [role, denied, denied]),
        ("task.edit", "task:cut", [role, denied, denied]),
    ] {
        let found = ["olga", "paul", "mia"].map(|who| asked_about(&view, who, action, at).0);
        assert_eq!(found, expected, "{action}");
    }
}

#[test]
fn whoever_owns_a_project_and_the_workspace_is_both() {
    let root = format!("workspace:{TENANT}");
    let facts = TenantFacts::of(&compiled(POLICY)).resource("project:film", &root, Some("olga"), false);
    let view = facts.active("olga", &[(&root, "owner")]).view();
    let reason = |action| asked_about(&view, "olga", action, "project:film").0;
    assert_eq!(reason("project.rename"), Reason::GrantedByRelation);
    assert_eq!(reason("project.delete"), Reason::GrantedByRole);
    assert_eq!(reason("project.close"), Reason::Excluded);
}

#[test]
fn membership_rules_tell_the_two_apart() {
    let view = view();
    let policy = view.policy();
    let role = |resource_type: &str, name: &str| {
        policy.find_role(policy.find_type(resource_type).unwrap(), name).unwrap().id()
    };
    let film = view.find(policy.find_type("project").unwrap().id(), "film").unwrap();
    let permitted = |who: &str, at, target: &str, write| {
        permit(&view, subject(who).as_ref(), at, subject(target).as_ref(), write).is_ok()
    };
    let invite = MembershipWrite::giving(WriteKind::Invite, role("project", "helper"));
    assert_eq!(["olga", "paul", "mia"].map(|who| permitted(who, film, "mia", invite)), [true, true, false]);
    let transfer = MembershipWrite::plain(WriteKind::Transfer);
    assert_eq!(["olga", "paul", "mia"].map(|who| permitted(who, film, "mia", transfer)), [false, true, false]);
    let promote = MembershipWrite::giving(WriteKind::Change, role("workspace", "owner"));
    assert_eq!(["olga", "paul"].map(|who| permitted(who, view.root(), "mia", promote)), [true, false]);
    let project = policy.find_type("project").unwrap();
    assert_eq!(project.joins_as(), Some(role("workspace", "workspace.owner")));
}

#[test]
fn an_explanation_names_the_role_with_its_type() {
    let view = view();
    let (_, explanation) = asked_about(&view, "mia", "project.delete", "project:film");
    let ways: Vec<String> = explanation.ways_in.iter().map(|way| format!("{} at {}", way.role, way.at)).collect();
    assert_eq!(ways, [format!("workspace.owner at workspace:{TENANT}")]);
    let (_, explanation) = asked_about(&view, "mia", "project.rename", "project:film");
    let ways: Vec<String> = explanation.ways_in.iter().map(|way| format!("{} at {}", way.role, way.at)).collect();
    assert_eq!(ways, ["owner at project:film"]);
    let (_, explanation) = asked_about(&view, "olga", "project.delete", "project:film");
    assert!(explanation.summary.contains("`workspace.owner` held at `workspace:acme`"), "{}", explanation.summary);
}

#[test]
fn a_role_is_named_as_a_rule_would_name_it() {
    let policy = compiled(POLICY);
    let owner = policy.find_role(policy.root(), "owner").unwrap();
    let named = |resource_type: &str| policy.name_at(policy.find_type(resource_type).unwrap(), owner);
    assert_eq!(["workspace", "project", "task"].map(named), ["owner", "workspace.owner", "owner"]);
}

/// The message, label and remedy of the only mistake that a policy has after a change.
fn mistake(old: &str, new: &str) -> [String; 3] {
    assert!(POLICY.contains(old), "{old}");
    let found = compile("studio.toml", &POLICY.replacen(old, new, 1)).expect_err("it is wrong");
    assert_eq!(found.list().len(), 1, "{}", found.render(false));
    let first = &found.list()[0];
    [first.message.clone(), first.label.clone(), first.help.clone().unwrap_or_default()]
}

#[test]
fn what_the_word_can_not_mean_is_refused() {
    for (old, new, expected) in [
        (
            "helper = {}",
            "helper = {}\nowner = {}",
            [
                "`project` is `owned`, so `owner` can't be the name of a role of it",
                "in a rule there, `owner` is whoever owns the resource",
                "give the role another name, or take `owned` out of `[project]`",
            ],
        ),
        (
            "\"project.rename\" = \"owner\"",
            "\"project.rename\" = \"project.owner\"",
            [
                "`project.owner` is no role: a `project` is `owned`",
                "expected a role of `project` or of a type above it, or a relation",
                "in the rules of `project`, and in no others, `owner` is whoever owns it",
            ],
        ),
        (
            "\"task.sign\" = \"owner\"",
            "\"task.sign\" = \"project.owner\"",
            [
                "`project.owner` is no role: a `project` is `owned`",
                "expected a role of `task` or of a type above it, or a relation",
                "in the rules of `project`, and in no others, `owner` is whoever owns it",
            ],
        ),
        (
            "to = [\"helper\"]",
            "to = [\"helper\", \"owner\"]",
            [
                "`owner` is no role: a `project` is `owned`",
                "expected a role of `project`",
                "in the rules of `project`, and in no others, `owner` is whoever owns it",
            ],
        ),
        (
            "creator_role = \"owner\"",
            "creator_role = \"owner\"\nowned = true",
            [
                "`workspace` is `owned`, so `owner` can't be the name of a role of it",
                "in a rule there, `owner` is whoever owns the resource",
                "give the role another name, or take `owned` out of `[workspace]`",
            ],
        ),
    ] {
        assert_eq!(mistake(old, new), expected.map(str::to_owned), "{new}");
    }
}

const SITES: &str = r#"
edition = 1
policy  = "sites"
version = 1
root    = "org"

[org.roles]
admin = {}

[org.actions]
"bill.pay" = "admin"

[site]
parent = "org"

[site.actions]
"site.open" = "owner"
"#;

#[test]
fn without_an_owner_and_a_role_of_that_name_the_word_means_nothing() {
    let found = compile("sites.toml", SITES).unwrap_err();
    let first = &found.list()[0];
    assert_eq!(
        (first.message.as_str(), first.label.as_str()),
        ("`owner` means nothing here", "`site` has no such relation")
    );
    assert_eq!(first.help.as_deref(), Some("add `owned = true` to `[site]`, or give it a role `owner`"));
    for (old, new, is_good) in [
        ("[site.actions]", "owned = true\n[site.actions]", true),
        ("[site.actions]", "[site.roles]\nowner = {}\n[site.actions]", true),
        ("admin = {}", "admin = {}\nowner = {}", true),
        ("[site.actions]", "[site.roles]\nOwner = {}\n[site.actions]", false),
    ] {
        assert_eq!(compile("sites.toml", &SITES.replacen(old, new, 1)).is_ok(), is_good, "{new}");
    }
    let other_case = SITES.replacen("[site.actions]", "[site.roles]\nOwner = {}\n[site.actions]", 1);
    let found = compile("sites.toml", &other_case).unwrap_err();
    assert_eq!(found.list()[0].help.as_deref(), Some("did you mean `Owner`?"));
}

#[test]
fn a_role_that_only_looks_like_the_relation_is_named_with_its_type() {
    let owned = SITES.replacen("[site.actions]", "owned = true\n[site.actions]", 1);
    let policy = owned.replacen("admin = {}", "admin = {}\nOwner = {}", 1);
    assert!(compile("sites.toml", &policy).is_ok());
    assert!(compile("sites.toml", &policy.replacen("= \"owner\"", "= \"owner | org.Owner\"", 1)).is_ok());
    let found = compile("sites.toml", &policy.replacen("= \"owner\"", "= \"Owner\"", 1)).unwrap_err();
    let first = &found.list()[0];
    assert_eq!(first.message, "`Owner` and the relation `owner` differ by their case alone");
    assert_eq!(first.help.as_deref(), Some("write `org.Owner` for the role, or `owner` for whoever owns the `site`"));
    let own = owned.replacen("[site.actions]", "[site.roles]\nOwner = {}\n[site.actions]", 1);
    let found = compile("sites.toml", &own).unwrap_err();
    assert_eq!(found.list()[0].message, "`site` is `owned`, so `Owner` can't be the name of a role of it");
}
