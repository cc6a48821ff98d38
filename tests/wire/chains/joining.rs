//! A role of the tenant that comes along with others lasts as long as one of them, and no longer.

use super::{LATER, SOONER, Stage, accept, at, root_role_end};
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
