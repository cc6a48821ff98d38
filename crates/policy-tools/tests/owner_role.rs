//! A role that is called `owner` beside the relation of that name: whatever is printed tells the two apart.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use rollcall_engine::{Mask, Policy, ResourceType, compile};
use rollcall_policy_tools::{
    CaseResults, CaseRunner, Coverage, cases,
    diff::diff,
    table::{Operation, ask, table, who_may},
};

/// A workspace whose owners are a role, and projects that have owners.
const POLICY: &str = r#"
edition = 1
policy  = "studio"
version = 1
root    = "workspace"

[workspace]
creator_role = "owner"

[workspace.roles]
owner  = { implies = ["project.helper"] }
member = {}

[workspace.actions]
"bill.pay"       = "owner"
"project.create" = "owner"

[project]
parent       = "workspace"
owned        = true
creator_role = "helper"

[project.roles]
helper = {}

[project.actions]
"project.rename" = "owner"
"project.delete" = "workspace.owner"
"project.close"  = "owner & !workspace.owner"

[project.members]
joins_as = "owner"
invite   = [{ by = "owner | workspace.owner", to = ["helper"] }]
"#;

fn compiled(text: &str) -> Policy {
    compile("studio.toml", text).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

fn project(policy: &Policy) -> &ResourceType {
    policy.find_type("project").unwrap()
}

#[test]
fn a_table_heads_the_role_with_its_type() {
    let page = table(&compiled(POLICY));
    let text = page.text(false);
    let of_project = "                workspace                           project
action          workspace.owner  member             helper             owner
project.rename  if owner         if owner           if owner           ✔
project.delete  ✔                ✘                  ✘                  ✘
project.close   ✘                if owner, unless   if owner, unless   ✔ unless also
                                 also               also               `workspace.owner`
                                 `workspace.owner`  `workspace.owner`
";
    assert!(text.contains(of_project), "{text}");
    // There is no such relation at the workspace itself.
    assert!(text.contains("action          owner  member\n"), "{text}");
    assert!(text.contains("- Whoever creates one becomes its `workspace.owner`.\n"), "{text}");
    assert!(text.contains("- Somebody new who is invited here joins `workspace` as `workspace.owner`.\n"), "{text}");
    assert!(text.ends_with("\nowner  a member who owns the resource; `workspace.owner` is a role\n"), "{text}");
    let markdown = page.markdown();
    assert!(markdown.contains("| action | workspace.owner | workspace.member | helper | owner |\n"), "{markdown}");
    let html = page.html();
    let heads = "<th scope=\"col\">workspace.<wbr>owner</th>\n<th scope=\"col\">member</th>";
    assert!(html.contains(heads) && html.contains("class=\"relation\">owner</th>"), "{html}");
    assert!(html.contains("owns the resource; <code>workspace.<wbr>owner</code> is a role</dd>"), "{html}");
}

#[test]
fn a_legend_names_every_role_of_that_name() {
    let task = "[task]\nparent = \"project\"\nroles = { owner = {} }\n";
    let text = table(&compiled(&format!("{POLICY}\n{task}"))).text(false);
    assert!(text.ends_with("the resource; `workspace.owner` and `task.owner` are roles\n"), "{text}");
}

#[test]
fn an_explanation_names_the_role_with_its_type() {
    let policy = compiled(POLICY);
    let project = project(&policy);
    let owner = policy.find_role(policy.root(), "owner").unwrap().mask();
    let action = |name: &str| Operation::Action(project.find_action(name).unwrap());
    let who = who_may(&policy, project, action("project.close"));
    let conditions =
        ["`member`, `helper` if owner, unless also `workspace.owner`", "owner unless also `workspace.owner`"];
    assert_eq!((who.may, who.may_not), (Vec::new(), vec!["`workspace.owner`".to_owned()]));
    assert_eq!(who.may_if, conditions);
    assert_eq!(who_may(&policy, project, action("project.rename")).may, ["owner"]);
    let answer = |name: &str, mask: Mask| ask(&policy, project, action(name), mask);
    assert_eq!(answer("project.delete", owner).because, "they are `workspace.owner`");
    assert_eq!(answer("project.delete", Mask::OWNER).ways_in, ["`workspace.owner`"]);
    assert_eq!(answer("project.rename", owner).ways_in, ["to own it"]);
    assert_eq!(answer("project.close", Mask::OWNER).unless.as_deref(), Some("also `workspace.owner`"));
    assert_eq!(answer("project.close", owner | Mask::OWNER).because, "the rule excludes `workspace.owner`");
}

/// What changes from the policy to the same with other texts in place of some.
fn difference(changes: &[(&str, &str)]) -> String {
    let changed = changes.iter().fold(POLICY.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    });
    diff(&compiled(POLICY), &compiled(&changed)).text(false)
}

#[test]
fn a_difference_names_the_role_with_its_type() {
    let rename = "  `project.rename`\n    + `workspace.owner`\n    − owner\n";
    let found = difference(&[("\"project.rename\" = \"owner\"", "\"project.rename\" = \"workspace.owner\"")]);
    assert_eq!(found, format!("studio, version 1\n\nproject\n{rename}"));
    // The word is whoever owns the resource in the one file, and a role of the very type in the other.
    let found = difference(&[("owned        = true\n", ""), ("helper = {}", "helper = {}\nowner = {}")]);
    assert!(found.contains("  + role `owner`\n  ~ owned: yes → no\n"), "{found}");
    assert!(found.contains("  `project.rename`\n    + `project.owner`\n    − owner\n"), "{found}");
    let found = difference(&[("joins_as = \"owner\"", "joins_as = \"member\"")]);
    assert_eq!(found, "studio, version 1\n\nproject\n  ~ joins as: `workspace.owner` → `member`\n");
}

const FACTS: &str = r#"
tenant = "acme"
[resources]
film = { type = "project", owner = "paul" }
[members]
olga = { acme = "owner" }
paul = { acme = "member" }
"#;

#[test]
fn cases_ask_about_both_and_what_is_left_names_the_role_with_its_type() {
    let policy = Arc::new(compiled(POLICY));
    let case = "[[case]]\nname = \"a film\"\non = \"film\"\nactions = [\n\
                { who = \"paul\", may = [\"project.rename\", \"project.close\"], may_not = \"project.delete\" },\n\
                { who = \"olga\", may = \"project.delete\", may_not = \"anything else\" },\n]\n";
    let (mut coverage, mut results) = (Coverage::new(&policy), CaseResults::default());
    for case in cases::read("studio.tests.toml", &format!("{FACTS}{case}"), &policy).unwrap() {
        CaseRunner::new(&policy, &case.facts, case.now).unwrap().run(&case, &mut results, &mut coverage);
    }
    assert_eq!((results.passed, results.failures.len()), (6, 0), "{:?}", results.failures);
    let gaps = coverage.report().gaps;
    for gap in [
        "`project.rename` on `project`: nobody with `workspace.owner` who owns it is let through",
        "`project.close` on `project`: nobody with `workspace.owner` who owns it is refused",
    ] {
        assert!(gaps.iter().any(|found| found == gap), "{gaps:#?}");
    }
    assert!(!gaps.iter().any(|gap| gap.starts_with("`project.delete` on `project`: nobody with `workspace.owner`")));
}

/// The message, label and remedy of the only mistake in a file of cases.
fn mistake(policy: &str, cases: &str) -> [String; 3] {
    let found = cases::read("studio.tests.toml", cases, &compiled(policy)).unwrap_err();
    assert_eq!(found.list().len(), 1, "{}", found.render(false));
    let first = &found.list()[0];
    [first.message.clone(), first.label.clone(), first.help.clone().unwrap_or_default()]
}

#[test]
fn an_owner_is_named_at_the_resource_and_a_role_at_the_member() {
    let as_role = FACTS.replacen("acme = \"member\"", "acme = \"member\", film = \"owner\"", 1);
    let remedy = "name whoever owns it as `owner` in `[resources]`";
    assert_eq!(mistake(POLICY, &as_role), ["no role `owner`", "not one of `project`", remedy]);
    let without_owners = POLICY.replacen("owned        = true\n", "", 1);
    let role = without_owners.replacen("helper = {}", "helper = {}\nowner = {}", 1);
    let remedy = "give the role in `[members]`: `paul = { film = \"owner\" }`";
    assert_eq!(mistake(&role, FACTS), ["a `project` has no owner", "its type is not `owned`", remedy]);
    let remedy = "add `owned = true` to `[project]` of the policy, or take this out";
    assert_eq!(mistake(&without_owners, FACTS), ["a `project` has no owner", "its type is not `owned`", remedy]);
}
