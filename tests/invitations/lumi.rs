//! The same under the policies in which not everybody who invites may send an invitation again.

use rollcall::proto::{
    AcceptInvitationRequest, CreateResourceRequest, CreateTenantRequest, InviteRequest, Profile, RoleGrant,
};

use crate::support::{
    Stage, World, invitee,
    names::{email_of, subject},
    world::{OPERATOR, profile},
};

/// An organization on this version of `lumi`, with the Account Admin `ann`, the projects `film` and `play`, and in each
/// a Project Admin (`pat`, `paul`) and a team member (`tess`, `tom`).
pub(crate) async fn organization(stage: &Stage, version: u32) -> World {
    let world = World { api: stage.api.clone(), tenant: format!("lumi-{version}") };
    let tenant = CreateTenantRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject(OPERATOR)),
        policy: "lumi".into(),
        policy_version: version,
        first_member: Some(subject("ann")),
        profile: Some(profile("ann")),
        ..Default::default()
    };
    world.api.write(tenant.into()).await.expect("an operator creates a tenant");
    for (project, admin, member) in [("film", "pat", "tess"), ("play", "paul", "tom")] {
        let create = CreateResourceRequest {
            tenant: world.tenant.clone(),
            actor: Some(subject("ann")),
            resource: Some(place(project)),
            ..Default::default()
        };
        world.api.write(create.into()).await.expect("an Account Admin creates projects");
        for (user, role) in [(admin, "project_admin"), (member, "team_member")] {
            let (_, token) = invited(&world, "ann", &email_of(user), project, role).await;
            let accept = AcceptInvitationRequest {
                tenant: world.tenant.clone(),
                actor: Some(subject(user)),
                invitation_token: token,
                profile: Some(Profile { email: email_of(user), ..Profile::default() }),
                ..Default::default()
            };
            world.api.write(accept.into()).await.expect("the invitation is good");
        }
    }
    world
}

fn place(project: &str) -> rollcall::proto::ResourceRef {
    rollcall::proto::ResourceRef { r#type: "project".into(), id: project.into() }
}

/// The id and the secret of a new invitation.
async fn invited(world: &World, actor: &str, email: &str, project: &str, role: &str) -> (String, String) {
    let invite = InviteRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject(actor)),
        invitees: vec![invitee(email)],
        grants: vec![RoleGrant { resource: Some(place(project)), role: role.into(), ..Default::default() }],
        ..Default::default()
    };
    let answer = world.api.write(invite.into()).await.expect("allowed").invite();
    (answer.results[0].invitation.clone().expect("is told").id, answer.results[0].invitation_token.clone())
}

#[tokio::test]
async fn a_team_member_sends_nothing_again_not_even_their_own() {
    let stage = Stage::new().await;
    for (version, inviter) in [(1, "pat"), (2, "tess")] {
        let world = organization(&stage, version).await;
        let (id, _) = invited(&world, inviter, "ivan@acme.test", "film", "team_member").await;
        for actor in ["tess", "tom", "paul", OPERATOR] {
            world.refused(world.resend(actor, &id), "NOT_PERMITTED").await;
        }
        for actor in ["pat", "ann"] {
            world.allowed(world.resend(actor, &id)).await;
        }
        // One of the places that somebody is invited to is enough.
        invited(&world, "paul", "ivan@acme.test", "play", "team_member").await;
        world.allowed(world.resend("paul", &id)).await;
    }
}

#[tokio::test]
async fn whoever_removes_from_every_project_of_an_invitation_takes_it_back() {
    let stage = Stage::new().await;
    for version in [1, 2] {
        let world = organization(&stage, version).await;
        let (id, _) = invited(&world, "pat", "ivan@acme.test", "film", "team_member").await;
        for actor in ["tess", "paul", OPERATOR] {
            world.refused(world.revoke(actor, &id), "NOT_PERMITTED").await;
        }
        invited(&world, "paul", "ivan@acme.test", "play", "team_member").await;
        world.refused(world.revoke("pat", &id), "NOT_PERMITTED").await;
        world.allowed(world.revoke("ann", &id)).await;
        let (id, _) = invited(&world, "pat", "ivan@acme.test", "film", "project_admin").await;
        world.allowed(world.revoke("pat", &id)).await;
    }
}
