//! What keeps an invitation from being issued: suppressed addresses, and how many a tenant issues in a day.

use rollcall::proto::{ErrorReason, InviteRequest, ListSuppressedAddressesRequest};
use tonic::Code;
use tonic_types::StatusExt as _;

use super::invited;
use crate::support::{
    TestServer, WireTenant,
    db::audited,
    expect_error,
    wire_tenant::{OPERATOR, fixture},
    write::Write,
};

#[tokio::test]
async fn nothing_is_sent_to_a_suppressed_address() {
    let (stage, world) = fixture().await;
    let (invitation, token) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    world.refused(world.clear(OPERATOR, "new@acme.test"), "NOT_SUPPRESSED").await;
    for actor in ["ada", "edith", "stranger"] {
        world.refused(world.suppress(actor, "new@acme.test"), "NOT_PERMITTED").await;
    }
    let answer = world.allowed(world.suppress(OPERATOR, "New@acme.test")).await.suppress_address();
    assert_eq!(answer.address.expect("is in the response").email, "new@acme.test");
    world.refused(world.suppress(OPERATOR, "new@acme.test"), "ALREADY_SUPPRESSED").await;

    let status = world.refused(world.resend("edith", &invitation.id), "ADDRESS_SUPPRESSED").await;
    let details = status.get_error_details();
    let metadata = &details.error_info().expect("is in the response").metadata;
    assert_eq!((metadata["email"].as_str(), metadata["cleared_by"].as_str()), ("new@acme.test", "operator"));
    world.refused(world.invite("emil", "new@acme.test", "quarry", "viewer"), "ADDRESS_SUPPRESSED").await;
    let both = world.invite_all("edith", &["other@acme.test", "new@acme.test"], &[("harbour", "editor")]);
    world.refused(both, "ALREADY_A_MEMBER").await;

    for actor in ["ada", "edith"] {
        world.refused(world.clear(actor, "new@acme.test"), "NOT_PERMITTED").await;
    }
    world.allowed(world.clear(OPERATOR, "new@acme.test")).await;
    world.allowed(world.accept("new", &token)).await;
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn every_pair_of_a_suppressed_address_is_named() {
    let (_stage, world) = fixture().await;
    world.allowed(world.suppress(OPERATOR, "new@acme.test")).await;
    let write =
        world.invite_all("emil", &["other@acme.test", "new@acme.test"], &[("harbour", "viewer"), ("quarry", "viewer")]);
    let status = world.refused(write, "ADDRESS_SUPPRESSED").await;
    let details = status.get_error_details();
    assert_eq!(details.error_info().expect("is in the response").metadata["refused"], "1:0 1:1");
    let member = world.invite("edith", "olga", "harbour", "viewer");
    world.allowed(world.suppress(OPERATOR, "olga@acme.test")).await;
    world.allowed(member).await;
}

#[tokio::test]
async fn a_dry_run_names_every_refused_part_and_who_is_no_member() {
    let (_stage, world) = fixture().await;
    let write = world.invite_all("stranger", &["nobody", "new@acme.test"], &[("harbour", "viewer")]).dry();
    let Write::Invite(request) = write.clone() else { panic!("an invitation was asked for") };
    let explained = InviteRequest { explain: true, ..request };
    let mut client = world.api.membership.clone();
    let answer = client.invite(explained).await.expect("a refusal is an answer").into_inner();
    let parts: Vec<_> = answer.refusals.iter().map(|part| (part.field.as_str(), part.reason())).collect();
    let whole = [("invitees[0]", ErrorReason::MemberNotFound), ("invitees[1].grants[0]", ErrorReason::ActorNotAMember)];
    assert_eq!((answer.total_refusals, &parts[..]), (2, &whole[..]));

    let status = world.refused(write, "MEMBER_NOT_FOUND").await;
    assert_eq!(status.get_error_details().error_info().expect("is in the response").metadata["refused"], "0 1:0");
}

#[tokio::test]
async fn suppressed_addresses_are_listed() {
    let (_stage, world) = fixture().await;
    for name in ["c", "a", "b"] {
        world.allowed(world.suppress(OPERATOR, &format!("{name}@acme.test"))).await;
    }
    world.allowed(world.clear(OPERATOR, "b@acme.test")).await;
    let request = |page_size, page_token: &str| ListSuppressedAddressesRequest {
        tenant: world.tenant.clone(),
        page_size,
        page_token: page_token.into(),
        consistency: None,
    };
    let first = world.api.list_suppressed_addresses(request(1, "")).await.expect("well formed");
    let second = world.api.list_suppressed_addresses(request(1, &first.next_page_token)).await.expect("well formed");
    let listed: Vec<_> =
        first.addresses.into_iter().chain(second.addresses).map(|row| (row.email, row.detail)).collect();
    let detail = "550 no such user".to_owned();
    assert_eq!(listed, [("a@acme.test".into(), detail.clone()), ("c@acme.test".into(), detail)]);
    assert!(second.next_page_token.is_empty());
    let nowhere = ListSuppressedAddressesRequest { tenant: "nowhere".into(), ..request(0, "") };
    expect_error(world.api.list_suppressed_addresses(nowhere).await, Code::NotFound, "TENANT_NOT_FOUND");
}

#[tokio::test]
async fn a_tenant_issues_so_many_a_day() {
    let stage = TestServer::with(&["limits.invitations_per_day=4"]).await;
    let world = WireTenant::bare(&stage.api, "acme").await;
    let many = |emails: &[&str]| world.invite_all("ada", emails, &[("workspace", "user")]);
    let (first, _) = invited(&world, "ada", "a@acme.test", "workspace", "user").await;
    world.allowed(world.resend("ada", &first.id)).await;
    let status = world.refused(many(&["b@acme.test", "c@acme.test", "d@acme.test"]), "INVITATION_LIMIT").await;
    let details = status.get_error_details();
    assert_eq!(details.error_info().expect("is in the response").metadata["limit"], "4");
    let wait = details.retry_info().expect("is in the response").retry_delay.expect("is in the response").as_secs();
    assert!((24 * 3600 - 600..=24 * 3600 + 1).contains(&wait), "{wait} s");
    world.allowed(many(&["b@acme.test", "c@acme.test"])).await;
    world.refused(world.resend("ada", &first.id), "INVITATION_LIMIT").await;
    world.refused(many(&["a@acme.test"]), "INVITATION_LIMIT").await;

    let five = many(&["a@x.y", "b@x.y", "c@x.y", "d@x.y", "e@x.y"]);
    let status = world.refused(five, "INVITATION_LIMIT").await;
    assert!(status.get_error_details().retry_info().is_none(), "no waiting helps");
    let other = WireTenant::bare(&stage.api, "globex").await;
    other.allowed(other.invite("ada", "a@acme.test", "workspace", "user")).await;
}
