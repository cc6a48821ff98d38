//! The order of a list of members, and the filters that narrow it.

use rollcall::service::ports::{MemberOrder, MemberQuery, MemberScope, Store as _};
use rollcall_engine::{MemberStatus, Revision, Subject};

use super::{everybody, ids, in_scopes, s1_scopes, staffed};
use crate::store_port::harness::{member, member_added, site};

#[tokio::test]
async fn each_order_sorts_by_its_value_then_subject() {
    let harness = staffed().await;
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
        let query = MemberQuery { order, ..query };
        assert_eq!(ids(&harness, &query).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn filters_narrow_the_list() {
    use MemberStatus::{Active, Deactivated, Invited};
    let harness = staffed().await;
    let all = everybody;
    let text = |text: &str| MemberQuery { text: text.into(), ..everybody() };
    let editors = vec![MemberScope { resource: site("s1"), role: "editor".into(), rank: 0 }];
    let cases = [
        (MemberQuery { statuses: vec![Active], ..all() }, vec!["u6", "u1", "u3", "u5"]),
        (MemberQuery { statuses: vec![Invited, Deactivated], ..all() }, vec!["u4", "u2"]),
        (text("ada"), vec!["u1", "u4"]),
        (text("éva"), vec!["u5"]),
        (text("x.y"), vec!["u6", "u1", "u3", "u5"]),
        (text("u2_log"), vec!["u2"]),
        (text("100%"), vec!["u3"]),
        (text("b_c"), vec!["u6"]),
        (text("1%0"), vec![]),
        (text("u__login"), vec![]),
        (text("!"), vec![]),
        (in_scopes(editors), vec!["u1", "u5"]),
        (in_scopes(vec![]), vec![]),
        (MemberQuery { statuses: vec![Active], text: "a".into(), ..in_scopes(s1_scopes()) }, vec!["u1", "u3", "u5"]),
        (MemberQuery { limit: 2, ..all() }, vec!["u6", "u1"]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&harness, &query).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn people_can_be_listed_without_teams_and_everybody() {
    let harness = staffed().await;
    for (kind, id) in [("group", "crew"), ("user", "*")] {
        let mut member = member(id, "");
        member.subject = Subject::new(kind, id);
        harness.write(&[member_added(&member)]).await;
    }
    let people = MemberQuery { excluded_types: Some(vec!["group".into()]), ..everybody() };
    for (query, many) in [(everybody(), 8), (people, 6)] {
        assert_eq!(harness.store.list_members(&query).await.unwrap().0.len(), many);
    }
}

#[tokio::test]
async fn an_unknown_tenant_has_an_empty_list() {
    let harness = staffed().await;
    let (records, revision) =
        harness.store.list_members(&MemberQuery { tenant: "globex", ..everybody() }).await.unwrap();
    assert_eq!((records.len(), revision), (0, Revision(0)));
}
