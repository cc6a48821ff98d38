//! What an acceptance gives, of all that was offered, to somebody new and to a member.

use super::{CREW, LATER, SOONER, Stage, accept, assert_void, at, invite, root_role_end};
use crate::support::{WireTenant, Write};

/// A crew with a lead of each yard, who are no bosses, and with a gang member who has no role in the crew itself.
async fn leads() -> Stage {
    let stage = Stage::new(CREW, |crew| {
        let crew = crew.person("ada", "boss").resource("yard:north").resource("yard:south").resource("gang:night");
        crew.joined("tim", "gang:night", "mate")
    })
    .await;
    stage.world.join_at("ada", &["lee"], "yard:north", "lead").await;
    stage.world.join_at("ada", &["lou"], "yard:south", "lead").await;
    stage
}

/// Invites an email to be a mate of a yard until then: the token of the invitation.
async fn invite_until(world: &WireTenant, actor: &str, email: &str, yard: &str, end: i64) -> String {
    let Write::Invite(mut invite) = world.invite(actor, &format!("{email}@acme.test"), yard, "mate") else {
        panic!("it invites")
    };
    invite.invitees[0].grants[0].expire_time = at(Some(end));
    world.allowed(invite.into()).await.invite().results.remove(0).invitation_token
}

/// As `Invite` gives them none.
#[tokio::test]
async fn a_joining_role_comes_to_nobody_who_is_active_already() {
    let stage = leads().await;
    let world = &stage.world;
    let token = invite(world, "lee", "second", "yard:north", "mate").await;
    let (given, failed) = accept(world, "tim", "second", &token).await;
    assert_eq!((given, failed), (vec!["north mate".into()], vec!["acme hand NOT_PERMITTED".into()]));
    let token = invite(world, "lee", "friend", "yard:north", "mate").await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!((given, failed), (vec!["acme hand".into(), "north mate".into()], vec![]));
}

#[tokio::test]
async fn and_lasts_no_longer_than_what_is_given() {
    let stage = leads().await;
    let world = &stage.world;
    invite_until(world, "lee", "friend", "yard:north", SOONER).await;
    let token = invite_until(world, "lou", "friend", "yard:south", LATER).await;
    world.allowed(world.remove("ada", "lou", "yard:south")).await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!(given, ["acme hand", "north mate"]);
    assert_eq!(failed, ["south mate NOT_PERMITTED"]);
    assert_eq!(root_role_end(world, "friend").await, Some(SOONER));
}

/// A role in the crew that a boss gave with an end is not prolonged by who leads a yard, and it is theirs to end.
#[tokio::test]
async fn nor_does_a_lead_prolong_what_a_boss_gave() {
    let stage = leads().await;
    let world = &stage.world;
    world.join_at("ada", &["bea"], "crew:", "hand").await;
    let Write::ChangeRole(mut change) = world.change("ada", "bea", "crew:", "hand") else { panic!("it changes") };
    change.expire_time = at(Some(SOONER));
    world.allowed(change.into()).await;
    world.allowed(world.invite("lee", "bea@acme.test", "yard:north", "mate")).await;
    assert_eq!(root_role_end(world, "bea").await, Some(SOONER));
}

#[tokio::test]
async fn what_the_member_cannot_take_is_told() {
    let stage = leads().await;
    let world = &stage.world;
    invite(world, "lee", "second", "yard:north", "mate").await;
    let token = invite(world, "lou", "second", "yard:south", "mate").await;
    let (given, failed) = accept(world, "lee", "second", &token).await;
    assert_eq!(given, ["south mate"]);
    assert_eq!(failed, ["north mate ALREADY_A_MEMBER"]);
}

/// Nobody becomes a member by an invitation that has nothing to give any more.
#[tokio::test]
async fn nothing_is_given_to_nobody_new() {
    let stage = leads().await;
    let world = &stage.world;
    let token = invite(world, "ada", "friend", "gang:night", "mate").await;
    world.allowed(world.remove("ada", "friend@acme.test", "gang:night")).await;
    assert_void(world, "friend", "friend", &token, "ROLE_NOT_BOUND").await;
    assert!(world.member("friend").await.is_err());
}

/// A change of the end alone is a change like any other: by whoever makes it, who must be able to make it still.
#[tokio::test]
async fn whoever_prolongs_an_offer_answers_for_it() {
    const PROLONGED: &str = "invite = [{ by = \"crew.boss\", to = [\"mate\"] }]\n";
    let policy = CREW.replace(
        PROLONGED,
        &format!("{PROLONGED}change = [{{ by = \"crew.boss\", from = [\"mate\"], to = [\"mate\"] }}]\n"),
    );
    assert_ne!(policy, CREW);
    for (node, resource) in [("gang:night", "night mate"), ("yard:north", "north mate")] {
        let stage =
            Stage::new(&policy, |crew| crew.person("ada", "boss").resource("yard:north").resource("gang:night")).await;
        let world = &stage.world;
        world.join_at("ada", &["bo"], "crew:", "boss").await;
        let prolonged = async |email: &str| {
            let token = invite(world, "ada", email, node, "mate").await;
            let whom = format!("{email}@acme.test");
            let Write::ChangeRole(mut change) = world.change("bo", &whom, node, "mate") else { panic!("it changes") };
            change.expire_time = at(Some(LATER));
            world.allowed(change.into()).await;
            token
        };
        let token = prolonged("friend").await;
        let (given, failed) = accept(world, "friend", "friend", &token).await;
        assert_eq!(given.last().map(String::as_str), Some(resource));
        assert_eq!(failed, Vec::<String>::new());
        let token = prolonged("other").await;
        world.allowed(world.change("ada", "bo", "crew:", "hand")).await;
        if node == "gang:night" {
            assert_void(world, "other", "other", &token, "NOT_PERMITTED").await;
        } else {
            let (_, failed) = accept(world, "other", "other", &token).await;
            assert_eq!(failed, [format!("{resource} NOT_PERMITTED")]);
        }
    }
}
