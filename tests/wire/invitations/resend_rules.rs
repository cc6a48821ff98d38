//! Who sends invitations again and revokes them under policies in which not everybody who invites may do so.

use crate::support::{
    TestServer,
    fixture::{TenantFixture, tenant},
    wire_tenant::OPERATOR,
};

/// An organization on this version of `lumi`, with the Account Admin `ann`, the projects `film` and `play`, and in each
/// a Project Admin (`pat`, `paul`) and a team member (`tess`, `tom`).
pub(crate) fn organization(version: u32) -> TenantFixture {
    let policy = format!("lumi-{version}");
    let organization = tenant(&policy).named(&policy).person("ann", "account_admin").resource("project:film");
    organization
        .joined("pat", "project:film", "project_admin")
        .joined("tess", "project:film", "team_member")
        .resource("project:play")
        .joined("paul", "project:play", "project_admin")
        .joined("tom", "project:play", "team_member")
}

#[tokio::test]
async fn a_team_member_sends_nothing_again_not_even_their_own() {
    let stage = TestServer::new().await;
    for (version, inviter) in [(1, "pat"), (2, "tess")] {
        let world = organization(version).wire_on(&stage.api).await;
        let (invitation, _) = world.invited(inviter, "ivan@acme.test", "project:film", "team_member").await;
        for actor in ["tess", "tom", "paul", OPERATOR] {
            world.refused(world.resend(actor, &invitation.id), "NOT_PERMITTED").await;
        }
        for actor in ["pat", "ann"] {
            world.allowed(world.resend(actor, &invitation.id)).await;
        }
        // One of the resources that somebody is invited to is enough.
        world.invited("paul", "ivan@acme.test", "project:play", "team_member").await;
        world.allowed(world.resend("paul", &invitation.id)).await;
    }
}

#[tokio::test]
async fn whoever_removes_from_every_project_of_an_invitation_takes_it_back() {
    let stage = TestServer::new().await;
    for version in [1, 2] {
        let world = organization(version).wire_on(&stage.api).await;
        let (invitation, _) = world.invited("pat", "ivan@acme.test", "project:film", "team_member").await;
        for actor in ["tess", "paul", OPERATOR] {
            world.refused(world.revoke(actor, &invitation.id), "NOT_PERMITTED").await;
        }
        world.invited("paul", "ivan@acme.test", "project:play", "team_member").await;
        world.refused(world.revoke("pat", &invitation.id), "NOT_PERMITTED").await;
        world.allowed(world.revoke("ann", &invitation.id)).await;
        let (invitation, _) = world.invited("pat", "ivan@acme.test", "project:film", "project_admin").await;
        world.allowed(world.revoke("pat", &invitation.id)).await;
    }
}
