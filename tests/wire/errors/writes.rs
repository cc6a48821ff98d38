//! Writes that are refused: not permitted, names in use, used and expired invitations, reused request ids, old etags.

use rollcall::proto::ChangeRoleRequest;
use tonic::Code;

use crate::support::{
    WireTenant, Write, expect_error,
    wire_tenant::{OPERATOR, fixture},
};

#[tokio::test]
async fn a_forbidden_write_names_who_and_what() {
    let (_stage, world) = fixture().await;
    for (write, operation) in [
        (world.invite("olga", "new@acme.test", "workspace", "user"), "invite"),
        (world.change("victor", "vera", "harbour", "editor"), "change"),
        (world.remove("victor", "vera", "harbour"), "remove"),
        (world.lock("edith", "olga"), "lock"),
        (world.unlock("ada", "lars"), "unlock"),
    ] {
        let metadata = expect_error(world.api.write(write).await, Code::PermissionDenied, "NOT_PERMITTED");
        assert!(metadata["operation"].to_lowercase().contains(operation), "{metadata:?}");
        assert!(["olga", "victor", "edith", "ada"].iter().any(|who| metadata["actor"].ends_with(who)), "{metadata:?}");
    }
}

#[tokio::test]
async fn actors_who_are_not_active_members_are_refused_for_different_reasons() {
    let (_stage, world) = fixture().await;
    for (actor, reason) in
        [("stranger", "ACTOR_NOT_A_MEMBER"), ("lars", "ACTOR_LOCKED"), ("nina@acme.test", "ACTOR_INVITED")]
    {
        expect_error(world.api.write(world.create_site(actor, "pier")).await, Code::PermissionDenied, reason);
    }
}

#[tokio::test]
async fn a_used_invitation_is_named() {
    let (_stage, world) = fixture().await;
    let (invitation, token) = world.invited("edith", "new@acme.test", "harbour", "viewer").await;
    world.api.write(world.accept("new", &token)).await.expect("the invitation is open");
    for again in ["new", "newer"] {
        let result = world.api.write(world.accept(again, &token)).await;
        let metadata = expect_error(result, Code::FailedPrecondition, "INVITATION_USED");
        assert_eq!(metadata["invitation"], invitation.id);
    }
}

#[tokio::test]
async fn an_expired_invitation_is_named() {
    let (stage, world) = fixture().await;
    let (invitation, token) = world.invited("edith", "new@acme.test", "harbour", "viewer").await;
    let db = crate::support::db::Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, "new@acme.test").await;
    db.close().await;
    let result = world.api.write(world.accept("new", &token)).await;
    let metadata = expect_error(result, Code::FailedPrecondition, "INVITATION_EXPIRED");
    assert_eq!(metadata["invitation"], invitation.id);
}

#[tokio::test]
async fn an_invitation_is_of_its_tenant_and_email() {
    let (stage, world) = fixture().await;
    let other = WireTenant::seeded(&stage.api, "globex").await;
    let (_, token) = world.invited("edith", "new@acme.test", "harbour", "viewer").await;
    expect_error(other.api.write(other.accept("new", &token)).await, Code::NotFound, "INVITATION_NOT_FOUND");
    expect_error(world.api.write(world.accept("mallory", &token)).await, Code::PermissionDenied, "EMAIL_MISMATCH");
    let mut cut = token.clone();
    cut.pop();
    expect_error(world.api.write(world.accept("new", &cut)).await, Code::NotFound, "INVITATION_NOT_FOUND");
    world.api.write(world.accept("new", &token)).await.expect("still open where it belongs");
}

#[tokio::test]
async fn a_request_id_stands_for_one_body() {
    let (_stage, world) = fixture().await;
    let first = world.create_site("olga", "pier").under("a-random-request-1");
    world.api.write(first.clone()).await.expect("any member may");
    for other in [
        world.create_site("olga", "dock"),
        world.create_site("edith", "pier"),
        world.lock("ada", "olga"),
        world.invite("ada", "new@acme.test", "workspace", "user"),
    ] {
        let result = world.api.write(other.under("a-random-request-1")).await;
        let metadata = expect_error(result, Code::FailedPrecondition, "REQUEST_ID_REUSED");
        assert_eq!(metadata["request_id"], "a-random-request-1");
    }
    world.api.write(first).await.expect("the same body is answered again");
}

#[tokio::test]
async fn a_write_on_an_old_etag_does_not_happen() {
    let (_stage, world) = fixture().await;
    let old = world.etag("victor").await;
    let with = |etag: &str, role: &str| {
        let Write::ChangeRole(request) = world.change("edith", "victor", "harbour", role) else { unreachable!() };
        Write::from(ChangeRoleRequest { etag: etag.into(), ..request })
    };
    let answer = world.api.write(with(&old, "editor")).await.expect("the etag is the member's").change_role();
    let new = answer.member.expect("is in the response").etag;
    assert_ne!(old, new);
    assert_eq!(world.etag("victor").await, new);

    expect_error(world.api.write(with(&old, "viewer")).await, Code::Aborted, "ETAG_MISMATCH");
    expect_error(world.api.write(with("rubbish", "viewer")).await, Code::Aborted, "ETAG_MISMATCH");
    assert!(world.grants("victor").await.contains(&"harbour editor".into()));

    let vera = world.etag("vera").await;
    world.api.write(world.lock("ada", "victor")).await.expect("an admin may");
    assert_ne!(world.etag("victor").await, new, "every write to a member changes their etag");
    assert_eq!(world.etag("vera").await, vera, "and nobody else's");
}

#[tokio::test]
async fn every_write_to_one_member_heeds_an_etag() {
    let (_stage, world) = fixture().await;
    let Write::RemoveMember(mut remove) = world.remove("ada", "olga", "workspace") else { unreachable!() };
    let Write::LockMember(mut lock) = world.lock("ada", "olga") else { unreachable!() };
    let Write::UnlockMember(mut unlock) = world.unlock(OPERATOR, "lars") else { unreachable!() };
    let profile = crate::support::wire_tenant::profile("olga");
    let Write::UpdateMember(mut update) = world.update("olga", "olga", profile) else { unreachable!() };
    for etag in [&mut remove.etag, &mut lock.etag, &mut unlock.etag, &mut update.etag] {
        "stale".clone_into(etag);
    }
    for write in [Write::from(remove), lock.into(), unlock.into(), update.into()] {
        expect_error(world.api.write(write.clone().dry()).await, Code::Aborted, "ETAG_MISMATCH");
        expect_error(world.api.write(write).await, Code::Aborted, "ETAG_MISMATCH");
    }
}

#[tokio::test]
async fn names_are_unique() {
    let (_stage, world) = fixture().await;
    expect_error(world.api.write(world.create_tenant("ada")).await, Code::AlreadyExists, "TENANT_EXISTS");
    let again = world.api.write(world.create_site("olga", "harbour")).await;
    expect_error(again, Code::AlreadyExists, "RESOURCE_EXISTS");
    let inside = world.api.write(world.invite("edith", "victor", "harbour", "editor")).await;
    expect_error(inside, Code::AlreadyExists, "ALREADY_A_MEMBER");
    let profile = rollcall::proto::Profile { username: "VERA".into(), ..crate::support::wire_tenant::profile("olga") };
    let refused = world.api.write(world.update("olga", "olga", profile)).await;
    let metadata = expect_error(refused, Code::AlreadyExists, "IDENTIFIER_TAKEN");
    assert_eq!(metadata["identifier"], "username");
}
