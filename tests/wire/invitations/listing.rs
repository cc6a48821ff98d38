//! Lists of invitations: filters, order and pages.

use rollcall::proto::{GetInvitationRequest, InvitationOrder, InvitationStatus, ListInvitationsRequest};
use tonic::Code;

use super::invited;
use crate::support::{WireTenant, expect_error, names::resource, subject, wire_tenant::fixture};

async fn emails(world: &WireTenant, request: ListInvitationsRequest) -> Vec<String> {
    let listed = world.list_invitations(request).await;
    listed.into_iter().map(|listed| listed.invitation.expect("is in the response").email).collect()
}

/// In this order: `c` invited to the workspace; `b` to both sites, and revoked; `a` to the quarry; `d` declined.
/// Before them, in the seeded tenant: seven people joined, and `nina` was invited to the harbour.
async fn seed(world: &WireTenant) {
    invited(world, "ada", "c@acme.test", "workspace", "user").await;
    let (b, _) = invited(world, "edith", "b@acme.test", "harbour", "viewer").await;
    world.allowed(world.revoke("ada", &b.id)).await;
    let mut invite = world.invite("emil", "a@acme.test", "quarry", "editor");
    if let crate::support::Write::Invite(request) = &mut invite {
        request.invitees[0].display_name = "Zoë 100%".into();
    }
    world.allowed(invite).await;
    let (_, token) = invited(world, "emil", "d@acme.test", "quarry", "viewer").await;
    world.allowed(world.decline("d", &token)).await;
}

#[tokio::test]
async fn filters_narrow_the_list() {
    use InvitationStatus::{Accepted, Declined, Expired, Pending, Revoked};
    let (_stage, world) = fixture().await;
    seed(&world).await;
    let all = || world.invitations();
    let status = |statuses: &[InvitationStatus]| {
        let statuses = statuses.iter().map(|status| i32::from(*status)).collect();
        ListInvitationsRequest { statuses, ..all() }
    };
    let at = |resource_name: &str| ListInvitationsRequest {
        resource: Some(resource(&world.tenant, resource_name)),
        ..all()
    };
    let text = |text: &str| ListInvitationsRequest { text: text.into(), ..all() };
    let email = |email: &str| ListInvitationsRequest { email: email.into(), ..all() };
    let by = |who: &str| ListInvitationsRequest { inviter: Some(subject(who)), ..status(&[Pending, Declined]) };
    for (request, expected) in [
        (status(&[Pending]), vec!["a", "c", "nina"]),
        (status(&[Revoked, Declined]), vec!["d", "b"]),
        (status(&[Expired]), vec![]),
        (status(&[Accepted, Expired]), vec!["alan", "edith", "emil", "lars", "olga", "vera", "victor"]),
        (email(" B@acme.TEST"), vec!["b"]),
        (by("emil"), vec!["d", "a"]),
        (by("ada"), vec!["c"]),
        (at("harbour"), vec!["nina"]),
        (at("quarry"), vec!["a"]),
        (at("workspace"), vec!["a", "c", "nina"]),
        (text("zoë"), vec!["a"]),
        (text("0%"), vec!["a"]),
        (text("NIN"), vec!["nina"]),
        (text("n%a"), vec![]),
    ] {
        let mut found = emails(&world, request.clone()).await;
        let mut expected: Vec<_> = expected.iter().map(|name| format!("{name}@acme.test")).collect();
        if request.statuses.contains(&Accepted.into()) {
            found.sort();
            expected.sort();
        }
        assert_eq!(found, expected, "{request:?}");
    }
    let page = world.api.list_invitations(email("a@acme.test")).await.expect("well formed");
    let [listed] = page.invitations.try_into().expect("one");
    assert_eq!(listed.display_name, "Zoë 100%");
    let roles: Vec<_> = listed.grants.into_iter().map(|grant| grant.role).collect();
    assert_eq!(roles, ["editor", "user"]);
    let ended = world.list_invitations(email("d@acme.test")).await;
    assert!(ended.iter().all(|listed| listed.grants.is_empty() && listed.display_name.is_empty()), "{ended:?}");
}

#[tokio::test]
async fn pages_in_every_order_neither_repeat_nor_lose_any() {
    let (_stage, world) = fixture().await;
    seed(&world).await;
    for order in
        [InvitationOrder::Unspecified, InvitationOrder::CreateTime, InvitationOrder::Email, InvitationOrder::ExpireTime]
    {
        let request = |page_size| ListInvitationsRequest { order_by: order.into(), page_size, ..world.invitations() };
        let whole = world.list_invitations(request(1000)).await;
        assert_eq!(whole.len(), 12);
        for size in [1, 2, 5] {
            assert_eq!(world.list_invitations(request(size)).await, whole, "{order:?} by {size}");
        }
        let invitations = whole.iter().map(|listed| listed.invitation.as_ref().expect("is in the response"));
        let micros =
            |at: Option<prost_types::Timestamp>| at.map(|at| (at.seconds, at.nanos)).expect("is in the response");
        let sorted = match order {
            InvitationOrder::Email => invitations.map(|row| row.email.clone()).is_sorted(),
            InvitationOrder::ExpireTime => invitations.map(|row| micros(row.expire_time)).is_sorted(),
            _ => invitations.rev().map(|row| micros(row.create_time)).is_sorted(),
        };
        assert!(sorted, "{order:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_list_is_named() {
    let (_stage, world) = fixture().await;
    let all = || world.invitations();
    let page = world.api.list_invitations(ListInvitationsRequest { page_size: 1, ..all() }).await;
    let page_token = page.expect("well formed").next_page_token;
    for (request, reason) in [
        (ListInvitationsRequest { statuses: vec![0], ..all() }, "FIELD_INVALID"),
        (ListInvitationsRequest { order_by: 9, ..all() }, "FIELD_INVALID"),
        (ListInvitationsRequest { email: "nobody".into(), ..all() }, "FIELD_INVALID"),
        (ListInvitationsRequest { text: "x".repeat(201), ..all() }, "FIELD_TOO_LONG"),
        (ListInvitationsRequest { tenant: String::new(), ..all() }, "FIELD_REQUIRED"),
        (ListInvitationsRequest { page_token, text: "x".into(), ..all() }, "INVALID_PAGE_TOKEN"),
    ] {
        expect_error(world.api.list_invitations(request).await, Code::InvalidArgument, reason);
    }
    for (request, reason) in [
        (ListInvitationsRequest { tenant: "nowhere".into(), ..all() }, "TENANT_NOT_FOUND"),
        (ListInvitationsRequest { resource: Some(resource(&world.tenant, "nowhere")), ..all() }, "RESOURCE_NOT_FOUND"),
    ] {
        expect_error(world.api.list_invitations(request).await, Code::NotFound, reason);
    }
}

#[tokio::test]
async fn one_is_found_by_its_id() {
    let (_stage, world) = fixture().await;
    let (invitation, _) = invited(&world, "edith", "new@acme.test", "harbour", "viewer").await;
    let get = |tenant: &str, id: &str| GetInvitationRequest {
        tenant: tenant.into(),
        invitation: id.into(),
        consistency: None,
    };
    let found = world.api.get_invitation(get(&world.tenant, &invitation.id)).await.expect("is there");
    assert_eq!(found.token, world.token().await);
    let found = found.invitation.expect("is in the response");
    assert_eq!((found.invitation, found.grants.len()), (Some(invitation), 2));
    let unknown = world.api.get_invitation(get(&world.tenant, "nothing")).await;
    expect_error(unknown, Code::NotFound, "INVITATION_NOT_FOUND");
    expect_error(world.api.get_invitation(get("nowhere", "x")).await, Code::NotFound, "TENANT_NOT_FOUND");
}
