//! Names of tenants, actions, types, roles, members, resources and policies that do not exist, and tokens of another
//! tenant.

use rollcall::proto::{
    BatchCheckRequest, CheckItem, Consistency, ErrorReason, GetTenantRequest, ListActionsRequest, ListResourcesRequest,
    Reason, ResourceRef, StatedFacts, check_result, consistency::Requirement,
};
use tonic::Code;

use crate::support::{
    WireTenant, Write, expect_error, is_allowed,
    names::{resource, subject},
    wire_tenant::{OPERATOR, fixture, profile},
};

#[tokio::test]
async fn a_tenant_that_does_not_exist_is_not_found_by_any_call() {
    let (stage, _) = fixture().await;
    let nowhere = WireTenant { api: stage.api.clone(), tenant: "nowhere".into() };
    let (api, tenant) = (&nowhere.api, nowhere.tenant.clone());
    let question = nowhere.question("ada", "data.view", "harbour");
    let item = CheckItem {
        subject: question.subject.clone(),
        action: question.action.clone(),
        resource: question.resource.clone(),
        stated: None,
    };
    let batch = BatchCheckRequest { tenant: tenant.clone(), items: vec![item], consistency: None };
    let actions = ListActionsRequest {
        tenant: tenant.clone(),
        subject: question.subject.clone(),
        resource: question.resource.clone(),
        ..Default::default()
    };
    let resources = ListResourcesRequest {
        tenant: tenant.clone(),
        subject: question.subject.clone(),
        action: question.action.clone(),
        resource_type: "job_site".into(),
        ..Default::default()
    };
    let site = rollcall::proto::GetResourceRequest {
        tenant: tenant.clone(),
        resource: question.resource.clone(),
        consistency: None,
    };
    let mut found = vec![
        api.check(question).await.err(),
        api.batch_check(batch).await.err(),
        api.list_actions(actions).await.err(),
        api.list_resources(resources).await.err(),
        api.list_members(nowhere.members_at("workspace")).await.err(),
        nowhere.member("ada").await.err(),
        api.get_resource(site).await.err(),
        api.get_tenant(GetTenantRequest { tenant, consistency: None }).await.err(),
    ];
    for write in [
        nowhere.create_site("ada", "pier"),
        nowhere.invite("ada", "new@acme.test", "workspace", "user"),
        nowhere.accept("new", "secret"),
        nowhere.decline("new", "secret"),
        nowhere.resend("ada", "invitation"),
        nowhere.revoke("ada", "invitation"),
        nowhere.suppress(OPERATOR, "new@acme.test"),
        nowhere.clear(OPERATOR, "new@acme.test"),
        nowhere.change(OPERATOR, "ada", "workspace", "user"),
        nowhere.remove("ada", "edith", "workspace"),
        nowhere.lock("ada", "edith"),
        nowhere.unlock(OPERATOR, "lars"),
        nowhere.update("ada", "ada", profile("ada")),
    ] {
        found.push(api.write(write).await.err());
    }
    for (number, status) in found.into_iter().enumerate() {
        let status = status.unwrap_or_else(|| panic!("call {number} succeeds"));
        let metadata = expect_error::<()>(Err(status), Code::NotFound, "TENANT_NOT_FOUND");
        assert_eq!(metadata["tenant"], "nowhere", "call {number}");
    }
}

#[tokio::test]
async fn an_unknown_action_is_named_with_the_nearest_one() {
    let (_stage, world) = fixture().await;
    for (action, resource_name, kind, nearest) in [
        ("data.veiw", "harbour", "job_site", "data.view"),
        ("report.edits", "harbour", "job_site", "report.edit"),
        ("jobsite.create", "workspace", "workspace", "job_site.create"),
    ] {
        let result = world.api.check(world.question("ada", action, resource_name)).await;
        let metadata = expect_error(result, Code::InvalidArgument, "UNKNOWN_ACTION");
        assert_eq!((metadata["action"].as_str(), metadata["resource_type"].as_str()), (action, kind));
        assert!(metadata["nearest"].split([',', ' ']).any(|name| name == nearest), "{metadata:?}");
    }
    let elsewhere = world.api.check(world.question("ada", "data.view", "workspace")).await;
    let metadata = expect_error(elsewhere, Code::InvalidArgument, "UNKNOWN_ACTION");
    assert_eq!((metadata["action"].as_str(), metadata["resource_type"].as_str()), ("data.view", "workspace"));
}

#[tokio::test]
async fn a_stated_parent_that_could_be_none_is_named() {
    let (_stage, world) = fixture().await;
    let question = |kind: &str| {
        let mut question = world.question("ada", "data.view", "harbour");
        question.resource.as_mut().expect("is there").id = "unregistered".into();
        let parents = vec![ResourceRef { r#type: kind.into(), id: String::new() }];
        question.stated = Some(StatedFacts { parents, owner: None });
        question
    };
    let answer = world.api.check(question("workspace")).await.expect("the tenant's id may be left out");
    assert_eq!(answer.reason(), Reason::ResourceNotFound, "a site must be registered");
    let metadata = expect_error(world.api.check(question("job_site")).await, Code::InvalidArgument, "FIELD_INVALID");
    assert_eq!(metadata["field"], "stated.parents[0].type");
    let unknown = world.api.check(question("workspcae")).await;
    let metadata = expect_error(unknown, Code::InvalidArgument, "UNKNOWN_RESOURCE_TYPE");
    assert_eq!((metadata["field"].as_str(), metadata["nearest"].as_str()), ("stated.parents[0].type", "workspace"));
}

#[tokio::test]
async fn an_unknown_action_is_named_by_every_question() {
    let (_stage, world) = fixture().await;
    let good = world.question("ada", "data.view", "harbour");
    let item = |action: &str| CheckItem {
        subject: good.subject.clone(),
        action: action.into(),
        resource: good.resource.clone(),
        stated: None,
    };
    let items = vec![item("data.view"), item("data.veiw")];
    let batch = BatchCheckRequest { tenant: world.tenant.clone(), items, consistency: None };
    let results = world.api.batch_check(batch).await.expect("the other item is decided").results;
    assert!(is_allowed(&results[0]));
    let Some(check_result::Result::Error(error)) = &results[1].result else { panic!("decided: {results:?}") };
    assert_eq!((error.reason(), error.field.as_str()), (ErrorReason::UnknownAction, "action"));
    assert!(error.message.ends_with("did you mean `data.view`?"), "{}", error.message);

    let list = ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject("ada")),
        action: "data.veiw".into(),
        resource_type: "job_site".into(),
        ..Default::default()
    };
    let metadata = expect_error(world.api.list_resources(list).await, Code::InvalidArgument, "UNKNOWN_ACTION");
    assert_eq!(metadata["action"], "data.veiw");
}

#[tokio::test]
async fn an_unknown_resource_type_is_named_with_the_nearest_one() {
    let (_stage, world) = fixture().await;
    let is_unknown = |metadata: std::collections::HashMap<String, String>| {
        assert_eq!(metadata["resource_type"], "job_sites");
        assert!(metadata["nearest"].split([',', ' ']).any(|name| name == "job_site"), "{metadata:?}");
    };
    let unknown = "UNKNOWN_RESOURCE_TYPE";
    let question = world.question("ada", "data.view", "job_sites:harbour");
    is_unknown(expect_error(world.api.check(question).await, Code::InvalidArgument, unknown));
    let list = ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject("ada")),
        action: "data.view".into(),
        resource_type: "job_sites".into(),
        ..Default::default()
    };
    is_unknown(expect_error(world.api.list_resources(list).await, Code::InvalidArgument, unknown));
    let members = world.members_at("job_sites:harbour");
    is_unknown(expect_error(world.api.list_members(members).await, Code::InvalidArgument, unknown));
    for write in [
        world.create_site("ada", "job_sites:pier"),
        world.invite("ada", "olga", "job_sites:harbour", "viewer"),
        world.remove("ada", "edith", "job_sites:harbour"),
    ] {
        is_unknown(expect_error(world.api.write(write).await, Code::InvalidArgument, unknown));
    }
}

#[tokio::test]
async fn an_unknown_role_is_named() {
    let (_stage, world) = fixture().await;
    for write in [world.invite("ada", "olga", "harbour", "editr"), world.change("ada", "edith", "harbour", "editr")] {
        let metadata = expect_error(world.api.write(write).await, Code::InvalidArgument, "UNKNOWN_ROLE");
        assert_eq!(metadata["role"], "editr");
    }
    let foreign = world.api.write(world.invite("ada", "olga", "harbour", "admin")).await;
    expect_error(foreign, Code::InvalidArgument, "UNKNOWN_ROLE");
}

#[tokio::test]
async fn members_and_resources_that_are_not_there_are_not_found() {
    let (_stage, world) = fixture().await;
    expect_error(world.member("stranger").await, Code::NotFound, "MEMBER_NOT_FOUND");
    let request = rollcall::proto::GetResourceRequest {
        tenant: world.tenant.clone(),
        resource: Some(resource(&world.tenant, "nowhere")),
        consistency: None,
    };
    expect_error(world.api.get_resource(request).await, Code::NotFound, "RESOURCE_NOT_FOUND");
    let members = world.members_at("nowhere");
    expect_error(world.api.list_members(members).await, Code::NotFound, "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn a_token_is_of_its_tenant() {
    let (stage, world) = fixture().await;
    let other = WireTenant::bare(&stage.api, "globex").await;
    let foreign = other.token().await;
    let wrong = [("TOKEN_FOREIGN", foreign.as_str()), ("INVALID_TOKEN", "rubbish"), ("INVALID_TOKEN", &foreign[1..])];
    for (reason, token) in wrong {
        let mut question = world.question("edith", "data.view", "harbour");
        let requirement = Some(Requirement::AtLeastAsFresh(token.into()));
        question.consistency = Some(Consistency { requirement });
        expect_error(world.api.check(question).await, Code::InvalidArgument, reason);
    }
}

#[tokio::test]
async fn a_policy_that_is_not_loaded_makes_no_tenant() {
    let (stage, _) = fixture().await;
    let world = WireTenant { api: stage.api.clone(), tenant: "globex".into() };
    let Write::CreateTenant(good) = world.create_tenant("ada") else { unreachable!() };
    for (policy, policy_version) in [("lumicom", 0), ("lumicon", 999)] {
        let mut request = good.clone();
        request.policy = policy.into();
        request.policy_version = policy_version;
        expect_error(world.api.write(request.into()).await, Code::InvalidArgument, "UNKNOWN_POLICY");
    }
}
