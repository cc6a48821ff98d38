//! Facts of a tenant that another version of its policy does not know: owners, resources of a removed type, teams.

use std::fs;

use rollcall::proto::{CheckRequest, Consistency, consistency::Requirement};
use tempfile::TempDir;
use tonic::Code;

use crate::support::{Server, WireTenant, Write, db::audited, expect_error, fixture::tenant_on, subject};

const FIRST: &str = r#"
edition = 1
policy  = "yard"
version = 1
root    = "workspace"
[workspace]
creator_role = "boss"
[workspace.roles]
boss  = {}
clerk = {}
[workspace.actions]
"tool.create" = "boss | clerk"
"shed.create" = "boss"
"shed.delete" = "boss"
"door.open"   = "clerk"
[workspace.members]
invite = [{ by = "boss", to = ["clerk"] }]
remove = [{ by = "boss", from = ["anyone"] }]
[tool]
parent = "workspace"
owned  = true
[tool.actions]
"tool.use" = "owner"
[shed]
parent = "workspace"
[shed.actions]
"shed.open" = "boss"
"#;

/// Owns nothing, and has no sheds.
fn second() -> String {
    let start = FIRST.find("[shed]").unwrap();
    FIRST[..start]
        .replace("version = 1", "version = 2")
        .replace("\"shed.create\" = \"boss\"\n\"shed.delete\" = \"boss\"\n", "")
        .replace("owned  = true\n", "")
        .replace(r#""tool.use" = "owner""#, r#""tool.use" = "boss""#)
}

/// Has teams of a type that subjects may have too.
fn third() -> String {
    let crew = "[crew]\nparent = \"workspace\"\nteams = true\n[crew.roles]\nhand = {}\n\
                [crew.members]\ninvite = [{ by = \"boss\", to = [\"hand\"] }]\n";
    format!("{}{crew}", FIRST.replace("version = 1", "version = 3"))
}

/// The yard `acme` on version 1 with the boss `ada` and the clerk `han`.
async fn yard() -> (TempDir, Server, WireTenant) {
    let dir = tempfile::tempdir().unwrap();
    for (number, text) in [FIRST, &second(), &third()].into_iter().enumerate() {
        fs::write(dir.path().join(format!("yard-{number}.toml")), text).unwrap();
    }
    let server = Server::start_with(dir.path(), &[&format!("policies.dir={}", dir.path().display())]).await;
    let yard = tenant_on(FIRST).person("ada", "boss").person("han", "clerk").wire_on(&server.api().await).await;
    (dir, server, yard)
}

#[tokio::test]
async fn who_left_while_nothing_had_an_owner_owns_nothing_afterwards() {
    let (dir, _server, world) = yard().await;
    world.allowed(world.create_resource("han", "tool:saw", None)).await;
    assert!(world.may("han", "tool.use", "tool:saw").await);
    world.allowed(world.set_policy(2)).await;
    world.allowed(world.remove("ada", "han", "workspace")).await;
    assert_eq!(world.registered("tool:saw").await.unwrap().owner, None);
    world.allowed(world.set_policy(1)).await;
    world.join("ada", &["han"], "clerk").await;
    assert!(!world.may("han", "tool.use", "tool:saw").await, "another person of the same name");
    audited(dir.path(), "acme").await;
}

#[tokio::test]
async fn history_is_replayed_over_what_the_policy_no_longer_knows() {
    let (_dir, _server, world) = yard().await;
    world.allowed(world.create_resource("ada", "shed:old", None)).await;
    world.allowed(world.delete("ada", "shed:old")).await;
    world.allowed(world.set_policy(2)).await;
    let token = world.token().await;
    world.allowed(world.remove("ada", "han", "workspace")).await;
    let consistency = Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(token)) });
    let check = CheckRequest { consistency, ..world.question("han", "door.open", "workspace") };
    assert!(world.api.check(check).await.unwrap().allowed, "they were a clerk then");
    assert!(!world.may("han", "door.open", "workspace").await);
}

#[tokio::test]
async fn a_member_does_not_become_a_team_unasked() {
    let (_dir, _server, world) = yard().await;
    let (_, token) = world.invited("ada", "crew@acme.test", "workspace", "clerk").await;
    let Write::AcceptInvitation(mut accept) = world.accept("crew", &token) else { unreachable!("an acceptance") };
    accept.actor = Some(subject("crew:night"));
    world.allowed(accept.into()).await;
    let refused = world.api.write(world.set_policy(3)).await;
    let metadata = expect_error(refused, Code::FailedPrecondition, "POLICY_INCOMPATIBLE");
    assert_eq!(metadata["teams"], "crew=1");
    world.allowed(world.remove("ada", "crew:night", "workspace")).await;
    world.allowed(world.set_policy(3)).await;
}
