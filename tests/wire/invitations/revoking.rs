//! Invitations that are revoked: by whom, and what that ends.

use rollcall::proto::InvitationStatus;

use super::invited;
use crate::support::{
    db::audited,
    wire_tenant::{OPERATOR, fixture},
};

#[tokio::test]
async fn whoever_removes_from_the_tenant_or_from_everywhere_takes_it_back() {
    let (stage, world) = fixture().await;
    let (invitation, token) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    // An editor takes people out of their job site, and not out of the workspace, where the invitation gives a role
    // too.
    for (actor, reason) in [
        ("edith", "NOT_PERMITTED"),
        ("victor", "NOT_PERMITTED"),
        (OPERATOR, "NOT_PERMITTED"),
        ("stranger", "ACTOR_NOT_A_MEMBER"),
        ("lars", "ACTOR_LOCKED"),
        ("new@acme.test", "ACTOR_INVITED"),
    ] {
        world.refused(world.revoke(actor, &invitation.id), reason).await;
    }
    let answer = world.allowed(world.revoke("ada", &invitation.id)).await.revoke_invitation();
    assert_eq!(answer.invitation.expect("is in the response").status(), InvitationStatus::Revoked);
    let mut revoked: Vec<_> = answer.revoked.into_iter().map(|grant| grant.role).collect();
    revoked.sort();
    assert_eq!(revoked, ["user", "viewer"]);

    world.refused(world.accept("new", &token), "INVITATION_REVOKED").await;
    assert!(world.member("new@acme.test").await.is_err(), "the invited member is gone");
    let (next, token) = invited(&world, "edith", "new@acme.test", "harbour", "editor").await;
    assert_ne!(next.id, invitation.id);
    world.allowed(world.accept("new", &token)).await;
    assert_eq!(world.grants("new").await, ["harbour editor", "workspace user"]);
    world.refused(world.revoke("ada", "nothing"), "INVITATION_NOT_FOUND").await;
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn an_expired_invitation_dies_with_its_member() {
    let (stage, world) = fixture().await;
    let (invitation, _) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let db = crate::support::db::Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, "new@acme.test").await;
    db.close().await;
    world.allowed(world.remove("ada", "new@acme.test", "workspace")).await;
    world.refused(world.resend("ada", &invitation.id), "INVITATION_REVOKED").await;
}
