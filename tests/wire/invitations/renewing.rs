//! Invitations that are issued again: only the grants that the one who issues it may give or send again are renewed.

use rollcall::proto::Invitation;

use super::resend_rules::organization;
use crate::support::{
    TestServer, WireTenant,
    db::{Db, audited},
    own_roles,
};

const EVE: &str = "eve@acme.test";

/// A resource and a role of `lumi`: `organization` is the tenant itself, anything else a project.
type Grant<'a> = (&'a str, &'a str);

/// Invites eve, and returns the invitation and its secret.
async fn invited(world: &WireTenant, actor: &str, roles: &[Grant<'_>]) -> (Invitation, String) {
    let at = |at: &str| if at == "organization" { "organization:".to_owned() } else { format!("project:{at}") };
    let grants: Vec<_> = roles.iter().map(|(resource, role)| (at(resource), *role)).collect();
    let grants: Vec<_> = grants.iter().map(|(resource, role)| (resource.as_str(), *role)).collect();
    let [result] = world.allowed(world.invite_all(actor, &[EVE], &grants)).await.invite().results.try_into().unwrap();
    (result.invitation.unwrap(), result.invitation_token)
}

/// Eve's grants after she accepted: `RESOURCE_ID ROLE`, sorted.
async fn accepted(world: &WireTenant, token: &str) -> Vec<String> {
    world.allowed(world.accept("eve", token)).await;
    let grants = own_roles(world.member("eve").await.unwrap());
    let mut grants: Vec<_> = grants.into_iter().map(|it| format!("{} {}", it.resource.unwrap().id, it.role)).collect();
    grants.sort();
    grants
}

async fn expire(stage: &TestServer, world: &WireTenant) {
    let db = Db::open(stage.dir.path()).await;
    db.expire(&world.tenant, EVE).await;
    db.close().await;
}

#[tokio::test]
async fn who_may_not_give_a_role_does_not_revive_it() {
    let stage = TestServer::new().await;
    let world = organization(2).wire_on(&stage.api).await;
    invited(&world, "ann", &[("organization", "account_admin"), ("play", "project_admin")]).await;
    expire(&stage, &world).await;
    let (_, token) = invited(&world, "tess", &[("film", "team_member")]).await;
    assert_eq!(accepted(&world, &token).await, ["film team_member"]);
    assert!(!world.may("eve", "project.create", &format!("organization:{}", world.tenant)).await);
    audited(stage.dir.path(), &world.tenant).await;
}

#[tokio::test]
async fn nor_does_who_may_only_send_again_elsewhere() {
    let stage = TestServer::new().await;
    let world = organization(2).wire_on(&stage.api).await;
    let all = [("organization", "account_admin"), ("film", "project_admin"), ("play", "team_member")];
    let (invitation, _) = invited(&world, "ann", &all).await;
    expire(&stage, &world).await;
    let sent = world.allowed(world.resend("pat", &invitation.id)).await.resend_invitation();
    assert_eq!(accepted(&world, &sent.invitation_token).await, ["film project_admin"]);
}

#[tokio::test]
async fn who_may_give_what_has_run_out_gives_it_anew() {
    let stage = TestServer::new().await;
    for again in [true, false] {
        let world = organization(if again { 1 } else { 2 }).wire_on(&stage.api).await;
        let all = [("organization", "account_admin"), ("film", "project_admin")];
        let (invitation, _) = invited(&world, "ann", &all).await;
        expire(&stage, &world).await;
        let token = if again {
            world.allowed(world.resend("ann", &invitation.id)).await.resend_invitation().invitation_token
        } else {
            invited(&world, "ann", &[("play", "team_member")]).await.1
        };
        let mut expected = vec!["film project_admin".to_owned(), format!("{} account_admin", world.tenant)];
        expected.extend((!again).then(|| "play team_member".to_owned()));
        expected.sort();
        assert_eq!(accepted(&world, &token).await, expected);
    }
}

#[tokio::test]
async fn what_is_pending_is_prolonged_by_nobody_else() {
    let stage = TestServer::new().await;
    let world = organization(2).wire_on(&stage.api).await;
    let (first, _) = invited(&world, "ann", &[("organization", "account_admin"), ("film", "team_member")]).await;
    let (third, _) = invited(&world, "tom", &[("play", "team_member")]).await;
    let is_later = |one: &Option<prost_types::Timestamp>, other: &Option<prost_types::Timestamp>| {
        let micros = |at: &Option<prost_types::Timestamp>| at.map(|at| (at.seconds, at.nanos));
        micros(one) > micros(other)
    };
    assert!(is_later(&third.expire_time, &first.expire_time), "what they give has its own time");
    let sent = world.allowed(world.resend("pat", &first.id)).await.resend_invitation();
    assert!(is_later(&sent.invitation.unwrap().expire_time, &third.expire_time));
    // Neither what the team member gave goes on by that, nor the account_admin, which ends as it would have.
    let db = Db::open(stage.dir.path()).await;
    let ends = db.state(&world.tenant).await.offer_ends;
    db.close().await;
    let kept: Vec<_> = ends.into_keys().map(|(_, (_, at), role)| format!("{at} {role}")).collect();
    assert_eq!(kept, [format!("{} account_admin", world.tenant), "play team_member".to_owned()]);
    let sent = world.allowed(world.resend("ann", &first.id)).await.resend_invitation();
    let prolonged = sent.invitation.unwrap().expire_time.unwrap();
    let before = first.expire_time.unwrap();
    assert!((prolonged.seconds, prolonged.nanos) > (before.seconds, before.nanos));
    assert_eq!(
        accepted(&world, &sent.invitation_token).await,
        ["film team_member", "lumi-2 account_admin", "play team_member"]
    );
}

#[tokio::test]
async fn what_brings_somebody_in_goes_on_with_what_it_comes_of() {
    let stage = TestServer::new().await;
    let world = stage.tenant().await;
    world.allowed(world.invite("edith", EVE, "harbour", "viewer")).await;
    expire(&stage, &world).await;
    world.allowed(world.create_site("olga", "pier")).await;
    let invited = world.allowed(world.invite("olga", EVE, "pier", "viewer")).await.invite();
    world.allowed(world.accept("eve", &invited.results[0].invitation_token)).await;
    assert_eq!(world.grants("eve").await, ["pier viewer", "workspace user"]);
}

#[tokio::test]
async fn who_may_only_for_a_time_has_nothing_go_on_for_longer() {
    let stage = TestServer::new().await;
    let end = prost_types::Timestamp { seconds: 4_102_444_800, nanos: 0 };
    // The methods by which `tim`, an editor for a time, could renew an expired invitation to a lasting role.
    for method in ["invite", "invite until", "invite elsewhere", "resend"] {
        let world = stage.tenant().await;
        world.join("ada", &["tim"], "user").await;
        world.allowed(world.invite("ada", "tim", "harbour", "editor").until(end)).await;
        let first = world.allowed(world.invite("edith", EVE, "harbour", "editor")).await.invite();
        let invitation = first.results[0].invitation.clone().unwrap();
        expire(&stage, &world).await;
        let again = world.invite("tim", EVE, "harbour", "editor");
        let (token, expected) = match method {
            "invite" => {
                world.refused(again, "OUTLASTS_GRANTER").await;
                continue;
            }
            "resend" => {
                world.refused(world.resend("tim", &invitation.id), "OUTLASTS_GRANTER").await;
                continue;
            }
            "invite until" => {
                let sent = world.allowed(again.until(end)).await.invite();
                (sent.results[0].invitation_token.clone(), vec![("harbour", Some(end)), (&*world.tenant, Some(end))])
            }
            _ => {
                world.allowed(world.create_site("tim", "pier")).await;
                let sent = world.allowed(world.invite("tim", EVE, "pier", "viewer")).await.invite();
                (sent.results[0].invitation_token.clone(), vec![("pier", None), (&*world.tenant, None)])
            }
        };
        world.allowed(world.accept("eve", &token)).await;
        let grants = own_roles(world.member("eve").await.unwrap());
        let mut grants: Vec<_> = grants.into_iter().map(|it| (it.resource.unwrap().id, it.expire_time)).collect();
        let mut expected: Vec<_> = expected.into_iter().map(|(id, end)| (id.to_owned(), end)).collect();
        grants.sort_by(|a, b| a.0.cmp(&b.0));
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(grants, expected, "{method}");
    }
}

#[tokio::test]
async fn a_role_in_the_tenant_lasts_as_soon_as_somebody_invites_who_may_give_it_so() {
    let stage = TestServer::new().await;
    let end = prost_types::Timestamp { seconds: 4_102_444_800, nanos: 0 };
    for accepts_between in [false, true] {
        let world = stage.tenant().await;
        world.join("ada", &["tim"], "user").await;
        world.allowed(world.invite("ada", "tim", "harbour", "editor").until(end)).await;
        let sent = world.allowed(world.invite("tim", EVE, "harbour", "viewer").until(end)).await.invite();
        let mut token = sent.results[0].invitation_token.clone();
        if accepts_between {
            world.allowed(world.accept("eve", &token)).await;
        }
        let whom = if accepts_between { "eve" } else { EVE };
        let sent = world.allowed(world.invite("emil", whom, "quarry", "viewer")).await.invite();
        if !accepts_between {
            token.clone_from(&sent.results[0].invitation_token);
            world.allowed(world.accept("eve", &token)).await;
        }
        let grants = own_roles(world.member("eve").await.unwrap());
        let ends: Vec<_> = grants.into_iter().map(|it| (it.role, it.expire_time)).collect();
        assert!(ends.contains(&("user".to_owned(), None)), "{ends:?}");
        assert!(ends.contains(&("viewer".to_owned(), Some(end))), "{ends:?}");
    }
}
