//! What is registered decides as it is registered, and nobody comes by a right through what is stated of an id that must be
//! registered, or that was.

use rollcall::proto::{CheckRequest, Consistency, Reason, StatedFacts, consistency::Requirement};

use super::Stage;
use crate::support::{
    WireTenant,
    names::{resource, subject},
};

/// Boards must be registered, notes may be, and pins never are.
const STUDIO: &str = r#"
edition = 1
policy  = "studio"
version = 1
root    = "studio"

[studio]
creator_role = "head"

[studio.roles]
head  = {}
guest = {}

[studio.actions]
"board.create" = "head | guest"
"note.create"  = "head | guest"
"board.delete" = "head"
"note.delete"  = "head"

[studio.members]
invite = [{ by = "head", to = ["guest"] }]

[board]
parent       = "studio"
owned        = true
creator_role = "keeper"

[board.roles]
keeper = {}

[board.actions]
"edit" = "owner | keeper"

[note]
parent       = "studio"
owned        = true
nested       = true
registered   = "optional"
creator_role = "keeper"

[note.roles]
keeper = { reaches_down = true }

[note.actions]
"edit" = "owner | keeper"

[pin]
parent     = "note"
owned      = true
registered = "never"

[pin.actions]
"edit" = "owner | note.keeper"
"#;

async fn studio() -> Stage {
    Stage::new(STUDIO, |studio| studio.person("ada", "head").people(&["gus", "gil"], "guest")).await
}

/// Whether somebody may edit a resource, whose owner and parents are stated.
async fn decided(world: &WireTenant, who: &str, on: &str, owner: &str, parents: &[&str]) -> Reason {
    let parents = parents.iter().map(|parent| resource(&world.tenant, parent)).collect();
    let question = CheckRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject(who)),
        action: "edit".into(),
        resource: Some(resource(&world.tenant, on)),
        stated: Some(StatedFacts { parents, owner: Some(subject(owner)) }),
        consistency: Some(Consistency { requirement: Some(Requirement::FullyConsistent(true)) }),
        ..CheckRequest::default()
    };
    let answer = world.api.check(question).await.expect("well formed");
    assert_eq!(answer.allowed, answer.reason().as_str_name().starts_with("REASON_GRANTED"));
    answer.reason()
}

/// What is stated of an id decides nothing, so there is nothing to come by when somebody registers it.
#[tokio::test]
async fn what_must_be_registered_is_absent_until_it_is() {
    let stage = studio().await;
    let world = &stage.world;
    assert_eq!(decided(world, "gil", "board:one", "gil", &["studio:"]).await, Reason::ResourceNotFound);
    world.allowed(world.create("gus", "board:one", "studio:")).await;
    assert_eq!(decided(world, "gil", "board:one", "gil", &["studio:"]).await, Reason::NotGranted);
    assert_eq!(decided(world, "gus", "board:one", "gil", &["studio:"]).await, Reason::GrantedByRelation);
    world.allowed(world.delete("ada", "board:one")).await;
    assert_eq!(decided(world, "gus", "board:one", "gus", &["studio:"]).await, Reason::ResourceNotFound);
}

/// A note that is deleted stays so, whatever is stated, on this server and on the next.
#[tokio::test]
async fn what_was_deleted_is_absent_whatever_is_stated() {
    let stage = studio().await;
    let world = &stage.world;
    assert_eq!(decided(world, "gil", "note:one", "gil", &["studio:"]).await, Reason::GrantedByRelation);
    world.allowed(world.create("gus", "note:one", "studio:")).await;
    assert_eq!(decided(world, "gil", "note:one", "gil", &["studio:"]).await, Reason::NotGranted);
    let deleted = world.allowed(world.delete("ada", "note:one")).await.token().to_owned();
    for who in ["gil", "gus", "ada"] {
        assert_eq!(decided(world, who, "note:one", who, &["studio:"]).await, Reason::ResourceNotFound);
        // Nor is anything below it, nor it below another.
        assert_eq!(decided(world, who, "note:two", who, &["note:one", "studio:"]).await, Reason::ResourceNotFound);
        assert_eq!(decided(world, who, "pin:red", who, &["note:one", "studio:"]).await, Reason::ResourceNotFound);
        assert_eq!(decided(world, who, "note:one", who, &["note:new", "studio:"]).await, Reason::ResourceNotFound);
    }
    // Another of the same type is what is stated of it.
    assert_eq!(decided(world, "gil", "note:new", "gil", &["studio:"]).await, Reason::GrantedByRelation);
    // Nothing of old comes back with it.
    world.allowed(world.create("gil", "note:one", "studio:")).await;
    assert_eq!(decided(world, "gus", "note:one", "gus", &["studio:"]).await, Reason::NotGranted);
    assert_eq!(decided(world, "gil", "note:one", "gus", &["studio:"]).await, Reason::GrantedByRelation);
    // As of the deletion it is absent still.
    let question = CheckRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject("gil")),
        action: "edit".into(),
        resource: Some(resource(&world.tenant, "note:one")),
        stated: Some(StatedFacts { parents: vec![resource(&world.tenant, "studio:")], owner: Some(subject("gil")) }),
        consistency: Some(Consistency { requirement: Some(Requirement::AtExactSnapshot(deleted)) }),
        ..CheckRequest::default()
    };
    let answer = world.api.check(question).await.expect("well formed");
    assert_eq!(answer.reason(), Reason::ResourceNotFound);
}

#[tokio::test]
async fn it_is_absent_after_a_new_start() {
    let stage = studio().await;
    stage.world.allowed(stage.world.create("ada", "note:one", "studio:")).await;
    stage.world.allowed(stage.world.delete("ada", "note:one")).await;
    let stage = stage.restarted().await;
    assert_eq!(decided(&stage.world, "ada", "note:one", "ada", &["studio:"]).await, Reason::ResourceNotFound);
    assert_eq!(decided(&stage.world, "ada", "note:two", "ada", &["studio:"]).await, Reason::GrantedByRelation);
}

/// What is below a resource goes with it.
#[tokio::test]
async fn what_is_deleted_along_is_absent_too() {
    let stage = studio().await;
    let world = &stage.world;
    world.allowed(world.create("ada", "note:top", "studio:")).await;
    world.refused(world.create("ada", "pin:red", "note:top"), "FIELD_INVALID").await;
    assert_eq!(decided(world, "gil", "pin:red", "gil", &["note:top"]).await, Reason::GrantedByRelation);
    assert_eq!(decided(world, "ada", "pin:red", "gil", &["note:top"]).await, Reason::GrantedByRole);
    world.allowed(world.delete("ada", "note:top")).await;
    assert_eq!(decided(world, "gil", "pin:red", "gil", &["note:top", "studio:"]).await, Reason::ResourceNotFound);
    // A pin below nothing that is registered is none, and below a note that is only stated it is one.
    assert_eq!(decided(world, "gil", "pin:red", "gil", &[]).await, Reason::ResourceNotFound);
    assert_eq!(decided(world, "gil", "pin:red", "gil", &["note:new", "studio:"]).await, Reason::GrantedByRelation);
}
