//! An offer that is changed while it is pending is given by all who made it what it is: who offered it first, and everybody who
//! changed it.

use rollcall::proto::ListedInvitation;

use super::{Stage, accept, assert_void, invite};
use crate::support::{WireTenant, Write, names::short};

/// Bosses offer, stewards and leads only change what is offered.
const LADDER: &str = r#"
edition = 1
policy  = "ladder"
version = 1
root    = "crew"

[crew]
creator_role = "boss"

[crew.roles]
boss    = {}
steward = {}
guest   = {}
hand    = {}

[crew.actions]
"yard.create" = "boss"

[crew.members]
invite = [{ by = "boss", to = ["boss", "steward", "guest", "hand"] }]
change = [{ by = "steward", from = ["boss", "guest"], to = ["hand"] }, { by = "boss & !self", from = ["hand"], to = ["steward"] }]
remove = [{ by = "boss", from = ["anyone"] }]

[yard]
parent = "crew"

[yard.roles]
lead = {}
mate = {}
cook = {}

[yard.members]
joins_as = "hand"
invite = [{ by = "crew.boss & !self", to = ["mate"] }, { by = "crew.boss", to = ["lead"] }, { by = "crew.steward", to = ["cook"] }]
change = [{ by = "lead", from = ["mate"], to = ["cook"] }, { by = "crew.steward", from = ["cook"], to = ["lead"] }]
remove = [{ by = "crew.boss | crew.steward", from = ["lead", "mate", "cook"] }]
"#;

/// The bosses `ada` and `bo`, the steward `stu`, and `lee`, the lead of a yard.
async fn ladder() -> Stage {
    let stage =
        Stage::new(LADDER, |crew| crew.person("ada", "boss").person("stu", "steward").resource("yard:north")).await;
    stage.world.join_at("ada", &["bo"], "crew:", "boss").await;
    stage.world.join_at("ada", &["lee"], "yard:north", "lead").await;
    stage
}

/// What a steward makes of the offer of a boss, each by another call.
fn demotions(world: &WireTenant) -> [Write; 2] {
    [
        world.change("stu", "friend@acme.test", "crew:", "hand"),
        world.change_all("stu", &[["friend@acme.test", "crew:", "hand"]]),
    ]
}

#[tokio::test]
async fn a_change_mends_no_offer_that_nobody_stands_for() {
    for (number, is_late) in [(0, false), (0, true), (1, false)] {
        let stage = ladder().await;
        let world = &stage.world;
        let token = invite(world, "bo", "friend", "crew:", "boss").await;
        let (demotion, removal) = (demotions(world)[number].clone(), world.remove("ada", "bo", "crew:"));
        for write in if is_late { [demotion, removal] } else { [removal, demotion] } {
            world.allowed(write).await;
        }
        assert_void(world, "friend", "friend", &token, "ACTOR_NOT_A_MEMBER").await;
        let shown = world.list_invitations(world.invitations()).await;
        assert_eq!(failing(&shown), ["hand ACTOR_NOT_A_MEMBER"]);
        // Whoever may offer it takes it over.
        let token = invite(world, "ada", "friend", "crew:", "hand").await;
        let (given, failed) = accept(world, "friend", "friend", &token).await;
        assert_eq!((given, failed), (vec!["acme hand".into()], vec![]));
        assert_eq!(giver(world, "friend", "crew.hand").await, "ada ladder@1:20");
    }
}

#[tokio::test]
async fn what_all_of_them_give_still_is_given() {
    let stage = ladder().await;
    let world = &stage.world;
    let token = invite(world, "bo", "friend", "crew:", "boss").await;
    world.allowed(world.change("stu", "friend@acme.test", "crew:", "hand")).await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!((given, failed), (vec!["acme hand".into()], vec![]));
    assert_eq!(giver(world, "friend", "crew.hand").await, "stu ladder@1:21 changed");
}

/// A colleague who raises it gives nobody what they may not give themselves.
#[tokio::test]
async fn nor_do_two_give_one_of_them_what_neither_may() {
    let stage = ladder().await;
    let world = &stage.world;
    let token = invite(world, "bo", "second", "yard:north", "mate").await;
    world.allowed(world.change("lee", "second@acme.test", "yard:north", "cook")).await;
    assert_void(world, "bo", "second", &token, "NOT_PERMITTED").await;
    let (given, failed) = accept(world, "second", "second", &token).await;
    assert_eq!((given, failed), (vec!["acme hand".into(), "north cook".into()], vec![]));
}

/// Each change in a row counts.
#[tokio::test]
async fn every_change_of_an_offer_counts() {
    let stage = ladder().await;
    let world = &stage.world;
    let token = invite(world, "bo", "friend", "yard:north", "mate").await;
    world.allowed(world.change("lee", "friend@acme.test", "yard:north", "cook")).await;
    world.allowed(world.change("stu", "friend@acme.test", "yard:north", "lead")).await;
    let stage = stage.restarted().await;
    let world = &stage.world;
    world.allowed(world.remove("ada", "lee", "crew:")).await;
    // Whoever offered the first may give the role that came along by itself.
    let shown = world.list_invitations(world.invitations()).await;
    assert_eq!(failing(&shown), ["lead ACTOR_NOT_A_MEMBER"]);
    world.join_at("ada", &["lee"], "yard:north", "lead").await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!((given, failed), (vec!["acme hand".into(), "north lead".into()], vec![]));
    assert_eq!(giver(world, "friend", "yard.lead").await, "stu ladder@1:35 changed");
}

/// Whoever may offer the new role themselves offers it by changing.
#[tokio::test]
async fn whoever_may_offer_it_answers_for_it_alone() {
    let stage = ladder().await;
    let world = &stage.world;
    let token = invite(world, "bo", "friend", "crew:", "hand").await;
    world.allowed(world.change("ada", "friend@acme.test", "crew:", "steward")).await;
    world.allowed(world.remove("ada", "bo", "crew:")).await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!((given, failed), (vec!["acme steward".into()], vec![]));
    assert_eq!(giver(world, "friend", "crew.steward").await, "ada ladder@1:21 changed");
}

/// A role that came along with another one does not come alone, whatever somebody may change to it.
#[tokio::test]
async fn a_right_to_change_gives_no_joining_role() {
    let stage = ladder().await;
    let world = &stage.world;
    let token = invite(world, "stu", "eve", "yard:north", "cook").await;
    world.allowed(world.remove("stu", "eve@acme.test", "yard:north")).await;
    assert_void(world, "eve", "eve", &token, "NOT_PERMITTED").await;
}

/// What was offered under another version of the policy is given by whom this one lets offer it.
#[tokio::test]
async fn nor_what_was_offered_under_another_version() {
    let stage = ladder().await;
    let second =
        LADDER.replace("version = 1", "version = 2").replace(r#", { by = "crew.steward", to = ["cook"] }"#, "");
    let second = second.replace(r#"from = ["mate"], to = ["cook"]"#, r#"from = ["mate", "lead"], to = ["cook"]"#);
    let second = second.replace(r#"{ by = "lead", from"#, r#"{ by = "lead | crew.steward", from"#);
    std::fs::write(stage.policies.path().join("second.toml"), second).unwrap();
    let stage = stage.restarted().await;
    let world = &stage.world;
    let token = invite(world, "stu", "eve", "yard:north", "cook").await;
    world.allowed(world.set_policy(2)).await;
    assert_void(world, "eve", "eve", &token, "NOT_PERMITTED").await;
}

/// What would not be given, with the reason, of all invitations.
fn failing(listed: &[ListedInvitation]) -> Vec<String> {
    let failing = listed.iter().flat_map(|listed| &listed.failing_grants);
    failing.map(|grant| format!("{} {}", grant.role, grant.reason().as_str_name())).collect()
}

/// Who gave a role to a member, and by what.
async fn giver(world: &WireTenant, member: &str, role: &str) -> String {
    let found = world.member(member).await.expect("they are a member");
    let role = found.memberships.iter().find(|found| found.role == role).unwrap_or_else(|| panic!("{found:?}"));
    let by = role.granted_by.as_ref().expect("each role says who gave it");
    format!("{} {}", short(by.subject.as_ref().expect("somebody did")), by.rule)
}
