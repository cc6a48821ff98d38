//! Lists and watches of the change log that are refused.

use rollcall::proto::{ListChangesRequest, ResourceRef, Subject, WatchChangesRequest, watch_changes_request::Start};
use tonic::Code;

use crate::support::{
    error::{expect_error, fields_of},
    tokens::{at_revision, of_another_store, of_another_write},
    wire_tenant::fixture,
};

#[tokio::test]
async fn every_wrong_field_of_a_list_is_named() {
    let (_stage, world) = fixture().await;
    let odd = Some(prost_types::Timestamp { seconds: 1, nanos: -1 });
    let request = ListChangesRequest {
        tenant: world.tenant.clone(),
        actor: Some(Subject { r#type: "us er".into(), id: "x".into() }),
        subject: Some(Subject { r#type: "email".into(), id: "x".into() }),
        resource: Some(ResourceRef::default()),
        kinds: vec![1, 0, 999],
        start_time: odd,
        end_time: odd,
        order_by: 9,
        page_size: -1,
        ..Default::default()
    };
    let status = world.api.list_changes(request).await.unwrap_err();
    let wrong = [
        "resource.type",
        "actor.type",
        "subject.id",
        "kinds[1]",
        "kinds[2]",
        "start_time",
        "end_time",
        "order_by",
        "page_size",
    ];
    assert_eq!(fields_of(&status), wrong, "{status:?}");

    let list = |request: ListChangesRequest| {
        let tenant = if request.tenant.is_empty() { world.tenant.clone() } else { request.tenant.clone() };
        world.api.list_changes(ListChangesRequest { tenant, ..request })
    };
    let site = Some(ResourceRef { r#type: "job_site".into(), id: String::new() });
    let no_id = list(ListChangesRequest { resource: site, ..Default::default() }).await;
    expect_error(no_id, Code::InvalidArgument, "FIELD_REQUIRED");
    let nowhere = list(ListChangesRequest { tenant: "nowhere".into(), ..Default::default() }).await;
    expect_error(nowhere, Code::NotFound, "TENANT_NOT_FOUND");
    let page = list(ListChangesRequest { page_size: 1, ..Default::default() }).await.unwrap();
    let other = ListChangesRequest { page_token: page.next_page_token, kinds: vec![1], ..Default::default() };
    expect_error(list(other).await, Code::InvalidArgument, "INVALID_PAGE_TOKEN");
}

#[tokio::test]
async fn a_watch_begins_at_a_token_of_the_tenant() {
    let (stage, world) = fixture().await;
    let other = stage.tenant().await;
    let begin = |tenant: &str, start: Option<Start>, kinds: Vec<i32>| {
        let request = WatchChangesRequest { tenant: tenant.to_owned(), start, kinds };
        let mut client = world.api.watch.clone();
        async move { client.watch_changes(request).await }
    };
    let watch = |tenant: &str, after: String, kinds| begin(tenant, Some(Start::After(after)), kinds);
    let invalid = Code::InvalidArgument;
    expect_error(watch("acme", String::new(), vec![]).await, invalid, "FIELD_REQUIRED");
    expect_error(begin("acme", Some(Start::FromBeginning(false)), vec![]).await, invalid, "FIELD_INVALID");
    expect_error(watch("acme", "x".into(), vec![]).await, invalid, "INVALID_TOKEN");
    expect_error(watch("acme", other.token().await, vec![]).await, invalid, "TOKEN_FOREIGN");
    expect_error(watch("acme", of_another_store(&world.token().await), vec![]).await, invalid, "TOKEN_FOREIGN");
    let lost = of_another_write(&world.token().await);
    expect_error(watch("acme", lost, vec![]).await, Code::FailedPrecondition, "TOKEN_LOST");
    expect_error(begin("acme", None, vec![0]).await, invalid, "FIELD_INVALID");
    expect_error(begin("", None, vec![]).await, invalid, "FIELD_REQUIRED");
    expect_error(begin("nowhere", None, vec![]).await, Code::NotFound, "TENANT_NOT_FOUND");
    let token = world.token().await;
    let ahead = at_revision(&token, world.revision().await + 1);
    expect_error(watch("acme", ahead, vec![]).await, Code::FailedPrecondition, "TOKEN_AHEAD");
}
