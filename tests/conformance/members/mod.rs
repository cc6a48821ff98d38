//! Pages of members as the store lists them: their order, their filters, and none lost or repeated.

pub mod filters;
pub mod order;
pub mod pages;
pub mod positions;
pub mod scopes;

use rollcall::service::ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope};
use rollcall_engine::{Grant, Member, MemberStatus, Revision, Timestamp};

use crate::{
    changes::{granted, member, member_added, resource_created, root, site},
    harness::Harness,
    model::grant,
};

const ORDERS: [MemberOrder; 4] = [MemberOrder::Name, MemberOrder::Email, MemberOrder::Role, MemberOrder::Status];

/// Every member of `acme`, by name.
fn everybody() -> MemberQuery {
    MemberQuery {
        scopes: vec![],
        everybody: true,
        team_grants: None,
        excluded_types: None,
        now: Timestamp(100),
        statuses: vec![],
        text: String::new(),
        order: MemberOrder::Name,
        after: None,
        limit: 1000,
    }
}

/// The members whom these scopes reach.
fn in_scopes(scopes: Vec<MemberScope>) -> MemberQuery {
    MemberQuery { scopes, everybody: false, ..everybody() }
}

/// The scopes that make somebody a member at job site `s1`: admin of the workspace, then editor and viewer of the site.
fn s1_scopes() -> Vec<MemberScope> {
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

/// Writes six members, some with roles at the root and at the job sites `s1` and `s2`.
async fn seed(harness: &Harness) {
    use MemberStatus::{Active, Deactivated, Invited};
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
}

async fn list(harness: &Harness, query: &MemberQuery) -> Vec<MemberRecord> {
    harness.snapshot().await.list_members(query).await.unwrap()
}

async fn ids(harness: &Harness, query: &MemberQuery) -> Vec<String> {
    list(harness, query).await.into_iter().map(|record| record.member.subject.id).collect()
}

/// The position after all that was returned so far, as a caller makes it.
fn cursor(query: &MemberQuery, returned: &[MemberRecord], revision: Revision) -> MemberCursor {
    let last = returned.last().expect("a page was returned");
    let number = match query.order {
        MemberOrder::Name | MemberOrder::Email => None,
        MemberOrder::Status => Some(i32::from(last.member.status.code())),
        MemberOrder::Role => {
            let has = |scope: &&MemberScope| last.grants.iter().any(|assigned| is_in(assigned, scope));
            Some(query.scopes.iter().filter(has).map(|scope| scope.rank).min().unwrap_or(MemberScope::NO_RANK))
        }
    };
    let last = returned.iter().rev().take(MemberCursor::ANCHORS).map(|record| record.id.clone()).collect();
    MemberCursor { last, number, revision }
}

fn is_in(assigned: &Grant, scope: &MemberScope) -> bool {
    assigned.is_same_role(&grant(&scope.resource, &scope.role))
}
