//! Subjects without a type are users, wherever a request names one; and a tenant can begin without a profile.

use rollcall::proto::{
    CheckRequest, CreateResourceRequest, CreateTenantRequest, InviteRequest, Invitee, LockMemberRequest, ResourceRef,
    RoleGrant, Subject, invitee,
};

use crate::support::{TestServer, Write, names::subject, wire_tenant::OPERATOR};

fn untyped(id: &str) -> Option<Subject> {
    Some(Subject { id: id.into(), ..Subject::default() })
}

fn resource(kind: &str, id: &str) -> Option<ResourceRef> {
    Some(ResourceRef { r#type: kind.into(), id: id.into() })
}

#[tokio::test]
async fn a_subject_without_a_type_is_a_user() {
    let stage = TestServer::new().await;
    let tenant = "acme".to_owned();
    let create = CreateTenantRequest {
        tenant: tenant.clone(),
        actor: Some(subject(OPERATOR)),
        policy: "lumicon".into(),
        first_member: untyped("ada"),
        ..Default::default()
    };
    let created = stage.api.tenants.clone().create_tenant(create).await.expect("an operator may").into_inner();
    let first_member = created.first_member.expect("there is one");
    assert_eq!(first_member.subject, Some(subject("ada")));
    assert!(first_member.profile.unwrap_or_default().emails.is_empty(), "nobody gave a profile");

    let site = CreateResourceRequest {
        tenant: tenant.clone(),
        actor: untyped("ada"),
        resource: resource("job_site", "pier"),
        ..Default::default()
    };
    stage.api.write(Write::from(site)).await.expect("an admin may");
    let invite = InviteRequest {
        tenant: tenant.clone(),
        actor: untyped("ada"),
        invitees: vec![Invitee {
            who: Some(invitee::Who::Subject(untyped("ada").unwrap())),
            grants: vec![RoleGrant {
                resource: resource("job_site", "pier"),
                role: "viewer".into(),
                expire_time: None,
            }],
            ..Default::default()
        }],
        ..Default::default()
    };
    let refused = stage.api.write(Write::from(invite)).await.expect_err("she is an editor there");
    assert!(refused.message().contains("`user:ada`"), "{}", refused.message());
    let lock = LockMemberRequest {
        tenant: tenant.clone(),
        actor: untyped("ada"),
        member: untyped("ada"),
        ..Default::default()
    };
    let refused = stage.api.write(Write::from(lock)).await.expect_err("she is the only admin");
    assert!(refused.message().contains("`user:ada`"), "{}", refused.message());
    let question = CheckRequest {
        tenant,
        subject: untyped("ada"),
        action: "data.view".into(),
        resource: resource("job_site", "pier"),
        ..Default::default()
    };
    assert!(stage.api.check(question).await.expect("well formed").allowed, "the user `ada` is an editor");
}
