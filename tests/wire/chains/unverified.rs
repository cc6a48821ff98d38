//! An email that nobody verified is nobody's: it takes no invitation, whoever writes it and however.

use rollcall::proto::{EmailAddress, Profile};

use super::{Stage, accept, invite};
use crate::support::{
    WireTenant, Write,
    error::fields_of,
    names::{email_of, profile},
    own_roles,
};

/// A club in which members write their own profiles, and bosses all.
const POLICY: &str = r#"
edition = 1
policy  = "club"
version = 1
root    = "club"

[club]
creator_role = "boss"

[club.roles]
boss = {}
hand = {}

[club.members]
invite = [{ by = "boss", to = ["boss", "hand"] }]
remove = [{ by = "boss", from = ["boss", "hand"] }]
update = [{ by = "self | boss" }]
"#;

/// The club of the boss `ada` with the hand `mallory`, and the token of the invitation by which `eve` would be a boss.
async fn club() -> (Stage, String) {
    let stage = Stage::new(POLICY, |club| club.person("ada", "boss").person("mallory", "hand")).await;
    let token = invite(&stage.world, "ada", "eve", "club:", "boss").await;
    (stage, token)
}

/// The profile of somebody who says that an address is theirs, and has not shown it.
fn claiming(who: &str, email: &str) -> Profile {
    Profile { emails: vec![EmailAddress { email: email.into(), verified: false }], ..profile(who) }
}

/// That a write is refused for saying of an address that it is not verified.
async fn refused(world: &WireTenant, write: Write, reason: &str) {
    let status = world.refused(write, reason).await;
    assert_eq!(fields_of(&status), ["profile.emails[0].verified"]);
}

/// That the invitation is still the one of whom it was sent to, and gave nobody else anything.
async fn assert_still_eves(world: &WireTenant, token: &str) {
    let (given, failed) = accept(world, "eve", "eve", token).await;
    assert_eq!((given, failed), (vec!["acme boss".to_owned()], Vec::new()));
    let roles = own_roles(world.member("mallory").await.expect("a member"));
    assert_eq!(roles.iter().map(|grant| grant.role.as_str()).collect::<Vec<_>>(), ["hand"]);
}

#[tokio::test]
async fn an_unverified_email_of_a_member_takes_no_invitation() {
    let (stage, token) = club().await;
    let world = &stage.world;
    for actor in ["mallory", "ada"] {
        for email in [email_of("eve"), "EVE@Acme.Test".to_owned(), email_of("nobody")] {
            refused(world, world.update(actor, "mallory", claiming("mallory", &email)), "FIELD_NOT_SUPPORTED").await;
        }
    }
    assert_still_eves(world, &token).await;
}

#[tokio::test]
async fn what_was_verified_does_not_become_unverified() {
    let (stage, token) = club().await;
    let own = claiming("mallory", &email_of("mallory"));
    refused(&stage.world, stage.world.update("mallory", "mallory", own), "FIELD_NOT_SUPPORTED").await;
    assert_still_eves(&stage.world, &token).await;
}

#[tokio::test]
async fn nobody_accepts_by_an_email_that_is_not_verified() {
    let (stage, token) = club().await;
    let world = &stage.world;
    for who in ["eve", "mallory", "stranger"] {
        let Write::AcceptInvitation(mut accept) = world.accept(who, &token) else { panic!("it accepts") };
        accept.profile = Some(claiming(who, &email_of("eve")));
        refused(world, accept.into(), "FIELD_INVALID").await;
    }
    assert_still_eves(world, &token).await;
}

/// A verified one is taken as such: the invitation of its owner does not keep it from them, nor do they come by it twice.
#[tokio::test]
async fn an_open_invitation_is_answered_by_no_update() {
    let (stage, token) = club().await;
    let world = &stage.world;
    let hers = Profile { emails: profile("eve").emails, ..profile("mallory") };
    world.refused(world.update("mallory", "mallory", hers), "IDENTIFIER_TAKEN").await;
    assert_still_eves(world, &token).await;
}
