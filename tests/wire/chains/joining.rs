//! A role of the tenant that comes along with others lasts as long as one of them, and no longer.

use super::{CREW, LATER, SOONER, Stage, accept, at, invite, root_role_end};
use crate::support::{WireTenant, Write, names::email_of};

/// An invitation to be a mate of some yards, of each until then.
fn invitation(world: &WireTenant, whom: &str, yards: &[(&str, Option<i64>)]) -> Write {
    let grants: Vec<(&str, &str)> = yards.iter().map(|(yard, _)| (*yard, "mate")).collect();
    let Write::Invite(mut invite) = world.invite_all("ada", &[&email_of(whom)], &grants) else { panic!("it invites") };
    for (grant, (_, end)) in invite.invitees[0].grants.iter_mut().zip(yards) {
        grant.expire_time = at(*end);
    }
    invite.into()
}

/// Somebody joins as a mate of some yards.
async fn join(world: &WireTenant, who: &str, yards: &[(&str, Option<i64>)]) {
    let answer = world.does(invitation(world, who, yards)).await.invite();
    accept(world, who, who, &answer.results[0].invitation_token).await;
}

#[tokio::test]
async fn it_ends_with_the_last_role_that_brings_it() {
    let stage = Stage::crew().await;
    let world = &stage.world;
    for (who, yards, ends) in [
        ("bea", &[("yard:north", Some(SOONER))][..], Some(SOONER)),
        ("cy", &[("yard:north", Some(SOONER)), ("yard:south", Some(LATER))], Some(LATER)),
        ("di", &[("yard:north", Some(SOONER)), ("yard:south", None)], None),
    ] {
        join(world, who, yards).await;
        assert_eq!(root_role_end(world, who).await, ends, "{who}");
    }
}

#[tokio::test]
async fn and_goes_on_with_a_role_that_is_given_later() {
    let stage = Stage::crew().await;
    let world = &stage.world;
    join(world, "bea", &[("yard:north", Some(SOONER))]).await;
    world.allowed(invitation(world, "bea", &[("yard:south", Some(LATER))])).await;
    assert_eq!(root_role_end(world, "bea").await, Some(LATER));
    // One that is pending, too.
    world.allowed(invitation(world, "cy", &[("yard:north", Some(SOONER))])).await;
    let answer = world.allowed(invitation(world, "cy", &[("yard:south", None)])).await.invite();
    accept(world, "cy", "cy", &answer.results[0].invitation_token).await;
    assert_eq!(root_role_end(world, "cy").await, None);
}

#[tokio::test]
async fn and_with_one_that_is_prolonged() {
    let stage = Stage::crew().await;
    let world = &stage.world;
    join(world, "bea", &[("yard:north", Some(SOONER))]).await;
    let Write::ChangeRole(mut change) = world.change("ada", "bea", "yard:north", "mate") else { panic!("it changes") };
    change.expire_time = at(Some(LATER));
    world.allowed(change.clone().into()).await;
    assert_eq!(root_role_end(world, "bea").await, Some(LATER));
    // It is not taken back.
    change.expire_time = at(Some(SOONER));
    world.allowed(change.into()).await;
    assert_eq!(root_role_end(world, "bea").await, Some(LATER));
    join(world, "cy", &[("yard:north", Some(SOONER)), ("yard:south", Some(SOONER))]).await;
    let both = [["cy", "yard:north", "lead"], ["cy", "yard:south", "lead"]];
    world.allowed(world.change_all("ada", &both)).await;
    assert_eq!(root_role_end(world, "cy").await, None);
}

/// A role in the crew that somebody gave is theirs, and no joining role.
#[tokio::test]
async fn but_no_other_role_is_cut() {
    let stage = Stage::crew().await;
    let world = &stage.world;
    world.join_at("ada", &["bea"], "crew:", "hand").await;
    world.allowed(invitation(world, "bea", &[("yard:north", Some(SOONER))])).await;
    assert_eq!(root_role_end(world, "bea").await, None);
}

/// Somebody new has the joining role though the role of the root that they were offered is not given any more.
#[tokio::test]
async fn it_comes_where_another_role_of_the_root_fails() {
    let stage = Stage::crew().await;
    let world = &stage.world;
    world.join_at("ada", &["bo"], "crew:", "boss").await;
    invite(world, "bo", "eve", "crew:", "boss").await;
    let token = invite(world, "ada", "eve", "yard:north", "mate").await;
    world.allowed(world.change("ada", "bo", "crew:", "hand")).await;
    let (given, failed) = accept(world, "eve", "eve", &token).await;
    assert_eq!(failed, ["acme boss NOT_PERMITTED"]);
    assert_eq!(given, ["north mate", "acme hand"]);
}

/// Where invitations outlive their inviters, too, it comes to somebody new alone, and with a role that brings it.
#[tokio::test]
async fn nor_does_it_come_alone_where_invitations_outlive_their_inviters() {
    let policy = format!("{CREW}\n[invitations]\noutlive_inviter = true\n");
    let stage =
        Stage::new(&policy, |crew| crew.person("ada", "boss").resource("yard:north").resource("yard:south")).await;
    let world = &stage.world;
    // A lead gives nobody a role of the root.
    world.join_at("ada", &["lee"], "yard:north", "lead").await;
    // Active, without one.
    let token = invite(world, "ada", "tim", "yard:south", "mate").await;
    accept(world, "tim", "tim", &token).await;
    world.allowed(world.demote("ada", "tim", "crew:", "hand")).await;
    let token = invite(world, "lee", "second", "yard:north", "mate").await;
    let (given, failed) = accept(world, "tim", "second", &token).await;
    assert_eq!((given, failed), (vec!["north mate".into()], vec!["acme hand NOT_PERMITTED".into()]));
    let token = invite(world, "lee", "friend", "yard:north", "mate").await;
    world.allowed(world.remove("ada", "friend@acme.test", "yard:north")).await;
    world.refused(world.accept("friend", &token), "INVITATION_VOID").await;
}
