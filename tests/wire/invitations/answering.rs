//! Invitations that are declined, or expire unanswered.

use std::time::Duration;

use rollcall::proto::{DeclineInvitationRequest, InvitationStatus};
use tonic::Code;

use super::invited;
use crate::support::{
    TestServer, Write,
    db::{Db, audited},
    expect_error,
    names::subject,
    verified,
    wire_tenant::fixture,
};

#[tokio::test]
async fn whoever_is_invited_may_decline() {
    let (stage, world) = fixture().await;
    let (invitation, token) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.refused(world.decline("mallory", &token), "EMAIL_MISMATCH").await;
    world.refused(world.decline("new", "x"), "INVITATION_NOT_FOUND").await;
    let answer = world.allowed(world.decline("new", &token)).await.decline_invitation();
    let declined = answer.invitation.expect("is in the response");
    assert_eq!((declined.id.as_str(), declined.status()), (invitation.id.as_str(), InvitationStatus::Declined));
    assert!(world.member("new@acme.test").await.is_err(), "the invited member is gone");
    for write in [world.decline("new", &token), world.accept("new", &token)] {
        world.refused(write, "INVITATION_DECLINED").await;
    }
    let (_, token) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.allowed(world.accept("new", &token)).await;
    world.refused(world.decline("new", &token), "INVITATION_USED").await;
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn a_person_without_an_account_declines_as_their_email() {
    let (_stage, world) = fixture().await;
    let (_, token) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let Write::DeclineInvitation(decline) = world.decline("new", &token) else { unreachable!() };
    let actor = Some(subject("new@acme.test"));
    world.allowed(Write::from(DeclineInvitationRequest { actor, ..decline })).await;
}

#[tokio::test]
async fn an_expired_or_replaced_token_declines_nothing() {
    let (stage, world) = fixture().await;
    let (invitation, old) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let new = world.allowed(world.resend("edith", &invitation.id)).await.resend_invitation().invitation_token;
    world.refused(world.decline("new", &old), "INVITATION_NOT_FOUND").await;
    let db = Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, "new@acme.test").await;
    db.close().await;
    world.refused(world.decline("new", &new), "INVITATION_EXPIRED").await;
}

#[tokio::test]
async fn emails_are_compared_as_mail_systems_do() {
    let (_stage, world) = fixture().await;
    let (invitation, token) = invited(&world, "edith", " New@BÜCHER.example ", "harbour", "viewer").await;
    assert_eq!(invitation.email, "new@xn--bcher-kva.example");
    let (again, token_again) = invited(&world, "edith", "new@bücher.example", "harbour", "viewer").await;
    assert_eq!(again.id, invitation.id);
    let Write::AcceptInvitation(mut accept) = world.accept("new", &token_again) else { unreachable!() };
    accept.profile.as_mut().expect("is there").emails = vec![verified("NEW@xn--bcher-KVA.example")];
    world.allowed(Write::from(accept)).await;
    world.refused(world.accept("new", &token), "INVITATION_NOT_FOUND").await;
    let refused = world.api.write(world.invite("edith", "new@-.example", "harbour", "viewer")).await;
    let metadata = expect_error(refused, Code::InvalidArgument, "FIELD_INVALID");
    assert_eq!(metadata["field"], "invitees[0].email");
}

#[tokio::test]
async fn a_server_notices_what_has_expired() {
    let stage = TestServer::with(&["sweep.every=20ms"]).await;
    let world = stage.tenant().await;
    let db = Db::open(stage.dir.path()).await;
    db.come_due(&world.tenant, "nina@acme.test").await;
    while world.invitation_of("nina@acme.test").await.status() == InvitationStatus::Pending {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(world.invitation_of("nina@acme.test").await.status(), InvitationStatus::Expired);
    let log = db.log(&world.tenant).await;
    let last = log.last().expect("there is a log");
    assert_eq!((last.kind.as_str(), last.actor.0.as_str()), ("invitation_expired", "service"));
    assert_eq!(world.grants("nina@acme.test").await, ["harbour viewer", "workspace user"], "still invited");
    db.close().await;
}
