use rollcall::service::ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, Store as _};
use rollcall_engine::{Change, Grant, Member, MemberStatus, ResourceKey, Revision, Subject, Timestamp};

use crate::facts::grant;
use crate::harness::{ACME, Harness, granted, member, member_added, resource_created, root, site};

const ORDERS: [MemberOrder; 4] = [MemberOrder::Name, MemberOrder::Email, MemberOrder::Role, MemberOrder::Status];

fn everybody() -> MemberQuery<'static> {
    MemberQuery {
        tenant: ACME,
        reach: vec![],
        everybody: true,
        belonging: None,
        people_but: None,
        now: Timestamp(100),
        statuses: vec![],
        text: String::new(),
        order: MemberOrder::Name,
        after: None,
        limit: 100,
    }
}

fn reaching(reach: Vec<MemberScope>) -> MemberQuery<'static> {
    MemberQuery { reach, everybody: false, ..everybody() }
}

/// Those whom job site `s1` knows: admins of the workspace, then its own editors and viewers.
fn of_s1() -> Vec<MemberScope> {
    vec![
        MemberScope { resource: root(), role: "admin".into(), rank: 0 },
        MemberScope { resource: site("s1"), role: "editor".into(), rank: 1 },
        MemberScope { resource: site("s1"), role: "viewer".into(), rank: 2 },
    ]
}

fn person(id: &str, name: &str, email: Option<&str>, status: MemberStatus) -> Member {
    let mut person = member(id, name);
    person.profile.email = email.map(Into::into);
    person.profile.username = Some(format!("{id}_login"));
    person.status = status;
    person
}

async fn staffed() -> Harness {
    use MemberStatus::{Active, Deactivated, Invited};
    let harness = Harness::with_acme().await;
    let people = [
        person("u1", "ada", Some("z@x.y"), Active),
        person("u2", "Bo", None, Deactivated),
        person("u3", "Cy 100%", Some("a@x.y"), Active),
        person("u4", "Ada", None, Invited),
        person("u5", "Éva", Some("m@x.y"), Active),
        person("u6", "", Some("b_c@x.y"), Active),
    ];
    let mut changes = vec![resource_created(&site("s1"), None), resource_created(&site("s2"), None)];
    changes.extend(people.iter().map(member_added));
    changes.extend([
        granted("u1", &site("s1"), "viewer"),
        granted("u1", &site("s1"), "editor"),
        granted("u2", &root(), "admin"),
        granted("u3", &root(), "user"),
        granted("u3", &site("s1"), "viewer"),
        granted("u4", &site("s2"), "editor"),
        granted("u5", &site("s1"), "editor"),
        granted("u5", &root(), "admin"),
    ]);
    harness.write(&changes).await;
    harness
}

async fn ids(harness: &Harness, query: &MemberQuery<'_>) -> Vec<String> {
    let (records, revision) = harness.store.list_members(query).await.unwrap();
    assert_eq!(revision, Revision(2));
    records.into_iter().map(|record| record.member.subject.id).collect()
}

#[tokio::test]
async fn each_order_sorts_by_its_value_then_subject() {
    let harness = staffed().await;
    let all_ranked = || MemberQuery { everybody: true, ..reaching(of_s1()) };
    let cases = [
        (MemberOrder::Name, everybody(), vec!["u6", "u1", "u4", "u2", "u3", "u5"]),
        (MemberOrder::Email, everybody(), vec!["u2", "u4", "u3", "u6", "u5", "u1"]),
        (MemberOrder::Status, everybody(), vec!["u4", "u1", "u3", "u5", "u6", "u2"]),
        (MemberOrder::Role, everybody(), vec!["u1", "u2", "u3", "u4", "u5", "u6"]),
        (MemberOrder::Role, all_ranked(), vec!["u2", "u5", "u1", "u3", "u4", "u6"]),
        (MemberOrder::Role, reaching(of_s1()), vec!["u2", "u5", "u1", "u3"]),
        (MemberOrder::Name, reaching(of_s1()), vec!["u1", "u2", "u3", "u5"]),
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
        (reaching(editors), vec!["u1", "u5"]),
        (reaching(vec![]), vec![]),
        (MemberQuery { statuses: vec![Active], text: "a".into(), ..reaching(of_s1()) }, vec!["u1", "u3", "u5"]),
        (MemberQuery { limit: 2, ..all() }, vec!["u6", "u1"]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&harness, &query).await, expected, "{query:?}");
    }
}

#[tokio::test]
async fn the_bindings_told_are_those_asked_about() {
    let harness = staffed().await;
    let held = |records: Vec<MemberRecord>| records.into_iter().map(|record| record.held).collect::<Vec<_>>();

    let query = MemberQuery { order: MemberOrder::Role, ..reaching(of_s1()) };
    let (records, _) = harness.store.list_members(&query).await.unwrap();
    assert_eq!(
        held(records),
        [
            vec![grant(&root(), "admin")],
            vec![grant(&site("s1"), "editor"), grant(&root(), "admin")],
            vec![grant(&site("s1"), "editor"), grant(&site("s1"), "viewer")],
            vec![grant(&site("s1"), "viewer")],
        ]
    );

    let roles = ["admin", "user"].map(|role| MemberScope { resource: root(), role: role.into(), rank: 0 });
    let query = MemberQuery { everybody: true, ..reaching(roles.to_vec()) };
    let (records, _) = harness.store.list_members(&query).await.unwrap();
    assert_eq!(
        held(records),
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
async fn an_unknown_tenant_has_an_empty_list() {
    let harness = staffed().await;
    let (records, revision) =
        harness.store.list_members(&MemberQuery { tenant: "globex", ..everybody() }).await.unwrap();
    assert_eq!((records.len(), revision), (0, Revision(0)));
}

/// The cursor that a caller makes of the last member of a page.
fn cursor(query: &MemberQuery<'_>, last: &MemberRecord) -> MemberCursor {
    let Member { subject, profile, status, .. } = &last.member;
    let value = match query.order {
        MemberOrder::Name => profile.display_name.to_lowercase(),
        MemberOrder::Email => profile.email.clone().unwrap_or_default(),
        MemberOrder::Status => status.code().to_string(),
        MemberOrder::Role => {
            let held = query.reach.iter().filter(|reach| last.held.contains(&grant(&reach.resource, &reach.role)));
            held.map(|reach| reach.rank).min().unwrap_or(MemberScope::NO_RANK).to_string()
        }
    };
    MemberCursor { value, subject: subject.clone() }
}

#[tokio::test]
async fn pages_neither_repeat_nor_lose_members() {
    let harness = Harness::with_acme().await;
    let mut changes = vec![resource_created(&site("s1"), None)];
    for n in 0..97_usize {
        let status = [MemberStatus::Active, MemberStatus::Invited, MemberStatus::Deactivated][n % 3];
        let email = (n % 4 != 0).then(|| format!("{}-{n}@x.y", n % 5));
        let id = format!("u{n}");
        changes.push(member_added(&person(&id, &format!("Name {}", n % 7), email.as_deref(), status)));
        if n % 2 == 0 {
            changes.push(granted(&id, &site("s1"), ["editor", "viewer"][n / 2 % 2]));
        }
        if n % 5 == 0 {
            changes.push(granted(&id, &root(), "admin"));
        }
    }
    harness.write(&changes).await;
    for order in ORDERS {
        for all in [everybody(), reaching(of_s1()), MemberQuery { everybody: true, ..reaching(of_s1()) }] {
            let all = MemberQuery { order, limit: 1000, ..all };
            let whole = ids(&harness, &all).await;
            assert_eq!(whole.len(), if all.everybody { 97 } else { 59 });

            let mut query = MemberQuery { limit: 7, ..all };
            let mut paged = Vec::new();
            loop {
                let (records, _) = harness.store.list_members(&query).await.unwrap();
                let Some(last) = records.last() else { break };
                query.after = Some(cursor(&query, last));
                paged.extend(records.into_iter().map(|record| record.member.subject.id));
            }
            assert_eq!(paged, whole, "{query:?}");
        }
    }
}

#[tokio::test]
async fn a_reach_of_thousands_of_places_is_answered() {
    let harness = staffed().await;
    let mut reach: Vec<_> = (0..3000)
        .map(|n| MemberScope { resource: site(&format!("far-{n}")), role: ["editor", "viewer"][n % 2].into(), rank: 9 })
        .collect();
    reach.extend(of_s1());
    let query = MemberQuery { order: MemberOrder::Role, ..reaching(reach) };
    assert_eq!(ids(&harness, &query).await, ["u2", "u5", "u1", "u3"]);
}

#[tokio::test]
async fn what_has_ended_makes_nobody_a_member() {
    let harness = staffed().await;
    let until = |end| Grant { expires_at: Some(Timestamp(end)), ..grant(&site("s2"), "viewer") };
    harness.write(&[Change::granted(&Subject::user("u1"), &until(100))]).await;
    harness.write(&[Change::granted(&Subject::user("u5"), &until(101))]).await;
    let reach = vec![MemberScope { resource: site("s2"), role: "viewer".into(), rank: 0 }];
    for order in ORDERS {
        let query = MemberQuery { order, ..reaching(reach.clone()) };
        let (found, _) = harness.store.list_members(&query).await.unwrap();
        let held: Vec<_> = found.iter().map(|found| (found.member.subject.id.as_str(), found.held.clone())).collect();
        assert!(held.contains(&("u5", vec![until(101)])), "{held:?}");
        assert!(!held.iter().any(|(id, _)| *id == "u1"), "{held:?}");
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
    let people = MemberQuery { people_but: Some(vec!["group".into()]), ..everybody() };
    for (query, many) in [(everybody(), 8), (people, 6)] {
        assert_eq!(harness.store.list_members(&query).await.unwrap().0.len(), many);
    }
}

#[tokio::test]
async fn who_belongs_is_asked_besides_whatever_makes_them_count() {
    let harness = staffed().await;
    let until = |end| Grant { expires_at: Some(Timestamp(end)), ..grant(&site("s2"), "viewer") };
    let ending = [("u1", 100), ("u5", 101)].map(|(id, end)| Change::granted(&Subject::user(id), &until(end)));
    harness.write(&ending).await;
    let crew = |roles: &[(ResourceKey, &str)], query: MemberQuery<'static>| MemberQuery {
        belonging: Some(roles.iter().map(|(at, role)| (at.clone(), (*role).to_owned())).collect()),
        ..query
    };
    let (s2, ops) = ([(site("s2"), "editor"), (site("s2"), "viewer")], [(site("s2"), "editor"), (root(), "user")]);
    let active = || MemberQuery { statuses: vec![MemberStatus::Active], ..everybody() };
    for (query, expected) in [
        (crew(&s2, everybody()), &["u4", "u5"][..]),
        (crew(&ops, everybody()), &["u4", "u3"]),
        (crew(&ops, active()), &["u3"]),
        (crew(&s2, reaching(of_s1())), &["u5"]),
        (crew(&ops, reaching(of_s1())), &["u3"]),
        (crew(&s2, reaching(vec![])), &[]),
        (crew(&[], everybody()), &[]),
    ] {
        let (found, _) = harness.store.list_members(&query).await.unwrap();
        let ids: Vec<_> = found.iter().map(|found| found.member.subject.id.as_str()).collect();
        assert_eq!(ids, expected, "{query:?}");
    }
    let (found, _) = harness.store.list_members(&crew(&s2, reaching(of_s1()))).await.unwrap();
    assert_eq!(found[0].held, [grant(&site("s1"), "editor"), grant(&root(), "admin")], "and nothing more is told");

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
