//! What a file of cases can say: actions with colons, types with dashes, and chains of stated parents.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use rollcall_engine::{Policy, ResourceKey, compile};
use rollcall_policy_tools::{
    CaseResults, CaseRunner, Coverage,
    cases::{self, Case},
    table::table,
};

const POLICY: &str = r#"
edition = 1
policy  = "archive"
version = 1
root    = "Library"

[Library.roles]
chief-Librarian = { implies = ["book-shelf.keeper"] }

[Library.actions]
GET              = "anyone"
"documents:read" = "chief-Librarian"

[book-shelf]
parent = "Library"
registered = "optional"
nested = true

[book-shelf.roles]
keeper  = { reaches_down = true }
visitor = {}

[book-shelf.actions]
"shelf:list" = "keeper | visitor"

[book]
parent = "book-shelf"
registered = "optional"
owned  = true

[book.actions]
"books:lend.out" = "keeper | owner"
"#;

const FACTS: &str = r#"
tenant = "town"
[resources]
hall   = "book-shelf"
corner = { type = "book-shelf", parent = "hall", stated = true }
board  = { type = "book-shelf", parent = "corner", stated = true }
atlas  = { type = "book", parent = "board", owner = "omar", stated = true }
[members]
lisa = { town = "chief-Librarian" }
kurt = { hall = "keeper" }
vera = { hall = "visitor" }
omar = {}
"#;

fn policy() -> Arc<Policy> {
    Arc::new(compile("archive.toml", POLICY).unwrap_or_else(|found| panic!("{}", found.render(false))))
}

fn read(cases: &str) -> Vec<Case> {
    let text = format!("{FACTS}{cases}");
    cases::read("archive.tests.toml", &text, &policy()).unwrap_or_else(|found| panic!("{}", found.render(false)))
}

/// How many questions of these cases pass, and what fails.
fn run(cases: &str) -> (usize, Vec<String>) {
    let policy = policy();
    let (mut results, mut coverage) = (CaseResults::default(), Coverage::new(&policy));
    for case in read(cases) {
        CaseRunner::new(&policy, &case.facts, case.now).unwrap().run(&case, &mut results, &mut coverage);
    }
    (results.passed, results.failures.into_iter().map(|failure| failure.found).collect())
}

#[test]
fn names_of_every_form_can_be_said() {
    let cases = r#"
[[case]]
name = "the library"
on = "town"
actions = [
  { who = "lisa", may = ["GET", "documents:read"] },
  { who = ["kurt", "omar"], may = "GET", may_not = "anything else", reason = "NOT_GRANTED" },
]
[[case]]
name = "a shelf that nobody has heard of"
on = "book-shelf:x:1"
actions = [{ who = "lisa", may_not = "shelf:list", reason = "RESOURCE_NOT_FOUND" }]
"#;
    assert_eq!(run(cases), (7, Vec::new()));
}

#[test]
fn a_name_in_another_case_is_suggested() {
    for (row, help) in [
        ("who = \"lisa\", may = \"get\"", "did you mean `GET`?"),
        ("who = \"lisa\", may = \"read\"", "did you mean `documents:read`?"),
        ("who = \"Lisa\", may = \"GET\"", "did you mean `lisa`?"),
    ] {
        let case = format!("{FACTS}[[case]]\nname = \"a\"\non = \"town\"\nactions = [{{ {row} }}]\n");
        let found = cases::read("archive.tests.toml", &case, &policy()).unwrap_err();
        assert_eq!(found.list()[0].help.as_deref(), Some(help));
    }
}

#[test]
fn what_is_stated_may_be_below_what_is_stated() {
    let cases = r#"
[[case]]
name = "the keeper's role reaches down, the visitor's does not"
on = ["corner", "board"]
actions = [
  { who = ["lisa", "kurt"], may = "shelf:list" },
  { who = ["vera", "omar"], may_not = "shelf:list", reason = "NOT_GRANTED" },
]
[[case]]
name = "and a book on the board"
on = "atlas"
actions = [
  { who = ["lisa", "kurt", "omar"], may = "books:lend.out" },
  { who = "vera", may_not = "books:lend.out", reason = "NOT_GRANTED" },
]
"#;
    assert_eq!(run(cases), (12, Vec::new()));
    let check = &read(cases)[1].checks[0];
    let named = |id: &str| ResourceKey::new("book-shelf", id);
    assert_eq!(*check.parents, [named("board"), named("corner"), named("hall")]);
    assert!(read(cases)[0].facts.iter().all(|change| !format!("{change:?}").contains("board")), "only stated");
}

#[test]
fn a_failure_on_what_is_only_stated_is_explained() {
    let case = "[[case]]\nname = \"a\"\non = \"board\"\nactions = [{ who = \"vera\", may = \"shelf:list\" }]\n";
    let (passed, found) = run(case);
    assert_eq!((passed, found.len()), (0, 1));
    assert!(
        found[0].starts_with("NOT_GRANTED: `user:vera` may not do `shelf:list` on `book-shelf:board`"),
        "{found:?}"
    );
}

#[test]
fn chains_that_can_not_be_are_refused() {
    for (old, new, message) in [
        (
            "hall   = \"book-shelf\"",
            "hall = { type = \"book-shelf\", parent = \"board\" }",
            "`board` is not registered, so nothing registered is below it",
        ),
        ("parent = \"hall\", stated", "parent = \"board\", stated", "`corner` is below itself"),
        ("parent = \"board\", owner", "parent = \"bored\", owner", "no resource `bored`"),
        ("parent = \"corner\"", "parent = \"atlas\"", "`atlas` is a `book`"),
    ] {
        let text = FACTS.replacen(old, new, 1);
        assert_ne!(text, FACTS);
        let found = cases::read("archive.tests.toml", &text, &policy()).unwrap_err();
        assert!(found.list().iter().any(|mistake| mistake.message == message), "{}", found.render(false));
    }
}

#[test]
fn a_page_may_break_a_name_where_its_parts_meet() {
    let page = table(&policy()).html();
    assert!(page.contains("<code>books:<wbr>lend.<wbr>out</code>") && page.contains("id=\"book-shelf\""), "{page}");
}

#[test]
fn a_table_says_what_reaches_down_of_a_role_that_does_not() {
    for (visitor, reach) in [
        ("{}", "at that one only"),
        ("{ implies = [\"keeper\"] }", "at that one only, and `keeper` at each one below it"),
        ("{ reaches_down = true }", "at each one below it too"),
    ] {
        let text = POLICY.replace("visitor = {}", &format!("visitor = {visitor}"));
        let policy = compile("archive.toml", &text).unwrap_or_else(|found| panic!("{}", found.render(false)));
        let note = format!("Whoever is `visitor` of one is so {reach}.");
        assert!(table(&policy).sections[1].notes.contains(&note), "{note}");
    }
}
