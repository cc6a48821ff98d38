//! What `lumicon` has not, over gRPC: several roles at one resource, and folders in folders.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::unnecessary_wraps, reason = "messages have optional fields")]

mod support;

use rollcall::proto::{
    ChangeRoleRequest, CheckRequest, CreateResourceRequest, CreateTenantRequest, InviteRequest, Invitee,
    ListMembersRequest, ListResourcesRequest, Profile, RemoveMemberRequest, ResourceRef, RoleGrant, SetPolicyRequest,
    invitee::Who,
};
use support::{Stage, Write, code_of, error::reason_of, expect_error};

fn user(id: &str) -> Option<rollcall::proto::Subject> {
    Some(rollcall::proto::Subject { r#type: String::new(), id: id.into() })
}

fn at(kind: &str, id: &str) -> Option<ResourceRef> {
    Some(ResourceRef { r#type: kind.into(), id: id.into() })
}

/// A server that runs the models, with a tenant `acme` on one of them whose creator is `cleo`.
async fn on(policy: &str) -> Stage {
    let stage = Stage::with(&["policies.dir=tests/policy/models"]).await;
    let operator = Some(rollcall::proto::Subject { r#type: "operator".into(), id: "root".into() });
    let request = CreateTenantRequest {
        tenant: "acme".into(),
        actor: operator,
        policy: policy.into(),
        first_member: user("cleo"),
        profile: Some(Profile { email: "cleo@acme.test".into(), ..Profile::default() }),
        ..CreateTenantRequest::default()
    };
    write(&stage, request).await.expect("an operator creates a tenant");
    stage
}

/// The reason of a refusal, with the code that goes with it.
async fn write(stage: &Stage, request: impl Into<Write>) -> Result<(), String> {
    stage.api.write(request.into()).await.map(drop).map_err(|status| {
        let reason = reason_of(&status);
        assert_eq!(status.code(), code_of(&reason), "{status:?}");
        reason
    })
}

fn invite(actor: &str, email: &str, place: Option<ResourceRef>, role: &str) -> InviteRequest {
    InviteRequest {
        tenant: "acme".into(),
        actor: user(actor),
        invitees: vec![Invitee { who: Some(Who::Email(email.into())), display_name: String::new() }],
        grants: vec![RoleGrant { resource: place, role: role.into(), expire_time: None }],
        ..InviteRequest::default()
    }
}

/// Invites somebody, and lets them accept.
async fn join(stage: &Stage, id: &str, place: Option<ResourceRef>, role: &str) {
    let email = format!("{id}@acme.test");
    let mut membership = stage.api.membership.clone();
    let invited = membership.invite(invite("cleo", &email, place, role)).await.expect("allowed").into_inner();
    let accept = rollcall::proto::AcceptInvitationRequest {
        tenant: "acme".into(),
        actor: user(id),
        invitation_token: invited.results[0].invitation_token.clone(),
        profile: Some(Profile { email, ..Profile::default() }),
        ..rollcall::proto::AcceptInvitationRequest::default()
    };
    membership.accept_invitation(accept).await.expect("the invitation is good");
}

async fn may(stage: &Stage, who: &str, action: &str, place: Option<ResourceRef>) -> bool {
    let request = CheckRequest {
        tenant: "acme".into(),
        subject: user(who),
        action: action.into(),
        resource: place,
        ..CheckRequest::default()
    };
    stage.api.check(request).await.expect("well formed").allowed
}

#[tokio::test]
async fn a_member_holds_an_office_beside_the_usual() {
    let stage = on("club").await;
    let club = || at("club", "acme");
    join(&stage, "tom", club(), "member").await;
    write(&stage, invite("cleo", "tom@acme.test", club(), "treasurer")).await.expect("beside the other role");
    assert!(may(&stage, "tom", "minutes.read", club()).await && may(&stage, "tom", "till.open", club()).await);

    let change = |from: &str| ChangeRoleRequest {
        tenant: "acme".into(),
        actor: user("cleo"),
        member: user("tom"),
        resource: club(),
        role: "chair".into(),
        from_role: from.into(),
        ..ChangeRoleRequest::default()
    };
    assert_eq!(write(&stage, change("")).await.unwrap_err(), "WHICH_ROLE");
    assert_eq!(write(&stage, change("chair")).await.unwrap_err(), "NO_ROLE_HERE");
    assert_eq!(write(&stage, change("tresurer")).await.unwrap_err(), "UNKNOWN_ROLE");
    write(&stage, change("member")).await.expect("the role is named");
    assert!(may(&stage, "tom", "room.create", club()).await && may(&stage, "tom", "till.open", club()).await);

    let leave_office = RemoveMemberRequest {
        tenant: "acme".into(),
        actor: user("tom"),
        member: user("tom"),
        resource: club(),
        role: "treasurer".into(),
        ..RemoveMemberRequest::default()
    };
    write(&stage, leave_office).await.expect("everybody may lay down their office");
    assert!(!may(&stage, "tom", "till.open", club()).await, "the office is laid down");
    assert!(may(&stage, "tom", "minutes.read", club()).await, "and nothing else");
}

#[tokio::test]
async fn a_role_reaches_down_where_it_says_so() {
    let stage = on("folders").await;
    for (id, parent) in [("plans", at("drive", "")), ("drafts", at("folder", "plans")), ("old", at("folder", "drafts"))]
    {
        let request = CreateResourceRequest {
            tenant: "acme".into(),
            actor: user("cleo"),
            resource: at("folder", id),
            parent,
            ..CreateResourceRequest::default()
        };
        write(&stage, request).await.expect("an admin edits every folder");
    }
    join(&stage, "vera", at("folder", "plans"), "viewer").await;
    join(&stage, "paul", at("folder", "plans"), "poster").await;
    for folder in ["plans", "drafts", "old"] {
        assert!(may(&stage, "vera", "folder.list", at("folder", folder)).await, "{folder}");
        assert_eq!(may(&stage, "paul", "folder.list", at("folder", folder)).await, folder == "plans", "{folder}");
    }

    let list = |who: &str| ListResourcesRequest {
        tenant: "acme".into(),
        subject: user(who),
        action: "folder.list".into(),
        resource_type: "folder".into(),
        ..ListResourcesRequest::default()
    };
    for (who, expected) in [("vera", vec!["drafts", "old", "plans"]), ("paul", vec!["plans"])] {
        let found = stage.api.list_resources(list(who)).await.expect("well formed").resources;
        assert_eq!(found.into_iter().map(|resource| resource.id).collect::<Vec<_>>(), expected, "{who}");
    }

    let members =
        ListMembersRequest { tenant: "acme".into(), resource: at("folder", "old"), ..ListMembersRequest::default() };
    let members = stage.api.list_members(members).await.expect("well formed").members;
    let listed: Vec<String> =
        members.into_iter().map(|listed| listed.member.expect("is there").subject.expect("is there").id).collect();
    assert_eq!(listed, ["cleo", "vera"], "a poster of a folder above is nobody here");
}

#[tokio::test]
async fn folders_in_folders_go_along_to_another_version() {
    let policies = tempfile::tempdir().expect("there is room");
    let first = include_str!("policy/models/folders.toml");
    let second = first.replacen("version = 1", "version = 2", 1);
    let flat = first.replacen("version = 1", "version = 3", 1).replace(", reaches_down = true", "");
    let flat = flat.replace("nested       = true\n", "");
    for (name, text) in [("first", first), ("second", second.as_str()), ("flat", flat.as_str())] {
        std::fs::write(policies.path().join(format!("{name}.toml")), text).expect("there is room");
    }
    let stage = Stage::with(&[&format!("policies.dir={}", policies.path().display())]).await;
    let operator = Some(rollcall::proto::Subject { r#type: "operator".into(), id: "root".into() });
    let tenant = CreateTenantRequest {
        tenant: "acme".into(),
        actor: operator.clone(),
        policy: "folders".into(),
        policy_version: 1,
        first_member: user("cleo"),
        ..CreateTenantRequest::default()
    };
    write(&stage, tenant).await.expect("an operator creates a tenant");
    for (id, parent) in [("plans", at("drive", "")), ("drafts", at("folder", "plans"))] {
        let (actor, resource) = (user("cleo"), at("folder", id));
        let folder = CreateResourceRequest { actor, resource, parent, tenant: "acme".into(), ..Default::default() };
        write(&stage, folder).await.expect("an admin edits every folder");
    }
    let to = |policy_version| SetPolicyRequest {
        tenant: "acme".into(),
        actor: operator.clone(),
        policy_version,
        ..SetPolicyRequest::default()
    };
    write(&stage, to(2)).await.expect("it has the same folders");
    assert!(may(&stage, "cleo", "folder.list", at("folder", "drafts")).await);
    assert_eq!(write(&stage, to(3)).await.unwrap_err(), "POLICY_INCOMPATIBLE", "it has no folders in folders");
}

#[tokio::test]
async fn a_folder_goes_where_folders_go() {
    let stage = on("folders").await;
    let create = |kind: &str, parent: Option<ResourceRef>| CreateResourceRequest {
        tenant: "acme".into(),
        actor: user("cleo"),
        resource: at(kind, "new"),
        parent,
        ..CreateResourceRequest::default()
    };
    assert_eq!(write(&stage, create("document", at("drive", ""))).await.unwrap_err(), "FIELD_INVALID");
    assert_eq!(write(&stage, create("document", None)).await.unwrap_err(), "FIELD_REQUIRED");
    assert_eq!(write(&stage, create("folder", at("folder", "nowhere"))).await.unwrap_err(), "RESOURCE_NOT_FOUND");
    let itself = stage.api.write(create("folder", at("folder", "new")).into()).await;
    let metadata = expect_error(itself, tonic::Code::NotFound, "RESOURCE_NOT_FOUND");
    assert_eq!(metadata["field"], "parent", "a folder is not below itself");
}
