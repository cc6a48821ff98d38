//! Names with a `:` in them, several things that share one id, and names that could be read in two ways.

use std::collections::BTreeSet;

use rollcall_engine::{Change, ResourceKey, Subject};

use crate::{FOLDERS, LUMI, failing_lines, line_of, mistakes_of, read, run, with};

const NAMES: &str = include_str!("names.tests.toml");

#[test]
fn every_case_holds() {
    let results = run(LUMI, NAMES);
    assert!(results.failures.is_empty(), "{:#?}", results.failures);
    assert!(results.passed > 150, "{}", results.passed);
}

#[test]
fn a_role_of_another_with_the_same_id_is_found() {
    for (old, new, row) in [
        (
            "\"service:1\"    = { \"urn:project:1\"",
            "\"service:1\" = { \"project:1\"",
            "who = [\"service:1\", \"robot\"]",
        ),
        (
            "\"user:user:1\"  = { \"project:1\" = \"team_member\"",
            "\"user:user:1\" = { outer = \"team_member\"",
            "who = \"user:user:1\"",
        ),
        ("id = \"1\", outer = \"team_member\"", "id = \"1\", \"project:1\" = \"team_member\"", "who = \"robot:1\""),
        ("owner = \"user:1\"", "owner = \"user:user:1\"", "who = \"user:1\",                     may = \"vault.view\""),
        ("owner = \"auth0:ann\"", "owner = \"pat\"", "actions = [{ who = \"auth0:ann\", may = \"anything\" }]"),
    ] {
        let broken = with(NAMES, old, new);
        let lines = failing_lines(LUMI, &broken);
        assert!(lines.contains(&line_of(&broken, row)), "{new}: {lines:?}");
    }
}

#[test]
fn each_name_is_the_thing_that_was_meant() {
    let cases = read(LUMI, NAMES);
    let (mut members, mut resources) = (BTreeSet::new(), BTreeSet::new());
    for change in &cases[0].facts {
        match change {
            Change::MemberAdded { member } => _ = members.insert(member.subject.clone()),
            Change::ResourceCreated { resource } => _ = resources.insert(resource.key.clone()),
            _ => {}
        }
    }
    let subjects = [
        Subject::user("auth0:ann"),
        Subject::user("1"),
        Subject::new("service", "1"),
        Subject::user("user:1"),
        Subject::user("auth0|pat:7"),
        Subject::new("robot", "1"),
    ];
    assert_eq!(members, BTreeSet::from(subjects));
    let registered = [
        ("organization", "urn:studio:1"),
        ("project", "urn:project:1"),
        ("project", "1"),
        ("project", "project:1"),
        ("vault", "1"),
        ("vault", "1:1"),
        ("vault", "https://vaults.test/1"),
    ];
    assert_eq!(resources, registered.into_iter().map(|(kind, id)| ResourceKey::new(kind, id)).collect());
    let stated = &cases[4].checks[0];
    assert_eq!(stated.resource, ResourceKey::new("vault", "1:1"));
    assert_eq!(*stated.parents, [ResourceKey::new("project", "urn:project:1")]);
    assert_eq!(stated.owner, Some(Subject::user("auth0|pat:7")));
}

/// A record is a user's, so nobody else with the same id has it.
#[test]
fn a_record_is_a_users_own() {
    let text = "tenant = \"acme\"\n[members]\n\"user:1\" = { acme = \"user\" }\n\"service:1\" = { acme = \"user\" }\n\
                ann = { id = \"auth0:ann\", acme = \"user\" }\n[[case]]\nname = \"own\"\non = \"profile:self\"\n\
                actions = [{ who = [\"user:1\", \"ann\"], may = \"anything\" }, \
                { who = \"service:1\", may_not = \"anything\", reason = \"RESOURCE_NOT_FOUND\" }]\n\
                [[case]]\nname = \"by name\"\non = [\"profile:ann\", \"profile:user:auth0:ann\"]\n\
                actions = [{ who = \"ann\", may = \"anything\" }, { who = [\"user:1\", \"service:1\"], may_not = \"anything\" }]\n";
    let results = run(crate::LUMICON, text);
    assert!(results.failures.is_empty() && results.passed == 36, "{results:#?}");
}

#[test]
fn teams_have_ids_of_any_form() {
    let text = "tenant = \"acme\"\n[resources]\nnight = { type = \"group\", id = \"urn:group:1\" }\n\"group:1\" = \"group\"\n\
                \"folder:1\" = \"folder\"\n[members]\ncarl = { night = \"person\" }\n\
                \"group:urn:group:1\" = { \"group:1\" = \"person\" }\n\"group:1\" = { \"folder:1\" = \"viewer\" }\n\
                [[case]]\nname = \"through both\"\non = \"folder:1\"\nactions = [{ who = \"carl\", may = \"folder.list\" }]\n\
                writes = [{ who = \"operator\", may_not = \"invite\", whom = [\"group:urn:group:1\", \"group:1\"] }]\n";
    let results = run(FOLDERS, text);
    assert!(results.failures.is_empty() && results.passed == 7, "{results:#?}");
}

#[test]
fn a_name_with_two_readings_says_both_and_the_remedy() {
    let file = |resources: &str, members: &str, groups: &str| {
        format!(
            "tenant = \"acme\"\n[resources]\nhall = \"project\"\n{resources}\n[members]\n{members}\n[groups]\n{groups}\n"
        )
    };
    for (text, message, help) in [
        (
            file("\"project:1\" = { type = \"vault\", parent = \"hall\" }", "", ""),
            "`project:1` can be read as the `project` `1`, and as the `vault` `project:1`",
            "write `\"vault:project:1\"`, or a name that does not begin with `project:`, and `id = \"project:1\"`",
        ),
        (
            file("\"project:1\" = { type = \"project\", id = \"2\" }", "", ""),
            "`project:1` can be read as the `project` `1`, and as the `project` `2`",
            "write `\"project:2\"`, or a name that does not begin with `project:`, and `id = \"2\"`",
        ),
        (
            file("", "\"user:1\" = { type = \"service\" }", ""),
            "`user:1` can be read as the `user` `1`, and as the `service` `user:1`",
            "write `\"service:user:1\"`, or a name that does not begin with `user:`, and `id = \"user:1\"`",
        ),
        (
            file("", "one = {}", "\"service:all\" = \"one\""),
            "`service:all` can be read as the `service` `all`, and as the group",
            "give the group a name that does not begin with `service:`",
        ),
        (
            file("", "\"user:one\" = {}\none = { type = \"service\" }", ""),
            "`one` can be read as the `user` `one`, and as the `service` `one`",
            "give one of the two another name, and its `id`",
        ),
        (
            file("", "one = { type = \"service\" }\n\"user:one\" = {}", ""),
            "`one` can be read as the `user` `one`, and as the `service` `one`",
            "give one of the two another name, and its `id`",
        ),
        (
            with(&file("\"project:1\" = \"project\"", "", ""), "tenant = \"acme\"", "tenant = \"project:1\""),
            "`project:1` is the tenant already",
            "",
        ),
        (
            with(
                &file("one = { type = \"project\", id = \"1\" }", "", ""),
                "tenant = \"acme\"",
                "tenant = \"project:1\"",
            ),
            "`project:1` can be read as the tenant, and as the `project` `1`",
            "",
        ),
    ] {
        let found = mistakes_of(LUMI, &text);
        let found: Vec<_> = found.list().iter().map(|it| (it.message.as_str(), it.help.as_deref())).collect();
        assert_eq!(found, [(message, Some(help).filter(|help| !help.is_empty()))]);
    }
}

#[test]
fn one_thing_has_one_name() {
    let file =
        |resources: &str, members: &str| format!("tenant = \"acme\"\n[resources]\n{resources}\n[members]\n{members}\n");
    for (text, message, label) in [
        (
            file("one = { type = \"project\", id = \"1\" }\n\"project:1\" = \"project\"", ""),
            "`project:1` is the `project` `1`, and so is `one`",
            "declared before",
        ),
        (
            file("", "one = { id = \"1\" }\n\"user:1\" = {}"),
            "this can't be the name of somebody",
            "the `user` `1` is named `one` before",
        ),
        (file("one = { type = \"project\", id = \"\" }", ""), "`id` is empty", "expected one character or more"),
    ] {
        let found = mistakes_of(LUMI, &text);
        let found: Vec<_> = found.list().iter().map(|it| (it.message.as_str(), it.label.as_str())).collect();
        assert_eq!(found, [(message, label)]);
    }
}

/// What is written with a `:` and is not declared says why it is read neither way, and what it may have been meant for.
#[test]
fn a_wrong_name_with_a_colon_says_how_it_was_read() {
    let case = |on: &str, who: &str| {
        format!(
            "{NAMES}\n[[case]]\nname = \"a\"\non = \"{on}\"\nactions = [{{ who = \"{who}\", may_not = \"anything\" }}]\n"
        )
    };
    for (text, message, label, help) in [
        (
            case("urn:project:2", "pat"),
            "no resource `urn:project:2`",
            "no resource is named so, and `urn` is no type of the policy",
            "did you mean `urn:project:1`?",
        ),
        (
            case("projct:1", "pat"),
            "no resource type `projct`",
            "no type of the policy, and no resource is named `projct:1`",
            "did you mean `project`?",
        ),
        (
            case("outer", "auth0:anm"),
            "no subject `auth0:anm`",
            "nobody is named so, and `auth0` is no type of subjects",
            "did you mean `auth0:ann`?",
        ),
        (
            case("outer", "service:3"),
            "no subject `service:3`",
            "not known here",
            "did you mean `service:1` or `service:2`?",
        ),
    ] {
        let found = mistakes_of(LUMI, &text);
        let only = &found.list()[0];
        assert_eq!(found.list().len(), 1, "{}", found.render(false));
        assert_eq!((only.message.as_str(), only.label.as_str(), only.help.as_deref()), (message, label, Some(help)));
    }
}
