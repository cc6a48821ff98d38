//! The drive of folders and groups that these tests share, and short readers of decisions, roles and lists.

use rollcall::proto::{CheckRequest, CheckResponse, ListedMember, Membership};

use crate::support::{
    TestServer, WireTenant,
    fixture::{TenantFixture, tenant},
};

/// The drive `acme` with a folder `plans` and the groups `crew` and `night`, all made by `ada`.
pub(crate) fn drive() -> TenantFixture {
    tenant("folders").person("ada", "admin").resource("folder:plans").resource("group:crew").resource("group:night")
}

/// A server with these further settings and the drive, in which `gwen` keeps the group `crew` and `carl` is in it;
/// `omar` and `ada` are members.
pub(crate) async fn start(settings: &[&str]) -> (TestServer, WireTenant) {
    let (fixture, policies) = (drive(), drive().policies());
    let mut all = vec![policies.as_str()];
    all.extend(settings);
    let server = TestServer::with(&all).await;
    let drive = fixture.wire_on(&server.api).await;
    for person in ["gwen", "carl", "omar"] {
        join(&drive, person).await;
    }
    drive.does(drive.invite("ada", "gwen", "group:crew", "keeper")).await;
    drive.does(drive.invite("gwen", "carl", "group:crew", "person")).await;
    (server, drive)
}

/// Somebody new becomes a plain member, by way of a folder that they then leave.
pub(crate) async fn join(drive: &WireTenant, person: &str) {
    drive.join_at("ada", &[person], "folder:plans", "poster").await;
    drive.does(drive.remove(person, person, "folder:plans")).await;
}

/// A decision with its explanation.
pub(crate) async fn explained(drive: &WireTenant, subject: &str, action: &str, resource: &str) -> CheckResponse {
    let question = CheckRequest { explain: true, ..drive.question(subject, action, resource) };
    drive.api.check(question).await.expect("well formed")
}

/// The roles that a person has through teams, as `TEAM: ROLE at RESOURCE_ID`.
pub(crate) async fn through_teams(drive: &WireTenant, person: &str) -> Vec<String> {
    let found = drive.member(person).await.expect("a member").memberships;
    let line = |membership: Membership| {
        format!("{}: {} at {}", membership.through.unwrap().id, membership.role, membership.resource.unwrap().id)
    };
    found.into_iter().filter(|membership| membership.through.is_some()).map(line).collect()
}

/// The members listed at a resource with their roles, as `MEMBER: ROLE by TEAM, …`, sorted.
pub(crate) async fn listed(drive: &WireTenant, resource: &str) -> Vec<String> {
    let page = drive.api.list_members(drive.members_at(resource)).await.expect("well formed");
    let line = |member: ListedMember| {
        let subject = member.member.unwrap().subject.unwrap();
        let roles = member.memberships.into_iter().map(|membership| {
            let through = membership.through.map_or(String::new(), |team| format!(" by {}", team.id));
            format!("{}{through}", membership.role)
        });
        format!("{}: {}", subject.id, roles.collect::<Vec<_>>().join(", "))
    };
    let mut lines: Vec<String> = page.members.into_iter().map(line).collect();
    lines.sort();
    lines
}
