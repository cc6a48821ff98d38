//! Lists of the members whom given scopes reach, with the grants by which they do.

use rollcall::service::ports::{MemberOrder, MemberQuery, MemberScope};
use rollcall_engine::{Grant, MemberStatus, ResourceKey, Timestamp};

use super::{ORDERS, cursor, everybody, ids, in_scopes, list, s1_scopes, seed};
use crate::{
    changes::{granted_until, root, site},
    harness::Harness,
    model::grant,
};

conformance! {
    the_grants_that_are_returned_are_those_of_the_scopes:
        "MemberRecord::grants: Their grants, or those that a query asked for, by resource type, resource id and role.",
        "MemberQuery::scopes: The bindings that count: unless `everybody` is set a member must hold one of them, and \
         those held are returned.",
        "MemberQuery::scopes: Empty: nobody is listed unless `everybody` is set, and no grant is returned.";
    a_scope_is_a_role_at_a_resource_as_it_is:
        "MemberScope: A binding whose holders count as members of the requested resource.",
        "MemberScope::resource: The resource at which the role is bound.",
        "MemberScope::role: The role's short name, without its type.";
    what_has_ended_makes_nobody_a_member:
        "MemberQuery::now: Bindings that end at or before this instant count as not held.";
    team_grants_narrow_the_list_besides_its_scopes:
        "MemberQuery::team_grants: Only members who also hold one of these roles, given by resource and short name.",
        "MemberQuery::team_grants: None: all; empty: nobody.";
    a_list_over_thousands_of_resources_is_returned:
        "MemberQuery::scopes: The bindings that count: unless `everybody` is set a member must hold one of them, and \
         those held are returned.",
        "MemberQuery::team_grants: Only members who also hold one of these roles, given by resource and short name.";
}

async fn grants(harness: &Harness, query: &MemberQuery) -> Vec<Vec<Grant>> {
    list(harness, query).await.into_iter().map(|record| record.plain_grants()).collect()
}

async fn the_grants_that_are_returned_are_those_of_the_scopes(harness: &Harness) {
    seed(harness).await;
    let query = MemberQuery { order: MemberOrder::Role, ..in_scopes(s1_scopes()) };
    assert_eq!(
        grants(harness, &query).await,
        [
            vec![grant(&root(), "admin")],
            vec![grant(&site("s1"), "editor"), grant(&root(), "admin")],
            vec![grant(&site("s1"), "editor"), grant(&site("s1"), "viewer")],
            vec![grant(&site("s1"), "viewer")],
        ]
    );
    let roles = ["admin", "user"].map(|role| MemberScope { resource: root(), role: role.into(), rank: 0 });
    let query = MemberQuery { everybody: true, ..in_scopes(roles.to_vec()) };
    let [admin, user] = [vec![grant(&root(), "admin")], vec![grant(&root(), "user")]];
    assert_eq!(grants(harness, &query).await, [vec![], vec![], vec![], admin.clone(), user, admin]);
    assert_eq!(grants(harness, &everybody()).await, vec![Vec::<Grant>::new(); 6], "no scopes, no grants");
}

async fn a_scope_is_a_role_at_a_resource_as_it_is(harness: &Harness) {
    seed(harness).await;
    for (resource, role, expected) in [
        (site("s1"), "viewer", vec!["u1", "u3"]),
        (site("s1"), "Viewer", vec![]),
        (site("s1"), "job_site.viewer", vec![]),
        (site("S1"), "viewer", vec![]),
        (site("s"), "viewer", vec![]),
        (ResourceKey::new("workspace", "s1"), "viewer", vec![]),
        (root(), "admin", vec!["u2", "u5"]),
    ] {
        let query = in_scopes(vec![MemberScope { resource, role: role.into(), rank: 0 }]);
        assert_eq!(ids(harness, &query).await, expected, "{query:?}");
    }
}

async fn what_has_ended_makes_nobody_a_member(harness: &Harness) {
    seed(harness).await;
    harness.write(&[granted_until("u1", &site("s2"), "viewer", 100)]).await;
    harness.write(&[granted_until("u5", &site("s2"), "viewer", 101)]).await;
    let until = Grant { expires_at: Some(Timestamp(101)), ..grant(&site("s2"), "viewer") };
    let scopes = vec![MemberScope { resource: site("s2"), role: "viewer".into(), rank: 0 }];
    for order in ORDERS {
        let query = MemberQuery { order, ..in_scopes(scopes.clone()) };
        let found = list(harness, &query).await;
        let found: Vec<_> =
            found.iter().map(|found| (found.member.subject.id.as_str(), found.plain_grants())).collect();
        assert_eq!(found, [("u5", vec![until.clone()])], "{order:?}");
        let earlier = MemberQuery { now: Timestamp(99), ..query };
        assert_eq!(list(harness, &earlier).await.len(), 2, "{order:?}");
    }
    // Nor does it rank them: by now `u1` has only what is behind.
    let ranked = vec![
        MemberScope { resource: site("s2"), role: "viewer".into(), rank: 1 },
        MemberScope { resource: site("s1"), role: "viewer".into(), rank: 3 },
        MemberScope { resource: root(), role: "user".into(), rank: 2 },
    ];
    let query = MemberQuery { order: MemberOrder::Role, ..in_scopes(ranked) };
    assert_eq!(ids(harness, &query).await, ["u5", "u3", "u1"]);
}

async fn team_grants_narrow_the_list_besides_its_scopes(harness: &Harness) {
    seed(harness).await;
    let ending = [("u1", 100), ("u5", 101)].map(|(id, end)| granted_until(id, &site("s2"), "viewer", end));
    harness.write(&ending).await;
    let crew = |roles: &[(ResourceKey, &str)], query: MemberQuery| MemberQuery {
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
        assert_eq!(ids(harness, &query).await, expected, "{query:?}");
    }
    let found = list(harness, &crew(&s2, in_scopes(s1_scopes()))).await;
    let expected = [grant(&site("s1"), "editor"), grant(&root(), "admin")];
    assert_eq!(found[0].plain_grants(), expected, "and no other grants are returned");

    let revision = harness.snapshot().await.head().revision;
    for order in ORDERS {
        let mut query = MemberQuery { order, limit: 1, ..crew(&s2, everybody()) };
        let mut paged = Vec::new();
        loop {
            let page = list(harness, &query).await;
            if page.is_empty() {
                break;
            }
            paged.extend(page);
            query.after = Some(cursor(&query, &paged, revision));
        }
        let mut paged: Vec<_> = paged.into_iter().map(|record| record.member.subject.id).collect();
        paged.sort();
        assert_eq!(paged, ["u4", "u5"], "{order:?}");
    }
}

async fn a_list_over_thousands_of_resources_is_returned(harness: &Harness) {
    seed(harness).await;
    let far = |number: usize| (site(&format!("far-{number}")), ["editor", "viewer"][number % 2].to_owned());
    let mut scopes: Vec<_> =
        (0..3000).map(far).map(|(resource, role)| MemberScope { resource, role, rank: 9 }).collect();
    scopes.extend(s1_scopes());
    let query = MemberQuery { order: MemberOrder::Role, ..in_scopes(scopes) };
    assert_eq!(ids(harness, &query).await, ["u2", "u5", "u1", "u3"]);
    let team_grants = Some((0..3000).map(far).chain([(root(), "user".to_owned())]).collect());
    assert_eq!(ids(harness, &MemberQuery { team_grants, ..query }).await, ["u3"]);
}
