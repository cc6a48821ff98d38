//! The profile of an invited person where others may update it: the email stays, the rest is theirs when they accept.

use rollcall::proto::{EmailAddress, Profile};

use super::invited;
use crate::support::{
    TestServer, WireTenant,
    error::fields_of,
    fixture::tenant,
    names::{email_of, profile},
    wire_tenant::OPERATOR,
};

const ROOT: &str = "organization:";

/// An organization on `lume`, where an operator writes everybody's profile, with an invitation for `nina` and its
/// secret.
async fn organization() -> (TestServer, WireTenant, String) {
    let (server, lume) = tenant("lume").person("ann", "admin").wire().await;
    let (_, token) = invited(&lume, OPERATOR, &email_of("nina"), ROOT, "user").await;
    (server, lume, token)
}

fn unverified(email: &str) -> EmailAddress {
    EmailAddress { email: email.into(), verified: false }
}

#[tokio::test]
async fn the_email_that_an_invitation_is_bound_to_stays() {
    let (_server, world, _) = organization().await;
    let nina = email_of("nina");
    for emails in [vec![unverified(&email_of("nora"))], Vec::new()] {
        let status =
            world.refused(world.update(OPERATOR, &nina, Profile { emails, ..profile("nina") }), "FIELD_INVALID");
        assert_eq!(fields_of(&status.await), ["profile.emails[0].email"]);
    }
    let status = world.refused(world.update(OPERATOR, &nina, profile("nina")), "FIELD_NOT_SUPPORTED");
    assert_eq!(fields_of(&status.await), ["profile.emails[0].verified"], "she has not shown that it is hers");
    let emails = vec![unverified(&nina)];
    world.allowed(world.update(OPERATOR, &nina, Profile { emails, ..profile("nina") })).await;
    invited(&world, OPERATOR, &nina, ROOT, "user").await;
}

#[tokio::test]
async fn what_the_invited_person_is_found_by_is_theirs_when_they_accept() {
    let (_server, world, token) = organization().await;
    let emails = vec![unverified(&email_of("nina"))];
    let known = Profile { phone: "+4930123456".into(), emails, ..profile("nina") };
    world.allowed(world.update(OPERATOR, &email_of("nina"), known.clone())).await;
    let accepted = world.allowed(world.accept("nina", &token)).await.accept_invitation();
    let member = accepted.member.expect("the answer has the member");
    assert_eq!(member.profile.expect("members have profiles").username, known.username);
}
