//! A role ends no later than the right by which it is given, whichever way it comes, unless its rule says `may_outlast`.

use super::{LATER, SOONER, Stage, accept, at, invite};
use crate::support::{WireTenant, own_roles};

/// Temporary boards of a club, whose chairs may give guests a lasting card and create rooms.
const CLUB: &str = r#"
edition = 1
policy  = "club"
version = 1
root    = "club"

[club]
creator_role = "chair"

[club.roles]
chair  = {}
guest  = {}
friend = {}

[club.actions]
"room.create" = "chair | guest & friend"
"hall.create" = "chair"

[club.members]
invite = [
  { by = "chair", to = ["chair", "guest"] },
  { by = "chair", to = ["friend"], may_outlast = true },
]
change = [
  { by = "chair", from = ["guest", "friend"], to = ["guest"] },
  { by = "chair", from = ["guest"], to = ["friend"], may_outlast = true },
]
remove = [{ by = "chair", from = ["chair", "guest", "friend"] }]

[room]
parent       = "club"
owned        = true
creator_role = "host"

[room.roles]
host = { implies = ["user"] }
user = {}

[room.members]
invite   = [{ by = "host", to = ["host", "user"] }, { by = "owner & !host", to = ["user"] }]
change   = [{ by = "host", from = ["host", "user"], to = ["host", "user"] }]
transfer = [{ by = "club.chair" }]

[hall]
parent = "club"
owned  = true

[hall.members]
transfer = [{ by = "club.chair", may_outlast = true }]
"#;

/// A club with the chairs `ada`, for good, and `tim`, until [`SOONER`].
async fn club() -> Stage {
    let stage = Stage::new(CLUB, |club| club.person("ada", "chair").people(&["gus", "gil"], "guest")).await;
    let (world, until) = (&stage.world, at(Some(SOONER)).expect("an instant"));
    world.allowed(world.invite("ada", "tim@acme.test", "club:", "chair").until(until)).await;
    let token = invite_again(world, "ada", "tim", "chair").await;
    accept(world, "tim", "tim", &token).await;
    assert_eq!(end_of(world, "tim", "chair").await, Some(SOONER));
    stage
}

/// Has an invitation sent again: its new token.
async fn invite_again(world: &WireTenant, actor: &str, email: &str, role: &str) -> String {
    invite(world, actor, email, "club:", role).await
}

/// When a role of somebody ends; none where it does not.
async fn end_of(world: &WireTenant, who: &str, role: &str) -> Option<i64> {
    let roles = own_roles(world.member(who).await.expect("they are a member"));
    let found =
        roles.iter().find(|grant| grant.role == role).unwrap_or_else(|| panic!("{who} is no {role}: {roles:?}"));
    found.expire_time.map(|end| end.seconds)
}

#[tokio::test]
async fn a_rule_that_may_outlast_gives_for_good() {
    let stage = club().await;
    let world = &stage.world;
    let later = at(Some(LATER)).expect("an instant");
    world.refused(world.invite("tim", "new@acme.test", "club:", "guest"), "OUTLASTS_GRANTER").await;
    let token = invite(world, "tim", "new", "club:", "friend").await;
    accept(world, "new", "new", &token).await;
    assert_eq!(end_of(world, "new", "friend").await, None);
    world.allowed(world.change("tim", "gus", "club:", "friend")).await;
    world.allowed(world.change("tim", "gil", "club:", "friend").until(later)).await;
    assert_eq!((end_of(world, "gus", "friend").await, end_of(world, "gil", "friend").await), (None, Some(LATER)));
    // It does not come back as what the other rule gives.
    world.refused(world.change("tim", "gus", "club:", "guest"), "OUTLASTS_GRANTER").await;
}

/// Who creates a resource by a right that ends has a role by it that ends, and gives nothing by it for longer.
#[tokio::test]
async fn a_creator_has_their_role_for_as_long_as_they_may_create() {
    let stage = club().await;
    let world = &stage.world;
    world.allowed(world.create("tim", "room:blue", "club:")).await;
    world.allowed(world.create("ada", "room:red", "club:")).await;
    assert_eq!((end_of(world, "tim", "host").await, end_of(world, "ada", "host").await), (Some(SOONER), None));
    world.refused(world.invite("tim", "user:gus", "room:blue", "host"), "OUTLASTS_GRANTER").await;
    world
        .refused(
            world.change("tim", "tim", "room:blue", "host").until(at(Some(LATER)).expect("one")),
            "OUTLASTS_GRANTER",
        )
        .await;
    world.allowed(world.invite("tim", "user:gus", "room:blue", "host").until(at(Some(SOONER)).expect("one"))).await;
    world.allowed(world.invite("ada", "user:gus", "room:red", "host")).await;
}

/// Ownership has no end, so whoever has a right for a time makes nobody an owner by it, themselves neither; but an owner passes on
/// what is theirs.
#[tokio::test]
async fn nobody_is_made_an_owner_by_a_right_that_ends() {
    let stage = club().await;
    let world = &stage.world;
    world.allowed(world.create("ada", "room:red", "club:")).await;
    world.allowed(world.create("ada", "hall:old", "club:")).await;
    for owner in ["tim", "gus"] {
        let refused = world.refused(world.give("tim", "room:red", owner), "OUTLASTS_GRANTER").await;
        assert!(refused.message().contains("whoever owns it does so for good"), "{refused:?}");
    }
    world.allowed(world.give("ada", "room:red", "gus")).await;
    // Their own, which they created.
    world.allowed(world.create("tim", "room:blue", "club:")).await;
    world.allowed(world.give("tim", "room:blue", "gus")).await;
    world.refused(world.give("tim", "room:blue", "tim"), "OUTLASTS_GRANTER").await;
    // Where the rule says that it may.
    world.allowed(world.give("tim", "hall:old", "gus")).await;
}
