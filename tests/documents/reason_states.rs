//! Provokes the reasons that need another policy than `lumicon`: the life of resources, teams, several roles at once, and
//! what callers may not send yet.

use rollcall::{proto::CreateResourceRequest, service::ports::StoreError};
use rollcall_engine::MAX_TEAM_DEPTH;

use crate::{
    reason_table::ReasonTable,
    support::{TestServer, WireTenant, Write, fixture::tenant, subject, wire_tenant::DEPOT},
};

/// Resources that are moved, archived and given away, and members who are not active.
pub async fn lives(reasons: &ReasonTable) {
    let server = TestServer::with(DEPOT).await;
    let depot = WireTenant::depot(&server.api, "acme", &["hal", "ida", "joe"]).await;
    for (at, parent) in [("box:a", "depot:"), ("box:b", "box:a")] {
        depot.does(depot.create("ada", at, parent)).await;
    }
    reasons.check_write("RESOURCE_CYCLE", &depot, depot.put("ada", "box:a", "box:b")).await;
    reasons.check_write("PARENT_UNCHANGED", &depot, depot.put("ada", "box:b", "box:a")).await;
    reasons.check_write("OWNER_UNCHANGED", &depot, depot.give("ada", "box:a", "ada")).await;
    reasons.check_write("NOT_ARCHIVED", &depot, depot.restore("ada", "box:a")).await;
    depot.does(depot.archive("ada", "box:a")).await;
    reasons.check_write("ALREADY_ARCHIVED", &depot, depot.archive("ada", "box:a")).await;
    reasons.check_write("RESOURCE_ARCHIVED", &depot, depot.create("ada", "box:c", "box:b")).await;
    reasons.check_write("NOT_DEACTIVATED", &depot, depot.reactivate("ada", "hal")).await;
    depot.does(depot.deactivate("ada", "hal")).await;
    reasons.check_write("NOT_ACTIVE", &depot, depot.deactivate("ada", "hal")).await;
    reasons.check_write("MEMBER_DEACTIVATED", &depot, depot.invite("ada", "hal", "depot:", "hand")).await;
    reasons.check_write("ACTOR_DEACTIVATED", &depot, depot.lock("hal", "ida")).await;
}

/// Teams, several roles at one resource, and a right that ends.
pub async fn roles(reasons: &ReasonTable) {
    let drive = tenant("folders").person("ada", "admin").resource("folder:plans").resource("group:crew");
    let (_server, drive) = drive.resource("group:night").wire().await;
    drive.does(drive.invite("ada", "group:night", "group:crew", "person")).await;
    reasons.check_write("TEAM_CYCLE", &drive, drive.invite("ada", "group:crew", "group:night", "person")).await;
    let chain: Vec<String> = (1..=MAX_TEAM_DEPTH).map(|number| format!("group:{number}")).collect();
    for group in &chain {
        drive.does(drive.create("ada", group, "drive:")).await;
    }
    let nested: Vec<[&str; 3]> = chain.windows(2).map(|pair| [pair[0].as_str(), pair[1].as_str(), "person"]).collect();
    drive.does(drive.invite_each("ada", &nested)).await;
    reasons.check_write("TEAMS_TOO_DEEP", &drive, drive.invite("ada", "group:crew", "group:1", "person")).await;
    let ineligible = drive.invite("ada", "group:crew", "folder:plans", "poster");
    reasons.check_write("SUBJECT_NOT_ELIGIBLE", &drive, ineligible).await;

    let (_server, club) = tenant("club").person("cleo", "chair").person("tom", "member").wire().await;
    club.does(club.invite("cleo", "tom@acme.test", "club:", "treasurer")).await;
    reasons.check_write("ROLE_AMBIGUOUS", &club, club.change("cleo", "tom", "club:", "chair")).await;

    let (_server, sites) = crate::support::wire_tenant::fixture().await;
    let end = prost_types::Timestamp { seconds: 4_102_444_800, nanos: 0 };
    sites.join("ada", &["tim"], "user").await;
    sites.does(sites.invite("ada", "tim", "harbour", "editor").until(end)).await;
    reasons.check_write("OUTLASTS_GRANTER", &sites, sites.invite("tim", "new@acme.test", "harbour", "viewer")).await;
}

/// What the server does not take.
pub async fn requests(reasons: &ReasonTable) {
    let server = TestServer::with(&["limits.request_bytes=1024"]).await;
    let tenant = server.tenant().await;
    let Write::CreateResource(site) = tenant.create_site("ada", "pier") else { unreachable!() };
    let long = CreateResourceRequest { display_name: "x".repeat(2000), ..site.clone() };
    reasons.check_write("REQUEST_TOO_LARGE", &tenant, long.into()).await;
    let impersonated = CreateResourceRequest { impersonator: Some(subject("olga")), ..site };
    reasons.check_write("FIELD_NOT_SUPPORTED", &tenant, impersonated.into()).await;
}

/// What only the store says: two processes on one database, which no test has yet.
pub fn store(reasons: &ReasonTable) {
    let lost = std::io::Error::other("another writer");
    let conflict = rollcall::service::Error::from(StoreError::Conflict(lost.into()));
    reasons.check(conflict.reason, Err::<(), _>(conflict.into()));
}
