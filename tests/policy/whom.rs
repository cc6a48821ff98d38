//! What rules say of whom they are about, in everything that shows a policy.

use std::{collections::BTreeMap, sync::Arc};

use rollcall_engine::{
    Facts as _, MemberStatus, MembershipWrite, Policy, Subject, WriteKind, compile, permit, writes::write_groups,
};
use rollcall_policy_tools::{
    Coverage,
    diff::diff,
    table::{Operation, table, who_may},
};

use crate::description::tenant_under;

const GUILD: &str = include_str!("../wire/chains/guild.toml");

fn guild() -> Policy {
    compile("guild.toml", GUILD).unwrap()
}

/// The rows of a grid of the table, as the first column has them, each with its cells.
fn rows(policy: &Policy, resource_type: &str) -> BTreeMap<String, String> {
    let found = table(policy).sections.into_iter().find(|section| section.resource_type == resource_type).unwrap();
    let rows = found.members.unwrap().rows.into_iter();
    let cells = |cells: Vec<rollcall_policy_tools::table::Entry>| {
        cells.into_iter().map(|entry| entry.words).collect::<Vec<_>>().join(" ")
    };
    rows.map(|row| (row.name, cells(row.cells))).collect()
}

#[test]
fn the_table_has_rows_of_their_own() {
    let rows = rows(&guild(), "guild");
    // Columns: master, head, warden, fellow, self.
    let expected = [
        ("lock", "yes yes no no no"),
        ("lock (whom `!master`)", "yes yes yes no no"),
        ("unlock `fellow`", "yes yes yes no no"),
        ("unlock `master`, `head`, `warden` or somebody without a role", "yes yes no no no"),
        ("update `fellow`", "yes yes yes if self yes"),
        ("reactivate", "yes yes yes no no"),
        ("invite as `fellow` (whom `!master`)", "yes yes yes no no"),
    ];
    for (row, cells) in expected {
        assert_eq!(rows.get(row).map(String::as_str), Some(cells), "{row}: {rows:#?}");
    }
}

#[test]
fn an_explanation_has_parts_of_their_own() {
    let policy = guild();
    let resource_type = policy.find_type("guild").unwrap();
    let said = |kind| {
        let groups = write_groups(resource_type, kind, None, None);
        let who = |group| who_may(&policy, resource_type, Operation::Write(group)).may.join(" ");
        groups.iter().map(|group| (group.whom.clone(), who(group))).collect::<Vec<_>>()
    };
    let (masters, and_wardens) = ("`master` `head`".to_owned(), "`master` `head` `warden`".to_owned());
    assert_eq!(
        said(WriteKind::Deactivate),
        [(String::new(), masters.clone()), ("!master".into(), and_wardens.clone())]
    );
    assert_eq!(said(WriteKind::Unlock), [(String::new(), masters), (String::new(), and_wardens)]);
}

#[test]
fn a_difference_says_to_whom() {
    let lines = |new: &str| -> Vec<String> {
        let text = diff(&guild(), &compile("guild.toml", new).unwrap()).text(false);
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let one = r#"lock       = [{ by = "master" }, { by = "warden", whom = "!master" }]"#;
    assert!(GUILD.contains(one));
    // Written differently, it is the same.
    let same = one.replace("!master", "!master & !(master & fellow)");
    assert_eq!(lines(&GUILD.replace(one, &same)), ["no decision changes"]);
    let wider = one.replace(", whom = \"!master\"", "");
    assert_eq!(lines(&GUILD.replace(one, &wider))[1..], ["guild", "lock", "+ `warden`"]);
    let other = one.replace("!master", "fellow");
    let expected = ["guild", "lock (whom `!master`)", "− `warden`", "lock (whom `fellow`)", "+ `warden`"];
    assert_eq!(lines(&GUILD.replace(one, &other))[1..], expected);
}

/// Whom a case was about counts for its row, and for no other.
#[test]
fn cases_cover_the_rows_of_whom_they_are_about() {
    let policy = Arc::new(guild());
    let mut fixture = tenant_under(policy.clone());
    let root = fixture.root();
    for (who, role) in [("max", "master"), ("wil", "warden"), ("flo", "fellow")] {
        fixture = fixture.member(who, MemberStatus::Active).role(who, &root, role);
    }
    let view = fixture.facts();
    let mut coverage = Coverage::new(&policy);
    let gaps = |coverage: &Coverage<'_>, start: &str| {
        let gaps = coverage.report().gaps.into_iter();
        gaps.filter(|gap| gap.starts_with(start)).collect::<Vec<_>>()
    };
    let ask = |coverage: &mut Coverage<'_>, who: &str, whom: &str| {
        let (who, whom) = (Subject::user(who), Subject::user(whom));
        let write = MembershipWrite::plain(WriteKind::Lock);
        let outcome = permit(&view, who.as_ref(), view.root(), whom.as_ref(), write);
        coverage.record_write(&view, who.as_ref(), view.root(), whom.as_ref(), write, &outcome);
        outcome.is_ok()
    };
    let (to_masters, to_others) =
        ("lock on `guild`: nobody with `warden` ", "lock (whom `!master`) on `guild`: nobody with `warden` ");
    assert_eq!((gaps(&coverage, to_masters).len(), gaps(&coverage, to_others).len()), (1, 1));
    assert!(ask(&mut coverage, "wil", "flo"));
    assert_eq!((gaps(&coverage, to_masters).len(), gaps(&coverage, to_others).len()), (1, 0));
    assert!(!ask(&mut coverage, "wil", "max"));
    assert_eq!((gaps(&coverage, to_masters).len(), gaps(&coverage, to_others).len()), (0, 0));
}
