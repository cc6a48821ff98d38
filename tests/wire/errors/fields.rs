//! Requests with a field that is missing, too long or malformed: the reason code, the field path and the limit.

use rollcall::proto::{
    BatchCheckRequest, CheckError, CheckItem, CheckRequest, CheckResult, ErrorReason, GetMemberRequest,
    GetTenantRequest, ListActionsRequest, ListMembersRequest, ListResourcesRequest, Profile, ResourceRef, StatedFacts,
    check_result, get_member_request::Member as By,
};
use tonic::{Code, Status};

use crate::support::{
    Api, WireTenant, Write,
    error::{fields_of, reason_of},
    expect_error, is_allowed,
    names::subject,
    verified,
    wire_tenant::{fixture, profile},
};

/// The reason code and path of a refused field, and the limit for one that is too long.
#[derive(Debug)]
struct ExpectedViolation(&'static str, &'static str, Option<usize>);

const REQUIRED: &str = "FIELD_REQUIRED";
const INVALID: &str = "FIELD_INVALID";
const TOO_LONG: &str = "FIELD_TOO_LONG";

fn required(field: &'static str) -> ExpectedViolation {
    ExpectedViolation(REQUIRED, field, None)
}

fn invalid(field: &'static str) -> ExpectedViolation {
    ExpectedViolation(INVALID, field, None)
}

fn too_long(field: &'static str, limit: usize) -> ExpectedViolation {
    ExpectedViolation(TOO_LONG, field, Some(limit))
}

fn assert_refused<T>(result: Result<T, Status>, expected: &ExpectedViolation) {
    let Err(status) = result else { panic!("not refused for {expected:?}") };
    let ExpectedViolation(reason, field, limit) = expected;
    assert_eq!(fields_of(&status), [*field], "{status:?}");
    let metadata = expect_error::<()>(Err(status), Code::InvalidArgument, reason);
    assert_eq!(metadata["field"], *field);
    assert_eq!(metadata.get("limit"), limit.map(|limit| limit.to_string()).as_ref());
}

fn long(length: usize) -> String {
    "x".repeat(length)
}

async fn check(world: &WireTenant, mutate: impl FnOnce(&mut CheckRequest)) -> Result<(), Status> {
    let mut question = world.question("edith", "data.view", "harbour");
    mutate(&mut question);
    world.api.check(question).await.map(drop)
}

#[tokio::test]
async fn a_question_with_a_bad_field_names_it() {
    let (_stage, world) = fixture().await;
    let w = &world;
    let id = |id: String| move |question: &mut CheckRequest| question.subject.as_mut().expect("is there").id = id;
    let kind =
        |kind: String| move |question: &mut CheckRequest| question.subject.as_mut().expect("is there").r#type = kind;
    let site = |id: String| move |question: &mut CheckRequest| question.resource.as_mut().expect("is there").id = id;

    assert_refused(check(w, |q| q.tenant.clear()).await, &required("tenant"));
    assert_refused(check(w, |q| q.subject = None).await, &required("subject.id"));
    assert_refused(check(w, id(String::new())).await, &required("subject.id"));
    assert_refused(check(w, |q| q.action.clear()).await, &required("action"));
    assert_refused(check(w, |q| q.resource = None).await, &required("resource.type"));
    assert_refused(check(w, site(String::new())).await, &required("resource.id"));
    assert_refused(
        check(w, |q| q.resource.as_mut().expect("is there").r#type.clear()).await,
        &required("resource.type"),
    );

    check(w, id(long(128))).await.expect("128 bytes fit");
    check(w, site(long(128))).await.expect("128 bytes fit");
    assert_refused(check(w, id(long(129))).await, &too_long("subject.id", 128));
    assert_refused(check(w, id("é".repeat(65))).await, &too_long("subject.id", 128));
    assert_refused(check(w, site(long(129))).await, &too_long("resource.id", 128));
    assert_refused(check(w, kind(long(65))).await, &too_long("subject.type", 64));
    assert_refused(check(w, |q| q.tenant = long(65)).await, &too_long("tenant", 64));

    for bad in ["a b", " a", "a\n", "a\0", "a\u{a0}b", "\u{7f}"] {
        assert_refused(check(w, id(bad.into())).await, &invalid("subject.id"));
        assert_refused(check(w, site(bad.into())).await, &invalid("resource.id"));
    }
    assert_refused(check(w, site("*".into())).await, &invalid("resource.id"));
    for bad in ["$system", "cafe\u{301}"] {
        assert_refused(check(w, id(bad.into())).await, &invalid("subject.id"));
        assert_refused(check(w, site(bad.into())).await, &invalid("resource.id"));
    }
    for fine in ["User", "us-er", "API_2"] {
        check(w, kind(fine.into())).await.expect("a type as a policy may have it");
    }
    for bad in ["us er", "1st", "_user", "us.er", "ü"] {
        assert_refused(check(w, kind(bad.into())).await, &invalid("subject.type"));
    }
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let (_stage, world) = fixture().await;
    let mutate = |question: &mut CheckRequest| {
        question.subject = Some(subject("a b"));
        question.action.clear();
        question.resource.as_mut().expect("is there").id = long(129);
    };
    let status = check(&world, mutate).await.expect_err("all is bad");
    assert_eq!(fields_of(&status), ["subject.id", "resource.id", "action"]);
    let info = tonic_types::StatusExt::get_details_error_info(&status).expect("is in the response");
    assert_eq!((info.reason.as_str(), info.metadata["field"].as_str()), (INVALID, "subject.id"));
}

fn error(result: &CheckResult) -> Option<&CheckError> {
    match result.result.as_ref()? {
        check_result::Result::Error(error) => Some(error),
        check_result::Result::Decision(_) => None,
    }
}

#[tokio::test]
async fn a_batch_answers_each_item() {
    let (_stage, world) = fixture().await;
    let question = world.question("edith", "data.view", "harbour");
    let item =
        CheckItem { subject: question.subject, action: question.action, resource: question.resource, stated: None };
    let batch = async |items: Vec<CheckItem>| {
        world.api.batch_check(BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None }).await
    };
    assert_refused(batch(vec![]).await, &required("items"));
    assert_refused(batch(vec![item.clone(); 10_001]).await, &too_long("items", 10_000));
    let answer = batch(vec![item.clone(); 10_000]).await.expect("10,000 fit");
    assert_eq!(answer.results.len(), 10_000);

    let mut items = vec![item; 5];
    items[1].action.clear();
    items[2].subject = Some(subject("a b"));
    items[3].stated = Some(StatedFacts { parents: vec![ResourceRef::default()], owner: None });
    let results = batch(items).await.expect("the others are decided").results;
    let errors = results.iter().map(|result| error(result).map(|error| (error.reason(), error.field.as_str())));
    let expected = [
        None,
        Some((ErrorReason::FieldRequired, "action")),
        Some((ErrorReason::FieldInvalid, "subject.id")),
        Some((ErrorReason::FieldRequired, "stated.parents[0].type")),
        None,
    ];
    assert_eq!(errors.collect::<Vec<_>>(), expected);
    assert!(is_allowed(&results[0]) && is_allowed(&results[4]));
}

#[tokio::test]
async fn lists_and_lookups_name_their_fields() {
    let (_stage, world) = fixture().await;
    let (api, tenant) = (&world.api, world.tenant.clone());
    let actions = ListActionsRequest { tenant: tenant.clone(), subject: Some(subject("edith")), ..Default::default() };
    assert_refused(api.list_actions(actions).await, &required("resource.type"));
    let sites = ListResourcesRequest {
        tenant: tenant.clone(),
        subject: Some(subject("edith")),
        action: "data.view".into(),
        resource_type: "job_site".into(),
        ..Default::default()
    };
    assert_refused(
        api.list_resources(ListResourcesRequest { resource_type: String::new(), ..sites.clone() }).await,
        &required("resource_type"),
    );
    assert_refused(api.list_resources(ListResourcesRequest { page_size: -1, ..sites }).await, &invalid("page_size"));

    let members = world.members_at("harbour");
    let list = async |request: ListMembersRequest| api.list_members(request).await;
    assert_refused(list(ListMembersRequest { page_size: -1, ..members.clone() }).await, &invalid("page_size"));
    assert_refused(list(ListMembersRequest { text: long(201), ..members.clone() }).await, &too_long("text", 200));
    let teams = |kind: &str, id: &str, many| vec![ResourceRef { r#type: kind.into(), id: id.into() }; many];
    assert_refused(
        list(ListMembersRequest { teams: teams("group", "crew", 129), ..members.clone() }).await,
        &too_long("teams", 128),
    );
    assert_refused(
        list(ListMembersRequest { teams: teams("", "crew", 1), ..members.clone() }).await,
        &required("teams[0].type"),
    );
    assert_refused(
        list(ListMembersRequest { teams: teams("group", "a b", 1), ..members.clone() }).await,
        &invalid("teams[0].id"),
    );
    let none_here = ListMembersRequest { teams: teams("job_site", "harbour", 1), ..members.clone() };
    assert_refused(list(none_here).await, &invalid("teams[0].type"));
    assert_refused(list(ListMembersRequest { statuses: vec![0], ..members.clone() }).await, &invalid("statuses[0]"));
    assert_refused(
        list(ListMembersRequest { statuses: vec![2, 77], ..members.clone() }).await,
        &invalid("statuses[1]"),
    );
    assert_refused(list(ListMembersRequest { order_by: 77, ..members }).await, &invalid("order_by"));

    assert_refused(
        api.get_member(GetMemberRequest { tenant: tenant.clone(), ..Default::default() }).await,
        &required("member"),
    );
    assert_refused(world.member_by(By::Subject(subject(""))).await, &required("subject.id"));
    assert_refused(api.get_tenant(GetTenantRequest::default()).await, &required("tenant"));
}

async fn write(api: &Api, write: Write, expected: ExpectedViolation) {
    assert_refused(api.write(write.clone().dry()).await, &expected);
    assert_refused(api.write(write).await, &expected);
}

#[tokio::test]
async fn writes_name_their_fields() {
    let (_stage, world) = fixture().await;
    let (w, api) = (&world, &world.api);
    let anybody = "new@acme.test";
    write(api, w.create_site("", "pier"), required("actor.id")).await;
    write(api, w.create_site("ada", "job_site:"), required("resource.id")).await;
    write(api, w.create_site("ada", &long(129)), too_long("resource.id", 128)).await;
    write(api, w.create_site("ada", "pier").under(&long(129)), too_long("request_id", 128)).await;
    let Write::CreateResource(mut site) = w.create_site("ada", "pier") else { unreachable!() };
    site.display_name = long(201);
    write(api, site.into(), too_long("display_name", 200)).await;

    write(api, w.invite_all("ada", &[], &[("workspace", "user")]), required("invitees")).await;
    write(api, w.invite_all("ada", &[anybody], &[]), required("invitees[0].grants")).await;
    write(api, w.invite_all("ada", &[anybody; 101], &[("workspace", "user")]), too_long("invitees", 100)).await;
    write(api, w.invite_all("ada", &[anybody], &[("workspace", "user"); 101]), too_long("invitees[0].grants", 100))
        .await;
    write(api, w.invite("ada", "@", "workspace", "user"), invalid("invitees[0].email")).await;
    write(api, w.invite("ada", "a b@acme.test", "workspace", "user"), invalid("invitees[0].email")).await;
    let email = format!("{}@acme.test", long(245));
    write(api, w.invite("ada", &email, "workspace", "user"), too_long("invitees[0].email", 254)).await;
    write(api, w.invite("ada", anybody, "workspace", ""), required("invitees[0].grants[0].role")).await;
    let Write::Invite(mut nobody) = w.invite("ada", anybody, "workspace", "user") else { unreachable!() };
    nobody.invitees[0].who = None;
    write(api, nobody.into(), required("invitees[0].who")).await;

    write(api, w.accept("new", ""), required("invitation_token")).await;
    write(api, w.change("ada", "edith", "harbour", ""), required("role")).await;
    write(api, w.change("ada", "", "harbour", "viewer"), required("member.id")).await;
    write(api, w.remove("ada", "edith", &format!("job_site:{}", long(129))), too_long("resource.id", 128)).await;
    write(api, w.lock("ada", "a b"), invalid("member.id")).await;
}

#[tokio::test]
async fn profiles_name_their_fields() {
    const EMAIL: &str = "profile.emails[0].email";
    let (_stage, world) = fixture().await;
    let mine = profile("olga");
    let email = |email: &str| vec![verified(email)];
    for (profile, wrong) in [
        (Profile { display_name: long(201), ..mine.clone() }, too_long("profile.display_name", 200)),
        (Profile { emails: email(&format!("{}@acme.test", long(245))), ..mine.clone() }, too_long(EMAIL, 254)),
        (Profile { emails: email("olga"), ..mine.clone() }, invalid(EMAIL)),
        (Profile { username: long(65), ..mine.clone() }, too_long("profile.username", 64)),
        (Profile { username: "ol ga".into(), ..mine.clone() }, invalid("profile.username")),
        (Profile { phone: "030 123456".into(), ..mine.clone() }, invalid("profile.phone")),
        (Profile { phone: "+".into(), ..mine.clone() }, invalid("profile.phone")),
        (Profile { phone: "+1234567890123456".into(), ..mine.clone() }, invalid("profile.phone")),
    ] {
        write(&world.api, world.update("olga", "olga", profile), wrong).await;
    }
    let Write::UpdateMember(mut none) = world.update("olga", "olga", mine) else { unreachable!() };
    none.profile = None;
    write(&world.api, none.into(), required("profile")).await;
}

#[tokio::test]
async fn a_tenants_name_is_of_few_letters() {
    let (_stage, world) = fixture().await;
    for tenant in ["Acme", "-acme", "_acme", "a cme", "äcme", "a.b"] {
        let Write::CreateTenant(mut request) = world.create_tenant("ada") else { unreachable!() };
        request.tenant = tenant.into();
        let status = world.api.write(request.into()).await.expect_err("no name of a tenant");
        assert_eq!((reason_of(&status).as_str(), fields_of(&status)), (INVALID, vec!["tenant".to_owned()]), "{tenant}");
    }
    let Write::CreateTenant(mut request) = world.create_tenant("ada") else { unreachable!() };
    request.tenant = long(65);
    assert_refused(world.api.write(request.into()).await, &too_long("tenant", 64));
}
