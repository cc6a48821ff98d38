//! Pages of members as the store lists them: their order, their filters, and none lost or repeated.

mod filters;
mod pages;
mod scopes;

use rollcall::service::ports::{MemberCursor, MemberOrder, MemberQuery, MemberRecord, MemberScope, Store as _};
use rollcall_engine::{Member, MemberStatus, Revision, Timestamp};

use crate::store_port::harness::{ACME, Harness, granted, member, member_added, resource_created, root, site};
use crate::store_port::model::grant;

const ORDERS: [MemberOrder; 4] = [MemberOrder::Name, MemberOrder::Email, MemberOrder::Role, MemberOrder::Status];

/// Every member of `acme`, by name.
fn everybody() -> MemberQuery<'static> {
    MemberQuery {
        tenant: ACME,
        scopes: vec![],
        everybody: true,
        team_grants: None,
        excluded_types: None,
        now: Timestamp(100),
        statuses: vec![],
        text: String::new(),
        order: MemberOrder::Name,
        after: None,
        limit: 100,
    }
}

/// The members whom these scopes reach.
fn in_scopes(scopes: Vec<MemberScope>) -> MemberQuery<'static> {
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

/// Six members, some with roles at the root and at the job sites `s1` and `s2`.
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

/// The cursor that a caller makes of the last member of a page.
fn cursor(query: &MemberQuery<'_>, last: &MemberRecord) -> MemberCursor {
    let Member { subject, profile, status, .. } = &last.member;
    let value = match query.order {
        MemberOrder::Name => profile.display_name.to_lowercase(),
        MemberOrder::Email => profile.email.clone().unwrap_or_default(),
        MemberOrder::Status => status.code().to_string(),
        MemberOrder::Role => {
            let matching =
                query.scopes.iter().filter(|scope| last.grants.contains(&grant(&scope.resource, &scope.role)));
            matching.map(|scope| scope.rank).min().unwrap_or(MemberScope::NO_RANK).to_string()
        }
    };
    MemberCursor { value, subject: subject.clone() }
}
