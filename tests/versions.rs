//! What a tenant had under one version of its policy, and another version knows nothing of.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails loudly")]

mod support;

use std::fs;

use rollcall::proto::{
    CheckRequest, Consistency, CreateResourceRequest, CreateTenantRequest, DeleteResourceRequest, GetResourceRequest,
    SetPolicyRequest, consistency::Requirement,
};
use support::{
    Server, World, Write,
    db::audited,
    expect_error, resource, subject,
    world::{OPERATOR, profile},
};
use tempfile::TempDir;
use tonic::Code;

const FIRST: &str = r#"
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
async fn yard() -> (TempDir, Server, World) {
    let dir = tempfile::tempdir().unwrap();
    for (number, text) in [FIRST, &second(), &third()].into_iter().enumerate() {
        fs::write(dir.path().join(format!("yard-{number}.toml")), text).unwrap();
    }
    let server = Server::start_with(dir.path(), &[&format!("policies.dir={}", dir.path().display())]).await;
    let world = World { api: server.api().await, tenant: "acme".into() };
    let create = CreateTenantRequest {
        tenant: "acme".into(),
        actor: Some(subject(OPERATOR)),
        policy: "yard".into(),
        policy_version: 1,
        first_member: Some(subject("ada")),
        profile: Some(profile("ada")),
        ..Default::default()
    };
    world.api.write(create.into()).await.expect("an operator may");
    world.join("ada", &["han"], "clerk").await;
    (dir, server, world)
}

fn to(version: u32) -> Write {
    Write::from(SetPolicyRequest {
        tenant: "acme".into(),
        actor: Some(subject(OPERATOR)),
        policy_version: version,
        ..Default::default()
    })
}

fn create(actor: &str, what: &str) -> Write {
    Write::from(CreateResourceRequest {
        tenant: "acme".into(),
        actor: Some(subject(actor)),
        resource: Some(resource("acme", what)),
        ..Default::default()
    })
}

#[tokio::test]
async fn who_left_while_nothing_had_an_owner_owns_nothing_afterwards() {
    let (dir, _server, world) = yard().await;
    world.allowed(create("han", "tool:saw")).await;
    assert!(world.may("han", "tool.use", "tool:saw").await);
    world.allowed(to(2)).await;
    world.allowed(world.remove("ada", "han", "workspace")).await;
    let asked = GetResourceRequest { tenant: "acme".into(), resource: Some(resource("acme", "tool:saw")) };
    assert_eq!(world.api.get_resource(asked).await.unwrap().resource.unwrap().owner, None);
    world.allowed(to(1)).await;
    world.join("ada", &["han"], "clerk").await;
    assert!(!world.may("han", "tool.use", "tool:saw").await, "another person of the same name");
    audited(dir.path(), "acme").await;
}

#[tokio::test]
async fn the_past_is_told_past_what_the_policy_does_not_know_any_more() {
    let (_dir, _server, world) = yard().await;
    world.allowed(create("ada", "shed:old")).await;
    let delete = DeleteResourceRequest {
        tenant: "acme".into(),
        actor: Some(subject("ada")),
        resource: Some(resource("acme", "shed:old")),
        ..Default::default()
    };
    world.allowed(delete.into()).await;
    world.allowed(to(2)).await;
    let token = world.token().await;
    world.allowed(world.remove("ada", "han", "workspace")).await;
    let check = CheckRequest {
        tenant: "acme".into(),
        subject: Some(subject("han")),
        action: "door.open".into(),
        resource: Some(resource("acme", "workspace")),
        consistency: Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(token)) }),
        ..Default::default()
    };
    assert!(world.api.check(check).await.unwrap().allowed, "they were a clerk then");
    assert!(!world.may("han", "door.open", "workspace").await);
}

#[tokio::test]
async fn a_member_does_not_become_a_team_unasked() {
    let (_dir, _server, world) = yard().await;
    let answer = world.allowed(world.invite("ada", "crew@acme.test", "workspace", "clerk")).await.invite();
    let Write::AcceptInvitation(mut accept) = world.accept("crew", &answer.results[0].invitation_token) else {
        unreachable!("an acceptance")
    };
    accept.actor = Some(subject("crew:night"));
    world.allowed(accept.into()).await;
    let refused = world.api.write(to(3)).await;
    let metadata = expect_error(refused, Code::FailedPrecondition, "POLICY_INCOMPATIBLE");
    assert_eq!(metadata["teams"], "crew=1");
    world.allowed(world.remove("ada", "crew:night", "workspace")).await;
    world.allowed(to(3)).await;
}
