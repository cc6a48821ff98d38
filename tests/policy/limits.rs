//! The limits of policies and files of cases, and the diagnostics for a file that goes over them.

use std::fmt::Write as _;

use rollcall_engine::{Diagnostics, compile};
use rollcall_policy_tools::cases;

use super::golden::lumicon;

const HEAD: &str = "edition = 1\npolicy = \"large\"\nversion = 1\nroot = \"org\"\n";

/// `count` of something, written one after another.
fn many(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

/// The message and the label of the first mistake of a policy, which has this below its head.
fn refused(rest: &str) -> (String, String) {
    first(&compile("large.toml", &format!("{HEAD}{rest}")).expect_err("it has too much"))
}

/// The message and the label of the first mistake of a file of cases.
fn refused_cases(text: &str) -> (String, String) {
    first(&cases::read("large.tests.toml", text, &lumicon()).expect_err("it has too much"))
}

fn first(diagnostics: &Diagnostics) -> (String, String) {
    let first = &diagnostics.list()[0];
    (first.message.clone(), first.label.clone())
}

fn is(message: &str, label: &str) -> (String, String) {
    (message.to_owned(), label.to_owned())
}

#[test]
fn a_rule_has_a_length() {
    let rule =
        |length: usize| format!("[org]\nroles = {{ r = {{}} }}\nactions = {{ a = \"r{}\" }}\n", " ".repeat(length - 1));
    assert_eq!(refused(&rule(4097)), is("a rule is 4097 bytes long", "expected 4096 at most"));
    assert!(compile("large.toml", &format!("{HEAD}{}", rule(4096))).is_ok());
}

/// Alternatives that are dropped in the end cost as much to write out as those that stay.
#[test]
fn a_rule_has_few_alternatives_on_the_way() {
    let roles = many(60, |at| format!("r{at} = {{}}\n"));
    let any = (0..60).map(|at| format!("r{at}")).collect::<Vec<_>>().join(" | ");
    let with = |rule: &str| format!("[org.roles]\n{roles}[org.actions]\na = \"{rule}\"\n");
    let too_many = "a rule comes to more than 4096 alternatives, those that say nothing new included";
    assert_eq!(refused(&with(&format!("({any}) & ({any}) & ({any})"))).0, too_many);
    assert!(compile("large.toml", &format!("{HEAD}{}", with(&format!("({any}) & ({any})")))).is_ok());
}

#[test]
fn a_list_has_an_end() {
    let names = |count: usize| many(count, |_| "\"r\",".to_owned());
    let rules = many(257, |_| "{ by = \"r\", to = [\"r\"] },".to_owned());
    let nevers = many(257, |_| "[[never]]\nwho = \"org.r\"\nbecomes = \"org.s\"\n".to_owned());
    let lists = [
        ("implies", format!("[org.roles]\nr = {{}}\ns = {{ implies = [{}] }}\n", names(257))),
        ("create_actions", format!("[org]\n[site]\nparent = \"org\"\ncreate_actions = [{}]\n", names(257))),
        ("to", format!("[org]\nroles = {{ r = {{}} }}\nmembers.invite = [{{ by = \"r\", to = [{}] }}]\n", names(257))),
        (
            "from",
            format!("[org]\nroles = {{ r = {{}} }}\nmembers.remove = [{{ by = \"r\", from = [{}] }}]\n", names(257)),
        ),
        ("invite", format!("[org]\nroles = {{ r = {{}} }}\nmembers.invite = [{rules}]\n")),
        ("never", format!("[org]\nroles = {{ r = {{}}, s = {{}} }}\n{nevers}")),
    ];
    for (name, text) in lists {
        assert_eq!(refused(&text), is(&format!("`{name}` has 257 entries"), "expected 256 at most"));
    }
    let most = format!("[org.roles]\nr = {{}}\ns = {{ implies = [{}] }}\n", names(256));
    assert!(compile("large.toml", &format!("{HEAD}{most}")).is_ok());
}

#[test]
fn a_policy_has_few_membership_rules() {
    let mut text = "[org]\nroles = { r = {} }\n".to_owned();
    for kind in ["lock", "unlock", "update", "deactivate", "reactivate"] {
        let rules = many(205, |_| "{ by = \"r\" },".to_owned());
        writeln!(text, "members.{kind} = [{rules}]").unwrap();
    }
    assert_eq!(refused(&text), is("a policy has 1024 membership rules at most", "there are 1025"));
}

#[test]
fn of_many_mistakes_the_first_hundred_are_told() {
    let text = format!("{HEAD}[org]\n{}", many(1000, |at| format!("x{at} = 1\n")));
    let diagnostics = compile("large.toml", &text).unwrap_err();
    assert_eq!(diagnostics.list().len(), 100);
    assert!(diagnostics.render(false).ends_with("\n\nand 900 more"), "{}", diagnostics.render(false));
}

/// Each mistake shows a line of the file, and lists what is known: of a megabyte of them, gigabytes would come.
#[test]
fn a_megabyte_of_mistakes_is_told_in_short() {
    let text = format!(
        "{HEAD}[org]\nroles = {{ r = {{}} }}\nactions = {{ {} }}",
        many(40_000, |at| format!("a{at} = {{}}, "))
    );
    let diagnostics = compile("large.toml", &text).unwrap_err();
    let rendered = diagnostics.render(false);
    assert!(rendered.len() < 200_000);
    assert!(rendered.contains("large.toml:7:"), "a line that is too long to show is named");
}

#[test]
fn the_facts_of_cases_are_few() {
    let head = "tenant = \"acme\"\n";
    let sites = |count| format!("{head}[resources]\n{}", many(count, |at| format!("s{at} = \"job_site\"\n")));
    let members = |count| many(count, |at| format!("u{at} = {{}}\n"));
    let over = is("`resources` has 257 entries", "expected 256 at most");
    assert_eq!(refused_cases(&sites(257)), over);
    let over = is("`members` has 257 entries", "expected 256 at most");
    assert_eq!(refused_cases(&format!("{head}[members]\n{}", members(257))), over);
    let groups = many(257, |at| format!("g{at} = [\"u0\"]\n"));
    let over = is("`groups` has 257 entries", "expected 256 at most");
    assert_eq!(refused_cases(&format!("{head}[members]\n{}[groups]\n{groups}", members(1))), over);
    let roles = many(200, |at| format!("s{at} = \"viewer\", "));
    let members_with_roles = many(6, |at| format!("u{at} = {{ {roles} }}\n"));
    let over = is("the members hold 1200 roles", "expected 1024 at most");
    assert_eq!(refused_cases(&format!("{}[members]\n{members_with_roles}", sites(200))), over);
    let cases = many(257, |_| "[[case]]\nname = \"\"\non = \"acme\"\nactions = []\n".to_owned());
    assert_eq!(refused_cases(&format!("{head}{cases}")), is("`case` has 257 entries", "expected 256 at most"));
}

#[test]
fn the_questions_of_cases_are_few() {
    let members = many(256, |at| format!("u{at} = {{}}\n"));
    let case = "[[case]]\nname = \"all of it\"\non = \"acme\"\n\
                writes = [{ who = \"everybody\", may = \"anything\", whom = \"everybody\" }]\n";
    let (message, label) = refused_cases(&format!("tenant = \"acme\"\n[members]\n{members}{case}"));
    assert_eq!(message, "the rows of this file come to more than 100000 questions");
    assert_eq!(label, "from this row on");
}

#[test]
fn groups_of_groups_do_not_double() {
    let groups = many(200, |at| format!("g{} = [\"g{at}\", \"g{at}\", \"g{at}\"]\n", at + 1));
    let text = format!(
        "tenant = \"acme\"\nmembers = {{ ada = {{}} }}\n[groups]\ng0 = \"ada\"\n{groups}[[case]]\nname = \"one\"\n\
         on = \"acme\"\nactions = [{{ who = [\"g200\", \"ada\", \"everybody\"], \
         may_not = [\"anything\", \"job_site.create\"] }}]\n"
    );
    let cases = cases::read("groups.tests.toml", &text, &lumicon())
        .unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)));
    assert_eq!(cases[0].checks.len(), 2 * lumicon().root().actions().len(), "ada and the operator, each action once");
}
