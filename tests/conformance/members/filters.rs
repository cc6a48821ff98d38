//! The filters that narrow a list of members.

use rollcall::service::ports::{MemberQuery, MemberScope};
use rollcall_engine::{MemberStatus, Subject};

use super::{everybody, ids, in_scopes, person, s1_scopes, seed};
use crate::{
    changes::{member, member_added, site},
    harness::Harness,
};

conformance! {
    each_filter_leaves_those_who_meet_it:
        "MemberQuery: Which members to list; those that meet every condition.",
        "MemberQuery::scopes: Empty: nobody is listed unless `everybody` is set, and no grant is returned.",
        "MemberQuery::everybody: Lists every member, whether they hold one of `scopes` or not.",
        "MemberQuery::statuses: Only members with one of these statuses.",
        "MemberQuery::statuses: Empty: all.",
        "MemberQuery::text: Only members whose display name, email or username contains this, which is in lower case.",
        "MemberQuery::text: Empty: all.";
    a_text_is_found_wherever_it_is_and_as_it_is:
        "MemberQuery::text: Only members whose display name, email or username contains this, which is in lower case.";
    people_can_be_listed_without_teams_and_everybody:
        "MemberQuery::excluded_types: Leaves out members of these subject types and the member `*`.",
        "MemberQuery::excluded_types: None: nobody is left out.";
    a_list_returns_no_more_than_its_limit:
        "Snapshot::list_members: A page of members, at most `query.limit` of them in the order of `query.order`.",
        "MemberQuery::limit: The most members to return; 0 returns none.";
}

async fn each_filter_leaves_those_who_meet_it(harness: &Harness) {
    use MemberStatus::{Active, Deactivated, Invited};
    seed(harness).await;
    let text = |text: &str| MemberQuery { text: text.into(), ..everybody() };
    let editors = vec![MemberScope { resource: site("s1"), role: "editor".into(), rank: 0 }];
    let cases = [
        (everybody(), vec!["u6", "u1", "u4", "u2", "u3", "u5"]),
        (MemberQuery { statuses: vec![Active], ..everybody() }, vec!["u6", "u1", "u3", "u5"]),
        (MemberQuery { statuses: vec![Invited, Deactivated], ..everybody() }, vec!["u4", "u2"]),
        (text("ada"), vec!["u1", "u4"]),
        (text("x.y"), vec!["u6", "u1", "u3", "u5"]),
        (text("u2_log"), vec!["u2"]),
        (in_scopes(editors), vec!["u1", "u5"]),
        (in_scopes(vec![]), vec![]),
        (MemberQuery { statuses: vec![Active], text: "a".into(), ..in_scopes(s1_scopes()) }, vec!["u1", "u3", "u5"]),
        (MemberQuery { statuses: vec![Invited], text: "ada".into(), ..everybody() }, vec!["u4"]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(harness, &query).await, expected, "{query:?}");
    }
}

async fn a_text_is_found_wherever_it_is_and_as_it_is(harness: &Harness) {
    seed(harness).await;
    let special = person("u7", r"A!b\c[d]'e", Some("ÖZ@x.y"), MemberStatus::Active);
    harness.write(&[member_added(&special)]).await;
    for (text, expected) in [
        ("éva", vec!["u5"]),
        ("va", vec!["u5"]),
        ("öz@", vec!["u7"]),
        ("100%", vec!["u3"]),
        ("1%0", vec![]),
        ("%", vec!["u3"]),
        ("b_c", vec!["u6"]),
        ("u__login", vec![]),
        ("!", vec!["u7"]),
        (r"b\c", vec!["u7"]),
        ("[d]", vec!["u7"]),
        ("'e", vec!["u7"]),
        ("*", vec![]),
        // A text reaches over the end of no name, email or user name.
        ("adaz@", vec![]),
        ("ada z@", vec![]),
        ("nobody", vec![]),
    ] {
        assert_eq!(ids(harness, &MemberQuery { text: text.into(), ..everybody() }).await, expected, "`{text}`");
    }
}

async fn people_can_be_listed_without_teams_and_everybody(harness: &Harness) {
    seed(harness).await;
    for (kind, id) in [("group", "crew"), ("user", "*")] {
        let mut member = member(id, "");
        member.subject = Subject::new(kind, id);
        harness.write(&[member_added(&member)]).await;
    }
    let without = |types: &[&str]| {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        MemberQuery { excluded_types: Some(types), ..everybody() }
    };
    for (query, many) in [
        (everybody(), 8),
        (without(&["group"]), 6),
        (without(&["group", "team"]), 6),
        (without(&["Group"]), 7),
        (without(&[]), 7),
        (without(&["group", "user"]), 0),
    ] {
        assert_eq!(ids(harness, &query).await.len(), many, "{query:?}");
    }
}

async fn a_list_returns_no_more_than_its_limit(harness: &Harness) {
    seed(harness).await;
    for (limit, expected) in
        [(0, vec![]), (1, vec!["u6"]), (2, vec!["u6", "u1"]), (5, vec!["u6", "u1", "u4", "u2", "u3"])]
    {
        assert_eq!(ids(harness, &MemberQuery { limit, ..everybody() }).await, expected);
    }
}
