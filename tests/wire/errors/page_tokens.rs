//! Page tokens that were altered, or belong to another list, are refused.

use rollcall::proto::{ListMembersRequest, ListResourcesRequest, MemberOrder, MemberStatus};
use tonic::Code;

use crate::support::{
    WireTenant, expect_error,
    names::{resource, subject},
    wire_tenant::fixture,
};

const INVALID: &str = "INVALID_PAGE_TOKEN";

fn sites(world: &WireTenant, who: &str, action: &str) -> ListResourcesRequest {
    ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject(who)),
        action: action.into(),
        resource_type: "job_site".into(),
        page_size: 1,
        ..Default::default()
    }
}

/// Tokens that differ from a good one in one character, each position in turn, and some that are cut, extended or
/// foreign.
fn broken(good: &str) -> Vec<String> {
    let altered = (0..good.len()).map(|position| {
        let mut bytes = good.as_bytes().to_vec();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("still ASCII")
    });
    let others = ["x", "AAAA", "not a token", "é"].map(str::to_owned);
    altered.chain(others).chain([good[1..].to_owned(), format!("{good}A")]).collect()
}

#[tokio::test]
async fn a_token_that_was_altered_is_refused() {
    let (_stage, world) = fixture().await;
    let request = sites(&world, "ada", "data.view");
    let good = world.api.list_resources(request.clone()).await.expect("well formed").next_page_token;
    assert!(!good.is_empty());
    for page_token in broken(&good) {
        let result = world.api.list_resources(ListResourcesRequest { page_token, ..request.clone() }).await;
        expect_error(result, Code::InvalidArgument, INVALID);
    }

    let request = ListMembersRequest { page_size: 1, ..world.members_at("harbour") };
    let good = world.api.list_members(request.clone()).await.expect("well formed").next_page_token;
    for page_token in broken(&good) {
        let result = world.api.list_members(ListMembersRequest { page_token, ..request.clone() }).await;
        expect_error(result, Code::InvalidArgument, INVALID);
    }
}

#[tokio::test]
async fn a_token_of_another_list_of_resources_is_refused() {
    let (stage, world) = fixture().await;
    let other = WireTenant::seeded(&stage.api, "globex").await;
    let first = sites(&world, "ada", "data.view");
    let page_token = world.api.list_resources(first.clone()).await.expect("well formed").next_page_token;
    let next = ListResourcesRequest { page_token, ..first };
    for request in [
        ListResourcesRequest { action: "data.edit".into(), ..next.clone() },
        ListResourcesRequest { subject: Some(subject("emil")), ..next.clone() },
        ListResourcesRequest { tenant: other.tenant.clone(), ..next.clone() },
    ] {
        expect_error(world.api.list_resources(request).await, Code::InvalidArgument, INVALID);
    }
    let larger = ListResourcesRequest { page_size: 5, ..next.clone() };
    assert_eq!(world.api.list_resources(larger).await.expect("the size may differ").resources.len(), 1);
    let members = ListMembersRequest { page_token: next.page_token, ..world.members_at("harbour") };
    expect_error(world.api.list_members(members).await, Code::InvalidArgument, INVALID);
}

#[tokio::test]
async fn a_token_of_another_list_of_members_is_refused() {
    let (stage, world) = fixture().await;
    let other = WireTenant::seeded(&stage.api, "globex").await;
    let first = ListMembersRequest { page_size: 1, ..world.members_at("harbour") };
    let page_token = world.api.list_members(first.clone()).await.expect("well formed").next_page_token;
    let next = ListMembersRequest { page_token, ..first };
    for request in [
        ListMembersRequest { resource: Some(resource(&world.tenant, "quarry")), ..next.clone() },
        ListMembersRequest { roles: vec!["editor".into()], ..next.clone() },
        ListMembersRequest { teams: vec![resource(&world.tenant, "quarry")], ..next.clone() },
        ListMembersRequest { statuses: vec![MemberStatus::Active.into()], ..next.clone() },
        ListMembersRequest { text: "e".into(), ..next.clone() },
        ListMembersRequest { order_by: MemberOrder::Email.into(), ..next.clone() },
        ListMembersRequest { tenant: other.tenant.clone(), ..next.clone() },
    ] {
        expect_error(world.api.list_members(request).await, Code::InvalidArgument, INVALID);
    }
    world.api.list_members(next).await.expect("the token is good where it belongs");
}
