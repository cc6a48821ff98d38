//! Lists of the members whom given scopes reach, with the grants by which they do.

use rollcall::service::ports::{MemberOrder, MemberQuery, MemberRecord, MemberScope, Store as _};
use rollcall_engine::{Change, Grant, MemberStatus, ResourceKey, Subject, Timestamp};

use super::{ORDERS, cursor, everybody, in_scopes, s1_scopes, staffed};
use crate::store_port::harness::{root, site};
use crate::store_port::model::grant;

#[tokio::test]
async fn the_grants_reported_are_those_of_the_scopes() {
    let harness = staffed().await;
    let grants = |records: Vec<MemberRecord>| records.into_iter().map(|record| record.grants).collect::<Vec<_>>();

    let query = MemberQuery { order: MemberOrder::Role, ..in_scopes(s1_scopes()) };
    let (records, _) = harness.store.list_members(&query).await.unwrap();
    assert_eq!(
        grants(records),
        [
            vec![grant(&root(), "admin")],
            vec![grant(&site("s1"), "editor"), grant(&root(), "admin")],
            vec![grant(&site("s1"), "editor"), grant(&site("s1"), "viewer")],
            vec![grant(&site("s1"), "viewer")],
        ]
    );

    let roles = ["admin", "user"].map(|role| MemberScope { resource: root(), role: role.into(), rank: 0 });
    let query = MemberQuery { everybody: true, ..in_scopes(roles.to_vec()) };
    let (records, _) = harness.store.list_members(&query).await.unwrap();
    assert_eq!(
        grants(records),
        [
            vec![],
            vec![],
            vec![],
            vec![grant(&root(), "admin")],
            vec![grant(&root(), "user")],
            vec![grant(&root(), "admin")],
        ]
    );
}

#[tokio::test]
async fn what_has_ended_makes_nobody_a_member() {
    let harness = staffed().await;
    let until = |end| Grant { expires_at: Some(Timestamp(end)), ..grant(&site("s2"), "viewer") };
    harness.write(&[Change::granted(&Subject::user("u1"), &until(100))]).await;
    harness.write(&[Change::granted(&Subject::user("u5"), &until(101))]).await;
    let scopes = vec![MemberScope { resource: site("s2"), role: "viewer".into(), rank: 0 }];
    for order in ORDERS {
        let query = MemberQuery { order, ..in_scopes(scopes.clone()) };
        let (found, _) = harness.store.list_members(&query).await.unwrap();
        let listed: Vec<_> =
            found.iter().map(|found| (found.member.subject.id.as_str(), found.grants.clone())).collect();
        assert!(listed.contains(&("u5", vec![until(101)])), "{listed:?}");
        assert!(!listed.iter().any(|(id, _)| *id == "u1"), "{listed:?}");
    }
}

#[tokio::test]
async fn team_grants_narrow_the_list_besides_its_scopes() {
    let harness = staffed().await;
    let until = |end| Grant { expires_at: Some(Timestamp(end)), ..grant(&site("s2"), "viewer") };
    let ending = [("u1", 100), ("u5", 101)].map(|(id, end)| Change::granted(&Subject::user(id), &until(end)));
    harness.write(&ending).await;
    let crew = |roles: &[(ResourceKey, &str)], query: MemberQuery<'static>| MemberQuery {
        team_grants: Some(roles.iter().map(|(at, role)| (at.clone(), (*role).to_owned())).collect()),
        ..query
    };
    let (s2, ops) = ([(site("s2"), "editor"), (site("s2"), "viewer")], [(site("s2"), "editor"), (root(), "user")]);
    let active = || MemberQuery { statuses: vec![MemberStatus::Active], ..everybody() };
    for (query, expected) in [
        (crew(&s2, everybody()), &["u4", "u5"][..]),
        (crew(&ops, everybody()), &["u4", "u3"]),
        (crew(&ops, active()), &["u3"]),
        (crew(&s2, in_scopes(s1_scopes())), &["u5"]),
        (crew(&ops, in_scopes(s1_scopes())), &["u3"]),
        (crew(&s2, in_scopes(vec![])), &[]),
        (crew(&[], everybody()), &[]),
    ] {
        let (found, _) = harness.store.list_members(&query).await.unwrap();
        let ids: Vec<_> = found.iter().map(|found| found.member.subject.id.as_str()).collect();
        assert_eq!(ids, expected, "{query:?}");
    }
    let (found, _) = harness.store.list_members(&crew(&s2, in_scopes(s1_scopes()))).await.unwrap();
    assert_eq!(
        found[0].grants,
        [grant(&site("s1"), "editor"), grant(&root(), "admin")],
        "and no other grants are reported"
    );

    let query = MemberQuery { limit: 1, ..crew(&s2, everybody()) };
    for order in ORDERS {
        let mut query = MemberQuery { order, ..query.clone() };
        let mut paged = Vec::new();
        while let Some(last) = harness.store.list_members(&query).await.unwrap().0.pop() {
            query.after = Some(cursor(&query, &last));
            paged.push(last.member.subject.id);
        }
        paged.sort();
        assert_eq!(paged, ["u4", "u5"], "{order:?}");
    }
}
