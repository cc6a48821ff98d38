//! Invitations sent again: by whom, with a new secret and a new expiry, and which can't be.

use rollcall::proto::{InvitationStatus, ResendInvitationRequest};
use tonic::Code;

use super::invited;
use crate::support::{
    Write,
    db::{Db, audited},
    expect_error,
    wire_tenant::{OPERATOR, fixture},
};

#[tokio::test]
async fn whoever_invites_sends_again_and_nobody_else() {
    let (_stage, world) = fixture().await;
    let to_the_site = world.invitation_of("nina@acme.test").await.id;
    world.allowed(world.create_site("olga", "pier")).await;
    for (actor, reason) in [
        ("victor", "NOT_PERMITTED"),
        ("olga", "NOT_PERMITTED"),
        ("stranger", "ACTOR_NOT_A_MEMBER"),
        ("lars", "ACTOR_LOCKED"),
        ("nina@acme.test", "ACTOR_INVITED"),
    ] {
        world.refused(world.resend(actor, &to_the_site), reason).await;
    }
    for actor in ["edith", "emil", "ada", OPERATOR] {
        world.allowed(world.resend(actor, &to_the_site)).await;
    }
    let (to_the_workspace, _) = invited(&world, "ada", "new@acme.test", "workspace", "user").await;
    for (actor, reason) in [("edith", "NOT_PERMITTED"), ("olga", "NOT_PERMITTED"), ("lars", "ACTOR_LOCKED")] {
        world.refused(world.resend(actor, &to_the_workspace.id), reason).await;
    }
    world.allowed(world.resend(OPERATOR, &to_the_workspace.id)).await;
    world.refused(world.resend("ada", "nothing"), "INVITATION_NOT_FOUND").await;
}

#[tokio::test]
async fn to_invite_once_more_leaves_the_member_as_they_were() {
    let (_stage, world) = fixture().await;
    world.allowed(world.invite("ada", "new@acme.test", "workspace", "user")).await;
    let etag = world.etag("new@acme.test").await;
    let answer = world.allowed(world.invite("ada", "new@acme.test", "workspace", "user")).await.invite();
    assert_eq!(answer.results[0].member.as_ref().expect("is in the response").etag, etag);
    assert_eq!(world.etag("new@acme.test").await, etag);
}

#[tokio::test]
async fn a_new_secret_and_a_new_term_replace_the_old_ones() {
    let (stage, world) = fixture().await;
    let (before, first) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let again = world.allowed(world.resend("ada", &before.id)).await.resend_invitation();
    let after = again.invitation.expect("is in the response");
    assert_eq!(
        (&after.id, &after.email, &after.inviter, after.create_time),
        (&before.id, &before.email, &before.inviter, before.create_time)
    );
    assert_eq!(after.status(), InvitationStatus::Pending);
    let micros = |at: Option<prost_types::Timestamp>| at.map(|at| (at.seconds, at.nanos)).expect("is in the response");
    assert!(micros(after.expire_time) > micros(before.expire_time));
    assert!(micros(after.issue_time) > micros(before.issue_time));
    assert_ne!(after.etag, before.etag);

    world.refused(world.accept("new", &first), "INVITATION_NOT_FOUND").await;
    world.allowed(world.accept("new", &again.invitation_token)).await;
    assert_eq!(world.grants("new").await, ["harbour viewer", "workspace user"]);
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn an_expired_invitation_is_sent_again() {
    let (stage, world) = fixture().await;
    let (before, _) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let db = Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, "new@acme.test").await;
    db.close().await;
    let again = world.allowed(world.resend("edith", &before.id)).await.resend_invitation();
    world.allowed(world.accept("new", &again.invitation_token)).await;
}

#[tokio::test]
async fn an_invitation_at_its_end_is_not_sent_again() {
    let (_stage, world) = fixture().await;
    let mut ids = Vec::new();
    for name in ["used", "declined", "revoked"] {
        let (invitation, token) = invited(&world, "edith", &format!("{name}@acme.test"), "harbour", "viewer").await;
        match name {
            "used" => drop(world.allowed(world.accept(name, &token)).await),
            "declined" => drop(world.allowed(world.decline(name, &token)).await),
            _ => drop(world.allowed(world.revoke("ada", &invitation.id)).await),
        }
        ids.push(invitation.id);
    }
    for (id, reason) in ids.iter().zip(["INVITATION_USED", "INVITATION_DECLINED", "INVITATION_REVOKED"]) {
        world.refused(world.resend("ada", id), reason).await;
        world.refused(world.revoke("ada", id), reason).await;
    }
}

#[tokio::test]
async fn resending_to_a_person_removed_everywhere_is_decided_in_the_tenant() {
    let (_stage, world) = fixture().await;
    let (invitation, _) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.allowed(world.remove("edith", "new@acme.test", "harbour")).await;
    world.refused(world.resend("edith", &invitation.id), "NOT_PERMITTED").await;
    world.allowed(world.resend("ada", &invitation.id)).await;
}

#[tokio::test]
async fn an_old_etag_stops_it() {
    let (_stage, world) = fixture().await;
    let (before, _) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let with = |write: Write, etag: &str| match write {
        Write::ResendInvitation(request) => Write::from(ResendInvitationRequest { etag: etag.into(), ..request }),
        Write::RevokeInvitation(mut request) => {
            etag.clone_into(&mut request.etag);
            Write::from(request)
        }
        other => other,
    };
    let resend = world.resend("edith", &before.id);
    let after = world.allowed(with(resend.clone(), &before.etag)).await.resend_invitation().invitation;
    for write in [resend, world.revoke("ada", &before.id)] {
        let refused = world.api.write(with(write, &before.etag)).await;
        let metadata = expect_error(refused, Code::Aborted, "ETAG_MISMATCH");
        assert_eq!(metadata["invitation"], before.id);
    }
    world.allowed(with(world.revoke("ada", &before.id), &after.expect("is in the response").etag)).await;
}
