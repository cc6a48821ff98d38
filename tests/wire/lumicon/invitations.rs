//! Invitations: which roles they grant to whom, when they are accepted, and how they end.

use rollcall::proto::{InviteOutcome, MemberStatus};

use crate::support::{
    WireTenant, Write,
    names::{named, short, subject},
    verified,
    wire_tenant::{OPERATOR, fixture},
};

/// Invites and returns the secret.
async fn invited(world: &WireTenant, actor: &str, email: &str, resource: &str, role: &str) -> String {
    let answer = world.allowed(world.invite(actor, email, resource, role)).await.invite();
    let [result] = answer.results.try_into().expect("one result an invitee");
    assert_eq!(result.outcome(), InviteOutcome::Invited);
    assert!(!result.invitation_token.is_empty());
    result.invitation_token
}

#[tokio::test]
async fn somebody_new_is_invited_and_may_nothing_until_they_accept() {
    let (_stage, world) = fixture().await;
    let answer = world.allowed(world.invite("edith", "new@acme.test", "harbour", "editor")).await.invite();
    let [result] = answer.results.try_into().expect("one result an invitee");
    let member = result.member.expect("the response has the member");
    assert_eq!(named(&member), subject("new@acme.test"));
    let invited = member.subject.clone().expect("has a subject");
    assert_eq!((invited.r#type.as_str(), invited.id.len()), ("invited", 26), "an id that tells nothing of the person");
    assert_eq!(member.status(), MemberStatus::Invited);
    let invitation = result.invitation.expect("the response has the invitation");
    assert_eq!((invitation.email.as_str(), invitation.inviter), ("new@acme.test", Some(subject("edith"))));
    let (created, expires) =
        (member.create_time.expect("is in the response"), invitation.expire_time.expect("is in the response"));
    assert_eq!(expires.seconds - created.seconds, 7 * 24 * 60 * 60);

    assert_eq!(world.grants("new@acme.test").await, ["harbour editor", "workspace user"]);
    assert!(!world.may("new@acme.test", "data.view", "harbour").await);
    world.refused(world.create_site("new@acme.test", "pier"), "ACTOR_INVITED").await;
}

#[tokio::test]
async fn whoever_accepts_has_the_role_and_is_a_user_of_the_workspace() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "edith", "new@acme.test", "harbour", "editor").await;
    let answer = world.allowed(world.accept("new", &secret)).await.accept_invitation();
    let member = answer.member.expect("the response has the member");
    assert_eq!(
        (short(&member.subject.clone().expect("has a subject")).as_str(), member.status()),
        ("new", MemberStatus::Active)
    );
    assert_eq!(member.profile, Some(crate::support::wire_tenant::profile("new")));
    assert_eq!(answer.grants.len(), 2);

    assert_eq!(world.grants("new").await, ["harbour editor", "workspace user"]);
    assert!(world.may("new", "data.edit", "harbour").await);
    assert!(world.may("new", "job_site.create", "workspace").await);
    let found = world.member("new@acme.test").await.expect("the address is theirs now").member.expect("is there");
    assert_eq!(found.subject, Some(subject("new")), "the stand-in is gone");
}

#[tokio::test]
async fn an_operators_admin_is_an_admin_on_acceptance() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, OPERATOR, "new@acme.test", "workspace", "admin").await;
    assert!(!world.may("new@acme.test", "user_management.view", "workspace").await);
    world.allowed(world.accept("new", &secret)).await;
    assert!(world.may("new", "user_management.view", "workspace").await);
    assert!(world.may("new", "data.edit", "quarry").await);
}

#[tokio::test]
async fn an_invitation_is_accepted_once() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "ada", "new@acme.test", "workspace", "user").await;
    world.allowed(world.accept("new", &secret)).await;
    world.refused(world.accept("new", &secret), "INVITATION_USED").await;
    assert_eq!(world.grants("new").await, ["workspace user"]);
}

#[tokio::test]
async fn an_invitation_is_for_its_own_email() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "ada", "new@acme.test", "workspace", "user").await;
    world.refused(world.accept("mallory", &secret), "EMAIL_MISMATCH").await;
    world.refused(world.accept("new", "no-such-secret"), "INVITATION_NOT_FOUND").await;
    world.allowed(world.accept("new", &secret)).await;
}

#[tokio::test]
async fn an_email_is_the_same_in_capitals() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "ada", "New@Acme.TEST", "workspace", "user").await;
    assert_eq!(world.grants("new@acme.test").await, ["workspace user"]);
    world.allowed(world.accept("new", &secret)).await;
    world.refused(world.invite("ada", "NEW@acme.test", "workspace", "user"), "ALREADY_A_MEMBER").await;
}

#[tokio::test]
async fn inviting_again_adds_roles_and_replaces_the_secret() {
    let (_stage, world) = fixture().await;
    let first = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let second = invited(&world, "emil", "new@acme.test", "quarry", "editor").await;
    assert_ne!(first, second);
    assert_eq!(world.grants("new@acme.test").await, ["harbour viewer", "quarry editor", "workspace user"]);
    world.refused(world.accept("new", &first), "INVITATION_NOT_FOUND").await;
    world.allowed(world.accept("new", &second)).await;
    assert_eq!(world.grants("new").await, ["harbour viewer", "quarry editor", "workspace user"]);
}

#[tokio::test]
async fn inviting_again_to_the_same_only_replaces_the_secret() {
    let (_stage, world) = fixture().await;
    let first = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let second = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.refused(world.invite("edith", "new@acme.test", "harbour", "editor"), "ALREADY_A_MEMBER").await;
    world.refused(world.accept("new", &first), "INVITATION_NOT_FOUND").await;
    world.allowed(world.accept("new", &second)).await;
    assert_eq!(world.grants("new").await, ["harbour viewer", "workspace user"]);
}

#[tokio::test]
async fn a_lock_outlives_acceptance() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.allowed(world.lock("ada", "new@acme.test")).await;
    world.allowed(world.accept("new", &secret)).await;
    assert!(!world.may("new", "data.view", "harbour").await);
}

#[tokio::test]
async fn an_invited_person_can_be_changed_and_taken_out_before_accepting() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.allowed(world.change("edith", "new@acme.test", "harbour", "editor")).await;
    world.allowed(world.remove("edith", "new@acme.test", "harbour")).await;
    assert_eq!(world.grants("new@acme.test").await, ["workspace user"]);
    // What came along with the role is nothing without it.
    world.refused(world.accept("new", &secret), "INVITATION_VOID").await;
}

#[tokio::test]
async fn an_invitation_dies_with_its_member() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "ada", "new@acme.test", "workspace", "user").await;
    world.allowed(world.remove("ada", "new@acme.test", "workspace")).await;
    world.refused(world.accept("new", &secret), "INVITATION_REVOKED").await;
    let secret = invited(&world, "ada", "new@acme.test", "workspace", "user").await;
    world.allowed(world.accept("new", &secret)).await;
}

#[tokio::test]
async fn an_expired_invitation_is_refused_and_can_be_issued_again() {
    let (stage, world) = fixture().await;
    let secret = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let db = crate::support::db::Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, "new@acme.test").await;
    db.close().await;
    world.refused(world.accept("new", &secret), "INVITATION_EXPIRED").await;
    let secret = invited(&world, "emil", "new@acme.test", "quarry", "viewer").await;
    world.allowed(world.accept("new", &secret)).await;
    assert_eq!(world.grants("new").await, ["harbour viewer", "quarry viewer", "workspace user"]);
}

#[tokio::test]
async fn who_is_out_gives_nothing_more() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.allowed(world.remove("ada", "edith", "workspace")).await;
    world.refused(world.accept("new", &secret), "INVITATION_VOID").await;
    let secret = invited(&world, "emil", "new@acme.test", "harbour", "viewer").await;
    world.allowed(world.accept("new", &secret)).await;
    assert!(world.may("new", "data.view", "harbour").await);
}

/// Nobody slips out of a lock by accepting as somebody who is here already.
#[tokio::test]
async fn a_lock_of_the_invited_goes_to_whoever_accepts() {
    let (_stage, world) = fixture().await;
    let secret = invited(&world, "edith", "other@acme.test", "harbour", "viewer").await;
    world.allowed(world.lock("ada", "other@acme.test")).await;
    let Write::AcceptInvitation(mut accept) = world.accept("olga", &secret) else { unreachable!() };
    accept.profile.iter_mut().for_each(|profile| profile.emails = vec![verified("other@acme.test")]);
    let answer = world.allowed(accept.into()).await.accept_invitation();
    assert!(answer.member.expect("the response has the member").locked);
    assert!(!world.may("olga", "data.view", "harbour").await);
    world.refused(world.create_site("olga", "pier"), "ACTOR_LOCKED").await;
}
