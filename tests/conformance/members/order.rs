//! The orders of a list of members, and who goes first among equals.

use rollcall::service::ports::{MemberOrder, MemberQuery};
use rollcall_engine::{Member, MemberStatus, Subject};

use super::{everybody, ids, in_scopes, list, person, s1_scopes, seed};
use crate::{
    changes::{member, member_added},
    harness::Harness,
};

conformance! {
    each_order_sorts_by_its_value:
        "Snapshot::list_members: A page of members, at most `query.limit` of them in the order of `query.order`.",
        "MemberQuery::order: What to sort by; ties go by subject type and id, bytewise.",
        "MemberScope::rank: The sort value of a holder in `MemberOrder::Role`, below `Self::NO_RANK`; a member sorts \
         by their smallest.",
        "MemberScope::NO_RANK: The rank of a member who holds no binding that counts.",
        "MemberOrder: The orders in which members can be listed; ties go by subject type and id, bytewise.",
        "MemberOrder::Name: By display name in lower case, bytewise; an empty one first.",
        "MemberOrder::Email: By email, bytewise; those without one first.",
        "MemberOrder::Role: By the smallest `MemberScope::rank` of the bindings held; with none by \
         `MemberScope::NO_RANK`, last.",
        "MemberOrder::Status: By the number of the status, `MemberStatus::code`.",
        "MemberOrder::sorts_by_text: Whether the value that members are sorted by is text rather than a number.";
    texts_are_sorted_bytewise:
        "store: Strings are compared bytewise, with case: never by a locale or a database's collation.",
        "MemberOrder::Name: By display name in lower case, bytewise; an empty one first.",
        "MemberOrder::Email: By email, bytewise; those without one first.";
    equals_go_by_subject_bytewise:
        "store: Strings are compared bytewise, with case: never by a locale or a database's collation.",
        "MemberQuery::order: What to sort by; ties go by subject type and id, bytewise.",
        "MemberOrder: The orders in which members can be listed; ties go by subject type and id, bytewise.";
}

async fn each_order_sorts_by_its_value(harness: &Harness) {
    seed(harness).await;
    let all_ranked = || MemberQuery { everybody: true, ..in_scopes(s1_scopes()) };
    let cases = [
        (MemberOrder::Name, everybody(), vec!["u6", "u1", "u4", "u2", "u3", "u5"]),
        (MemberOrder::Email, everybody(), vec!["u2", "u4", "u3", "u6", "u5", "u1"]),
        (MemberOrder::Status, everybody(), vec!["u4", "u1", "u3", "u5", "u6", "u2"]),
        (MemberOrder::Role, everybody(), vec!["u1", "u2", "u3", "u4", "u5", "u6"]),
        (MemberOrder::Role, all_ranked(), vec!["u2", "u5", "u1", "u3", "u4", "u6"]),
        (MemberOrder::Role, in_scopes(s1_scopes()), vec!["u2", "u5", "u1", "u3"]),
        (MemberOrder::Name, in_scopes(s1_scopes()), vec!["u1", "u2", "u3", "u5"]),
    ];
    for (order, query, expected) in cases {
        assert_eq!(order.sorts_by_text(), matches!(order, MemberOrder::Name | MemberOrder::Email));
        let query = MemberQuery { order, ..query };
        assert_eq!(ids(harness, &query).await, expected, "{query:?}");
    }
}

async fn texts_are_sorted_bytewise(harness: &Harness) {
    // In the order of their names, and of their emails.
    let people = [
        ("a", "", None),
        ("b", "-x", Some("-x@x.y")),
        ("c", "A", Some("A@x.y")),
        ("d", "a b", Some("a b@x.y")),
        ("e", "a-b", Some("a-b@x.y")),
        ("f", "ab", Some("a@x.y")),
        ("g", "Z", Some("ab@x.y")),
        ("h", "ÄB", Some("b@x.y")),
        ("i", "äc", Some("z@x.y")),
        ("j", "Ω", Some("ä@x.y")),
        ("k", "日", Some("é@x.y")),
        ("l", "𝔘", Some("日@x.y")),
    ];
    let member = |(id, name, email): &(&str, &str, Option<&str>)| person(id, name, *email, MemberStatus::Active);
    // Written the other way round, so that no order is that of their coming.
    let changes: Vec<_> = people.iter().rev().map(|named| member_added(&member(named))).collect();
    harness.write(&changes).await;
    let expected: Vec<&str> = people.iter().map(|(id, ..)| *id).collect();
    for order in [MemberOrder::Name, MemberOrder::Email] {
        assert_eq!(ids(harness, &MemberQuery { order, ..everybody() }).await, expected, "{order:?}");
    }
}

async fn equals_go_by_subject_bytewise(harness: &Harness) {
    let subjects = [
        ("Group", "z"),
        ("group", "a"),
        ("user", "*"),
        ("user", "B"),
        ("user", "a"),
        ("user", "a-1"),
        ("user", "a1"),
        ("user", "aa"),
        ("user", "ä"),
        ("user", "日"),
    ];
    let subjects = subjects.map(|(kind, id)| Subject::new(kind, id));
    let members = subjects.iter().rev().map(|subject| Member { subject: subject.clone(), ..member("", "Same") });
    let changes: Vec<_> = members.map(|member| member_added(&member)).collect();
    harness.write(&changes).await;
    for order in super::ORDERS {
        let found = list(harness, &MemberQuery { order, ..everybody() }).await;
        let found: Vec<Subject> = found.into_iter().map(|record| record.member.subject).collect();
        assert_eq!(found, subjects, "{order:?}");
    }
}
