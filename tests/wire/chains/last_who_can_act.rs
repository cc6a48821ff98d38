//! A role that must be held is held by people who can act: who else holds it does not count, whatever is written.

use rollcall::proto::BatchChangeRoleRequest;
use tonic_types::StatusExt as _;

use super::{Stage, acceptance};
use crate::support::{TestServer, WireTenant, Write, names::email_of, wire_tenant::DEPOT};

/// Has `ada` invite an email, by which a subject joins.
async fn join(world: &WireTenant, who: &str, email: &str, at: &str, role: &str) {
    let (_, token) = world.invited("ada", &email_of(email), at, role).await;
    world.does(acceptance(world, who, email, &token)).await;
}

/// A depot with the keeper `ada`, the hand `otto`, and the service `bot` in a role.
async fn depot(role: &str) -> (TestServer, WireTenant) {
    let stage = TestServer::with(DEPOT).await;
    let world = WireTenant::depot(&stage.api, "acme", &["otto"]).await;
    join(&world, "service:bot", "bot", "depot:", role).await;
    (stage, world)
}

/// Every write by which `ada` would cease to be a keeper who can act.
fn farewells(world: &WireTenant) -> Vec<Write> {
    vec![
        world.change("ada", "ada", "depot:", "hand"),
        world.change_all("ada", &[["ada", "depot:", "hand"]]),
        world.remove("ada", "ada", "depot:"),
        world.deactivate("ada", "ada"),
        world.lock("ada", "ada"),
    ]
}

async fn assert_stays(world: &WireTenant) {
    for farewell in farewells(world) {
        world.refused(farewell, "LAST_HOLDER").await;
    }
}

#[tokio::test]
async fn a_service_is_not_the_last_keeper() {
    let (_stage, world) = depot("keeper").await;
    assert_stays(&world).await;
    // Nor do two of them take the place of somebody.
    world
        .refused(
            world.change_all("ada", &[["ada", "depot:", "hand"], ["service:bot", "depot:", "hand"]]),
            "LAST_HOLDER",
        )
        .await;
    world.allowed(world.change("ada", "otto", "depot:", "keeper")).await;
    world.allowed(world.remove("ada", "ada", "depot:")).await;
    world.refused(world.remove("service:bot", "otto", "depot:"), "LAST_HOLDER").await;
    world.allowed(world.remove("otto", "service:bot", "depot:")).await;
}

#[tokio::test]
async fn somebody_locked_is_not_the_last_keeper() {
    let (_stage, world) = depot("hand").await;
    world.allowed(world.change("ada", "otto", "depot:", "keeper")).await;
    world.allowed(world.lock("ada", "otto")).await;
    assert_stays(&world).await;
    // Who does not count may go.
    world.allowed(world.change("ada", "otto", "depot:", "hand")).await;
    world.allowed(world.change("ada", "otto", "depot:", "keeper")).await;
    world.allowed(world.unlock("ada", "otto")).await;
    world.allowed(world.lock("otto", "ada")).await;
    world.refused(world.lock("otto", "otto"), "LAST_HOLDER").await;
    world.refused(world.remove("otto", "otto", "depot:"), "LAST_HOLDER").await;
    world.allowed(world.deactivate("otto", "ada")).await;
    world.allowed(world.reactivate("otto", "ada")).await;
}

#[tokio::test]
async fn the_last_keeper_is_replaced_in_one_call() {
    let (_stage, world) = depot("hand").await;
    let replaced = |by: &str| world.change_all("ada", &[["ada", "depot:", "hand"], [by, "depot:", "keeper"]]);
    world.refused(replaced("service:bot"), "LAST_HOLDER").await;
    world.allowed(world.lock("ada", "otto")).await;
    world.refused(replaced("otto"), "LAST_HOLDER").await;
    world.allowed(world.unlock("ada", "otto")).await;
    let Write::BatchChangeRole(mut ends) = replaced("otto") else { panic!("it is a batch") };
    ends.changes[1].expire_time = Some(prost_types::Timestamp { seconds: 4_000_000_000, nanos: 0 });
    world.refused(Write::from(BatchChangeRoleRequest { ..ends }), "LAST_HOLDER").await;
    world.allowed(replaced("otto")).await;
    assert_eq!(world.grants("otto").await, ["acme keeper"]);
    world.refused(world.lock("otto", "otto"), "LAST_HOLDER").await;
}

/// Somebody invited is locked, and the lock would pass to the last keeper with the invitation.
#[tokio::test]
async fn the_last_keeper_accepts_no_lock() {
    let (_stage, world) = depot("hand").await;
    let (_, token) = world.invited("ada", "second@acme.test", "depot:", "hand").await;
    world.allowed(world.lock("ada", "second@acme.test")).await;
    let accepts = acceptance(&world, "ada", "second", &token);
    world.refused(accepts.clone(), "LAST_HOLDER").await;
    world.allowed(world.change("ada", "otto", "depot:", "keeper")).await;
    world.allowed(accepts).await;
}

/// Whoever is the last of several roles is told all of them at once.
#[tokio::test]
async fn every_role_that_would_be_lacking_is_named() {
    const POLICY: &str = r#"
edition = 1
policy  = "pair"
version = 1
root    = "pair"
people  = ["user", "service"]
[pair]
creator_role = "head"
[pair.roles]
head = { at_least = 1 }
[pair.actions]
"half.create" = "head"
[pair.members]
invite = [{ by = "head", to = ["head"] }]
remove = [{ by = "head", from = ["anyone"] }]
lock   = [{ by = "head" }]
[half]
parent       = "pair"
creator_role = "hand"
[half.roles]
hand = { at_least = 1 }
"#;
    let stage =
        Stage::new(POLICY, |pair| pair.person("ada", "head").resource("half:left").resource("half:right")).await;
    let world = &stage.world;
    let halves = "half:left=half.hand,half:right=half.hand";
    let all = format!("{halves},pair:acme=pair.head");
    assert_eq!(lacking(world, world.remove("ada", "ada", "pair:")).await, all);
    assert_eq!(lacking(world, world.lock("ada", "ada")).await, all);
    // A service is one of the people here.
    join(world, "service:bot", "bot", "pair:", "head").await;
    assert_eq!(lacking(world, world.lock("ada", "ada")).await, halves);
}

/// Where the roles are that a refused write would leave without a holder, in order.
async fn lacking(world: &WireTenant, write: Write) -> String {
    let status = world.refused(write, "LAST_HOLDER").await;
    let details = status.get_details_error_info().expect("every error has a reason");
    let mut named: Vec<&str> = details.metadata["resources"].split(',').collect();
    named.sort_unstable();
    named.join(",")
}
