//! Whoever may grant a role only until an end grants nothing beyond it, to others or to themselves.

use rollcall::proto::{BatchChangeRoleRequest, RoleExchange};

use super::driver::{join, start};
use crate::support::{TestServer, WireTenant, Write, own_roles, resource, subject, wire_tenant::OPERATOR};

/// The instant that is so many seconds after the beginning of the year 2100.
fn later(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: 4_102_444_800 + seconds, nanos: 0 }
}

/// The seeded workspace with `tim`, an editor of `harbour` until the end that is returned.
async fn with_tim(stage: &TestServer) -> (WireTenant, prost_types::Timestamp) {
    let (world, end) = (stage.tenant().await, later(0));
    world.join("ada", &["tim"], "user").await;
    world.allowed(world.invite("ada", "tim", "harbour", "editor").until(end)).await;
    (world, end)
}

#[tokio::test]
async fn a_temporary_editor_makes_nobody_one_for_longer() {
    let stage = TestServer::new().await;
    let (world, end) = with_tim(&stage).await;
    let after = prost_types::Timestamp { nanos: 1000, ..end };
    for write in [
        world.change("tim", "tim", "harbour", "editor"),
        world.change("tim", "tim", "harbour", "viewer"),
        world.change("tim", "victor", "harbour", "editor"),
        world.change("tim", "edith", "harbour", "viewer"),
        world.invite("tim", "olga", "harbour", "editor"),
        world.invite("tim", "new@acme.test", "harbour", "viewer"),
        world.invite_all("tim", &["olga", "new@acme.test"], &[("harbour", "viewer")]),
    ] {
        for too_long in [write.clone(), write.clone().until(after)] {
            let status = world.refused(too_long, "OUTLASTS_GRANTER").await;
            let metadata = tonic_types::StatusExt::get_details_error_info(&status).unwrap().metadata;
            assert_eq!(metadata["latest_expire_time"], end.to_string(), "{}", status.message());
        }
    }
    world.refused(world.change("tim", "tim", "harbour", "editor").until(end), "ROLE_UNCHANGED").await;
    for write in [
        world.change("tim", "victor", "harbour", "editor"),
        world.invite("tim", "olga", "harbour", "viewer"),
        world.invite("tim", "new@acme.test", "harbour", "viewer"),
    ] {
        world.allowed(write.until(end)).await;
    }
    // The role in the workspace that comes with it ends too, for the same granter gives it.
    let ends = own_roles(world.member("new@acme.test").await.unwrap());
    assert_eq!(ends.iter().map(|grant| grant.expire_time).collect::<Vec<_>>(), [Some(end), Some(end)], "{ends:?}");
    world.allowed(world.change("tim", "tim", "harbour", "viewer").until(end)).await;
}

#[tokio::test]
async fn a_batch_is_no_way_round() {
    let stage = TestServer::new().await;
    let (world, end) = with_tim(&stage).await;
    let change = |who: &str, expire_time| RoleExchange {
        member: Some(subject(who)),
        resource: Some(resource(&world.tenant, "harbour")),
        role: "editor".into(),
        expire_time,
        ..RoleExchange::default()
    };
    let batch = |changes| {
        let (tenant, actor) = (world.tenant.clone(), Some(subject("tim")));
        Write::from(BatchChangeRoleRequest { tenant, actor, changes, ..BatchChangeRoleRequest::default() })
    };
    world.refused(batch(vec![change("victor", Some(end)), change("tim", None)]), "OUTLASTS_GRANTER").await;
    world.allowed(batch(vec![change("victor", Some(end)), change("vera", Some(end))])).await;
}

#[tokio::test]
async fn who_has_the_right_for_good_gives_for_good() {
    let stage = TestServer::new().await;
    let (world, end) = with_tim(&stage).await;
    world.allowed(world.change("edith", "tim", "harbour", "editor")).await;
    world.allowed(world.change("tim", "tim", "harbour", "editor").until(end)).await;
    world.allowed(world.change("edith", "emil", "harbour", "editor").until(end)).await;
    for actor in ["ada", "edith"] {
        world.allowed(world.change(actor, "victor", "harbour", "editor").dry()).await;
    }
    let status = world.refused(world.change("emil", "victor", "harbour", "editor"), "OUTLASTS_GRANTER").await;
    assert!(status.message().contains("no later than that"), "{}", status.message());
    // By a role above that lasts.
    world.allowed(world.change(OPERATOR, "emil", "workspace", "admin")).await;
    world.allowed(world.change("emil", "victor", "harbour", "editor")).await;
}

#[tokio::test]
async fn a_right_through_a_team_ends_with_the_first_of_its_links() {
    let (_server, drive) = start(&[]).await;
    let (soon, late) = (later(0), later(600));
    let by_carl = || drive.invite("carl", "omar", "folder:plans", "viewer");
    // The team's role ends.
    drive.does(drive.invite("ada", "group:crew", "folder:plans", "editor").until(late)).await;
    assert_eq!(drive.tried(by_carl()).await, Err("OUTLASTS_GRANTER".into()));
    let published = drive.invite("carl", "user:*", "folder:plans", "viewer");
    assert_eq!(drive.tried(published).await, Err("OUTLASTS_GRANTER".into()));
    // A membership of the team ends sooner, or that of a team in it.
    drive.does(drive.invite("gwen", "omar", "group:crew", "person").until(soon)).await;
    drive.does(drive.invite("gwen", "group:night", "group:crew", "person").until(soon)).await;
    join(&drive, "zoe").await;
    drive.does(drive.invite("ada", "zoe", "group:night", "person")).await;
    for actor in ["omar", "zoe"] {
        let invite = |end| drive.invite(actor, "gwen", "folder:plans", "viewer").until(end);
        assert_eq!(drive.tried(invite(late)).await, Err("OUTLASTS_GRANTER".into()), "{actor}");
        drive.does(invite(soon)).await;
        drive.does(drive.remove("ada", "gwen", "folder:plans")).await;
    }
    // Of two paths the one that lasts longer counts.
    drive.does(drive.invite("gwen", "zoe", "group:crew", "person")).await;
    drive.does(drive.invite("zoe", "gwen", "folder:plans", "viewer").until(late)).await;
    drive.does(by_carl().until(late)).await;
}

#[tokio::test]
async fn who_may_for_a_time_takes_from_others_for_good() {
    let (_server, drive) = start(&[]).await;
    let end = later(0);
    drive.does(drive.invite("ada", "omar", "folder:plans", "editor").until(end)).await;
    drive.does(drive.invite("ada", "carl", "folder:plans", "editor")).await;
    let change = |actor: &str, member: &str, role: &str| drive.change(actor, member, "folder:plans", role);
    // An editor is a viewer too, so this gives nothing, and neither does an end that comes sooner.
    drive.does(change("omar", "carl", "editor").until(later(600))).await;
    assert_eq!(drive.tried(change("omar", "carl", "editor")).await, Err("OUTLASTS_GRANTER".into()));
    drive.does(change("omar", "carl", "viewer").until(later(600))).await;
    assert_eq!(drive.tried(change("omar", "omar", "viewer")).await, Err("OUTLASTS_GRANTER".into()));
    drive.does(change("omar", "omar", "viewer").until(end)).await;
}
