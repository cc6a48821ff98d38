//! What becomes of the profile of somebody invited, where others may write it.

use rollcall::proto::{CreateTenantRequest, Profile};

use crate::{
    invited,
    support::{
        Stage, World,
        error::fields_of,
        names::{email_of, subject},
        world::{OPERATOR, profile},
    },
};

const ROOT: &str = "organization:";

/// An organization on `lume`, where an operator writes everybody's profile, with an invitation for `nina` and its secret.
async fn organization(stage: &Stage) -> (World, String) {
    let world = World { api: stage.api.clone(), tenant: "lume".into() };
    let tenant = CreateTenantRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject(OPERATOR)),
        policy: "lume".into(),
        first_member: Some(subject("ann")),
        profile: Some(profile("ann")),
        ..Default::default()
    };
    world.api.write(tenant.into()).await.expect("an operator creates a tenant");
    let (_, token) = invited(&world, OPERATOR, &email_of("nina"), ROOT, "user").await;
    (world, token)
}

#[tokio::test]
async fn the_email_that_an_invitation_is_bound_to_stays() {
    let stage = Stage::new().await;
    let (world, _) = organization(&stage).await;
    let nina = email_of("nina");
    for email in [email_of("nora"), String::new()] {
        let status =
            world.refused(world.update(OPERATOR, &nina, Profile { email, ..profile("nina") }), "FIELD_INVALID");
        assert_eq!(fields_of(&status.await), ["profile.email"]);
    }
    world.allowed(world.update(OPERATOR, &nina, profile("nina"))).await;
    invited(&world, OPERATOR, &nina, ROOT, "user").await;
}

#[tokio::test]
async fn what_the_invited_person_is_found_by_is_theirs_when_they_accept() {
    let stage = Stage::new().await;
    let (world, token) = organization(&stage).await;
    let known = Profile { phone: "+4930123456".into(), ..profile("nina") };
    world.allowed(world.update(OPERATOR, &email_of("nina"), known.clone())).await;
    let accepted = world.allowed(world.accept("nina", &token)).await.accept_invitation();
    let member = accepted.member.expect("the answer has the member");
    assert_eq!(member.profile.expect("members have profiles").username, known.username);
}
