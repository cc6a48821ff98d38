//! A pending role is given by who may give it when it is accepted, to whoever accepts: not by who could once.

use rollcall::proto::{
    GetInvitationRequest, GrantedBy, ListChangesRequest, ListedInvitation, change::Change as Detail,
};

use super::{CREW, Stage, accept, assert_void, invite};
use crate::support::{WireTenant, Write, names::short, wire_tenant::OPERATOR};

/// A crew with a second boss.
async fn bosses() -> Stage {
    let stage = Stage::crew().await;
    stage.world.join_at("ada", &["bo"], "crew:", "boss").await;
    stage
}

/// A boss may not make themselves a lead, and not by way of a second mailbox either.
#[tokio::test]
async fn nobody_gives_themselves_by_a_second_mailbox_what_they_may_not() {
    let stage = bosses().await;
    let world = &stage.world;
    invite(world, "bo", "second", "yard:north", "lead").await;
    let token = invite(world, "ada", "second", "yard:south", "mate").await;
    let (given, failed) = accept(world, "bo", "second", &token).await;
    assert_eq!(
        (given, failed),
        (vec!["south mate".into()], vec!["north lead NOT_PERMITTED".into(), "acme hand ALREADY_A_MEMBER".into()])
    );
    assert_eq!(world.role("bo", "yard:north").await, "-");
}

#[tokio::test]
async fn nor_by_raising_who_is_pending() {
    let stage = bosses().await;
    let world = &stage.world;
    let raises: [fn(&WireTenant) -> Write; 2] = [
        |world| world.change("bo", "second@acme.test", "yard:north", "lead"),
        |world| world.change_all("bo", &[["second@acme.test", "yard:north", "lead"]]),
    ];
    for raise in raises {
        let token = invite(world, "ada", "second", "yard:north", "mate").await;
        world.allowed(raise(world)).await;
        assert_void(world, "bo", "second", &token, "NOT_PERMITTED").await;
        // To anybody else, they may give it.
        let (given, failed) = accept(world, "second", "second", &token).await;
        assert_eq!((given, failed), (vec!["acme hand".into(), "north lead".into()], vec![]));
        world.allowed(world.remove("ada", "second", "crew:")).await;
    }
}

#[tokio::test]
async fn nor_by_having_it_sent_again() {
    let stage = bosses().await;
    let world = &stage.world;
    let (invitation, _) = world.invited("bo", "second@acme.test", "yard:north", "lead").await;
    let resent = world.allowed(world.resend("ada", &invitation.id)).await.resend_invitation();
    assert_void(world, "bo", "second", &resent.invitation_token, "NOT_PERMITTED").await;
}

/// Whoever may give what nobody gives any more takes it over, by inviting to it again.
#[tokio::test]
async fn whoever_may_give_it_takes_it_over() {
    let stage = bosses().await;
    let world = &stage.world;
    let token = invite(world, "bo", "second", "yard:north", "lead").await;
    assert_void(world, "bo", "second", &token, "NOT_PERMITTED").await;
    // The invited person would be given it still, so it is only sent again.
    let token = invite(world, "ada", "second", "yard:north", "lead").await;
    assert_void(world, "bo", "second", &token, "NOT_PERMITTED").await;
    world.allowed(world.change("ada", "bo", "crew:", "hand")).await;
    let token = invite(world, "ada", "second", "yard:north", "lead").await;
    let (given, failed) = accept(world, "bo", "second", &token).await;
    assert_eq!((given, failed), (vec!["north lead".into()], vec![]));
    assert_eq!(giver(world, "bo", "yard.lead").await, "ada");
}

/// Whoever looks at an invitation sees who offered what, and what would not be given any more.
#[tokio::test]
async fn what_would_fail_is_shown() {
    let stage = bosses().await;
    let world = &stage.world;
    let (invitation, _) = world.invited("bo", "friend@acme.test", "yard:north", "lead").await;
    world.allowed(world.invite("ada", "friend@acme.test", "yard:south", "mate")).await;
    let shown = async || {
        let listed = world.list_invitations(world.invitations()).await;
        let is_it = |listed: &&ListedInvitation| listed.invitation.as_ref().is_some_and(|it| it.id == invitation.id);
        let listed = listed.iter().find(is_it).expect("it is listed");
        let request = GetInvitationRequest {
            tenant: world.tenant.clone(),
            invitation: invitation.id.clone(),
            ..Default::default()
        };
        let found = world.api.clone().get_invitation(request).await.unwrap().invitation.unwrap();
        assert_eq!(found, *listed);
        let offers = listed.grants.iter().map(|grant| format!("{} by {}", grant.role, who(grant.granted_by.as_ref())));
        let failing =
            listed.failing_grants.iter().map(|grant| format!("{} {}", grant.role, grant.reason().as_str_name()));
        (offers.collect::<Vec<_>>(), failing.collect::<Vec<_>>())
    };
    let offers = ["hand by bo", "lead by bo", "mate by ada"].map(str::to_owned).to_vec();
    assert_eq!(shown().await, (offers.clone(), vec![]));
    world.allowed(world.lock("ada", "bo")).await;
    assert_eq!(shown().await, (offers, vec!["lead ACTOR_LOCKED".to_owned()]));
}

/// What a boss does no more, and what their invitation fails for then.
fn ends(world: &WireTenant) -> Vec<(Write, Option<Write>, &'static str)> {
    vec![
        (world.lock("ada", "bo"), Some(world.unlock("ada", "bo")), "ACTOR_LOCKED"),
        (world.change("ada", "bo", "crew:", "hand"), Some(world.change("ada", "bo", "crew:", "boss")), "NOT_PERMITTED"),
        (world.deactivate("ada", "bo"), Some(world.reactivate("ada", "bo")), "ACTOR_DEACTIVATED"),
        (world.remove("ada", "bo", "crew:"), None, "ACTOR_NOT_A_MEMBER"),
    ]
}

/// A boss sends themselves an invitation for the day after they are none.
#[tokio::test]
async fn what_somebody_could_give_once_is_not_given() {
    let stage = bosses().await;
    let world = &stage.world;
    for (number, (end, beginning, reason)) in ends(world).into_iter().enumerate() {
        let email = format!("private-{number}");
        let token = invite(world, "bo", &email, "crew:", "boss").await;
        world.allowed(end).await;
        assert_void(world, &email, &email, &token, reason).await;
        let Some(beginning) = beginning else { continue };
        world.allowed(beginning).await;
        if reason == "ACTOR_DEACTIVATED" {
            // Their roles did not come back with them.
            assert_void(world, &email, &email, &token, "NOT_PERMITTED").await;
            world.allowed(world.invite("ada", "bo@acme.test", "crew:", "boss")).await;
        }
        accept(world, &email, &email, &token).await;
        world.allowed(world.remove("ada", &email, "crew:")).await;
    }
}

/// The right that a role rested on may have been a team's, or have had an end.
#[tokio::test]
async fn nor_what_a_team_could_give() {
    let stage = Stage::new(CREW, |crew| {
        crew.person("ada", "boss").resource("yard:north").resource("gang:night").joined("tim", "gang:night", "mate")
    })
    .await;
    let world = &stage.world;
    world.allowed(world.invite("ada", "gang:night", "yard:north", "lead")).await;
    let token = invite(world, "tim", "friend", "yard:north", "mate").await;
    world.allowed(world.remove("ada", "tim", "gang:night")).await;
    assert_void(world, "friend", "friend", &token, "NOT_PERMITTED").await;
}

/// An operator's offers are judged as an operator's; and what is given says who gave it, and not who took it.
#[tokio::test]
async fn each_role_says_who_gave_it() {
    const BY_OPERATORS: &str = "invite     = [{ by = \"boss | operator\", to";
    let policy = CREW.replace("invite     = [{ by = \"boss\", to", BY_OPERATORS);
    assert!(policy.contains(BY_OPERATORS));
    let stage = Stage::new(&policy, |crew| crew.person("ada", "boss").resource("yard:north")).await;
    let world = &stage.world;
    let token = invite(world, OPERATOR, "bo", "crew:", "boss").await;
    accept(world, "bo", "bo", &token).await;
    assert_eq!(giver(world, "bo", "crew.boss").await, OPERATOR);
    let token = invite(world, "bo", "cy", "yard:north", "mate").await;
    accept(world, "cy", "cy", &token).await;
    for role in ["yard.mate", "crew.hand"] {
        assert_eq!(giver(world, "cy", role).await, "bo");
    }
    world.allowed(world.change("ada", "cy", "yard:north", "lead")).await;
    assert_eq!(giver(world, "cy", "yard.lead").await, "ada");
    let listed = world.list(world.members_at("yard:north")).await;
    let cy = listed
        .iter()
        .find(|listed| listed.memberships.iter().any(|role| role.role == "yard.lead" && role.implied_by.is_empty()));
    assert_eq!(who(cy.expect("they are a lead").memberships[0].granted_by.as_ref()), "ada");

    let request = ListChangesRequest { tenant: world.tenant.clone(), page_size: 1000, ..Default::default() };
    let changes = world.api.clone().list_changes(request).await.unwrap().changes;
    let passed_on = changes.into_iter().filter_map(|change| match change.change {
        Some(Detail::RoleGranted(granted)) => granted.granted_by.map(|by| (short(&change.actor.unwrap()), by)),
        _ => None,
    });
    let mut passed_on: Vec<String> = passed_on.map(|(actor, by)| format!("{} to {actor}", who(Some(&by)))).collect();
    passed_on.sort();
    assert_eq!(passed_on, ["bo to cy", "bo to cy", "operator:root to bo"]);
}

/// A policy may let invitations outlive their inviters; but nobody gives themselves anything by that.
#[tokio::test]
async fn where_the_policy_says_so_invitations_outlive_their_inviters() {
    let policy = format!("{CREW}\n[invitations]\noutlive_inviter = true\n");
    let stage =
        Stage::new(&policy, |crew| crew.person("ada", "boss").resource("yard:north").resource("yard:south")).await;
    let world = &stage.world;
    world.join_at("ada", &["bo"], "crew:", "boss").await;
    invite(world, "bo", "second", "yard:north", "lead").await;
    let token = invite(world, "ada", "second", "yard:south", "mate").await;
    let (_, failed) = accept(world, "bo", "second", &token).await;
    assert_eq!(failed, ["north lead NOT_PERMITTED", "acme hand ALREADY_A_MEMBER"]);
    let token = invite(world, "bo", "friend", "crew:", "boss").await;
    world.allowed(world.remove("ada", "bo", "crew:")).await;
    let (given, failed) = accept(world, "friend", "friend", &token).await;
    assert_eq!((given, failed), (vec!["acme boss".into()], vec![]));
}

/// Who gave a role to a member, by the list of their roles.
async fn giver(world: &WireTenant, member: &str, role: &str) -> String {
    let found = world.member(member).await.expect("they are a member");
    let role = found.memberships.iter().find(|found| found.role == role).unwrap_or_else(|| panic!("{found:?}"));
    who(role.granted_by.as_ref())
}

/// The giver, who is named with the line and the time.
fn who(granted_by: Option<&GrantedBy>) -> String {
    let granted_by = granted_by.expect("each role says who gave it");
    assert!(granted_by.rule.starts_with("crew@1:") && granted_by.time.is_some(), "{granted_by:?}");
    short(granted_by.subject.as_ref().expect("somebody did"))
}
