//! Teams that are resources below other teams: whose role from above counts at one, and who belongs to it.

use std::fs;

use rollcall::proto::ListMembersRequest;
use tempfile::TempDir;

use super::driver::{listed, through_teams};
use crate::support::{TestServer, WireTenant, fixture::tenant_on, resource};

/// A boss leads every crew, by what the role implies; a lead of a crew also those below it.
const POLICY: &str = r#"
edition = 1
policy = "firm"
version = 1
root = "firm"

[firm]
creator_role = "boss"
[firm.roles]
boss  = { implies = ["crew.lead"] }
clerk = {}
[firm.actions]
"crew.create" = "boss"
"site.create" = "boss"

[crew]
parent = "firm"
nested = true
teams  = true
[crew.roles]
lead = { implies = ["hand"], reaches_down = true }
hand = { for_teams = true }
[crew.actions]
"crew.create" = "lead"
"crew.call"   = "lead"
[crew.members]
joins_as = "clerk"
invite   = [{ by = "lead", to = ["lead", "hand"] }]

[site]
parent = "firm"
[site.roles]
keeper = { for_teams = true }
[site.actions]
"site.keep" = "keeper"
[site.members]
invite = [{ by = "firm.boss", to = ["keeper"] }]
"#;

/// The firm of the boss `ada`, in which `olga` leads the crew `outer`, and `ina` is a hand of `inner` below it, which
/// keeps the site `yard`.
async fn firm() -> (TempDir, TestServer, WireTenant) {
    let policies = tempfile::tempdir().expect("there is room");
    fs::write(policies.path().join("firm.toml"), POLICY).expect("there is room");
    let server = TestServer::with(&[&format!("policies.dir={}", policies.path().display())]).await;
    let firm = tenant_on(POLICY).person("ada", "boss").resource("crew:outer").resource_in("crew:inner", "crew:outer");
    let firm = firm.resource("site:yard").joined("olga", "crew:outer", "lead").joined("ina", "crew:inner", "hand");
    let firm = firm.role("crew:inner", "site:yard", "keeper").wire_on(&server.api).await;
    (policies, server, firm)
}

#[tokio::test]
async fn a_role_from_above_counts_at_a_team_and_makes_nobody_belong_to_it() {
    let (_policies, _server, firm) = firm().await;
    for who in ["ada", "olga"] {
        assert!(firm.may(who, "crew.call", "crew:inner").await, "{who} leads it");
        assert!(!firm.may(who, "site.keep", "site:yard").await, "{who} does not hold what it holds");
        assert_eq!(through_teams(&firm, who).await, Vec::<String>::new(), "{who}");
    }
    assert!(firm.may("ina", "site.keep", "site:yard").await && !firm.may("ina", "crew.call", "crew:inner").await);
    assert_eq!(through_teams(&firm, "ina").await, ["inner: site.keeper at yard"]);

    assert_eq!(firm.names(firm.members_at("crew:inner")).await, ["ada", "ina", "olga"], "roles at a resource");
    let of_team = |at: &str| ListMembersRequest { teams: vec![resource("acme", "crew:inner")], ..firm.members_at(at) };
    for at in ["firm:", "crew:inner"] {
        assert_eq!(firm.names(of_team(at)).await, ["ina"], "who belongs to it, at `{at}`");
    }
    assert_eq!(listed(&firm, "site:yard").await, ["ina: site.keeper by inner", "inner: site.keeper"]);
}
