//! Whoever holds a right for a time gives nothing for longer, to others or to themselves.

use rollcall::proto::{BatchChangeRoleRequest, ChangeRoleRequest, RoleExchange};

use super::{
    drive::{Drive, place, who},
    support::{Stage, World, Write, resource, subject, world::OPERATOR},
};

/// So many seconds into the year 2100.
fn later(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: 4_102_444_800 + seconds, nanos: 0 }
}

/// A write that gives a role, until then.
fn until(mut write: Write, end: prost_types::Timestamp) -> Write {
    match &mut write {
        Write::Invite(request) => request.grants.iter_mut().for_each(|grant| grant.expire_time = Some(end)),
        Write::ChangeRole(request) => request.expire_time = Some(end),
        other => panic!("{other:?} gives no role"),
    }
    write
}

/// The furnished workspace with `tim`, an editor of `harbour` until the end that is returned.
async fn with_tim(stage: &Stage) -> (World, prost_types::Timestamp) {
    let (world, end) = (stage.world().await, later(0));
    world.join("ada", &["tim"], "user").await;
    world.allowed(until(world.invite("ada", "tim", "harbour", "editor"), end)).await;
    (world, end)
}

#[tokio::test]
async fn a_temporary_editor_makes_nobody_one_for_longer() {
    let stage = Stage::new().await;
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
        for too_long in [write.clone(), until(write.clone(), after)] {
            let status = world.refused(too_long, "OUTLASTS_GRANTER").await;
            let told = tonic_types::StatusExt::get_details_error_info(&status).unwrap().metadata;
            assert_eq!(told["latest_expire_time"], end.to_string(), "{}", status.message());
        }
    }
    world.refused(until(world.change("tim", "tim", "harbour", "editor"), end), "ROLE_UNCHANGED").await;
    for write in [
        world.change("tim", "victor", "harbour", "editor"),
        world.invite("tim", "olga", "harbour", "viewer"),
        world.invite("tim", "new@acme.test", "harbour", "viewer"),
    ] {
        world.allowed(until(write, end)).await;
    }
    // What brings somebody into the workspace ends too, for it is of the same hand.
    let ends = world.member("new@acme.test").await.unwrap().grants;
    assert_eq!(ends.iter().map(|grant| grant.expire_time).collect::<Vec<_>>(), [Some(end), Some(end)], "{ends:?}");
    world.allowed(until(world.change("tim", "tim", "harbour", "viewer"), end)).await;
}

#[tokio::test]
async fn a_batch_is_no_way_round() {
    let stage = Stage::new().await;
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
    let stage = Stage::new().await;
    let (world, end) = with_tim(&stage).await;
    world.allowed(world.change("edith", "tim", "harbour", "editor")).await;
    world.allowed(until(world.change("tim", "tim", "harbour", "editor"), end)).await;
    world.allowed(until(world.change("edith", "emil", "harbour", "editor"), end)).await;
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
    let drive = Drive::new().await;
    let (soon, late) = (later(0), later(600));
    let ends = |mut request: rollcall::proto::InviteRequest, end| {
        request.grants[0].expire_time = Some(end);
        request
    };
    let by_carl = || Drive::invite("carl", "omar", "folder:plans", "viewer");
    // The team's role ends.
    drive.does(ends(Drive::invite("ada", "group:crew", "folder:plans", "editor"), late)).await;
    assert_eq!(drive.tried(by_carl()).await, Err("OUTLASTS_GRANTER".into()));
    let published = Drive::invite("carl", "user:*", "folder:plans", "viewer");
    assert_eq!(drive.tried(published).await, Err("OUTLASTS_GRANTER".into()));
    // Somebody's place in the team ends sooner, or that of a team in it.
    drive.does(ends(Drive::invite("gwen", "omar", "group:crew", "person"), soon)).await;
    drive.does(ends(Drive::invite("gwen", "group:night", "group:crew", "person"), soon)).await;
    drive.join("zoe").await;
    drive.does(Drive::invite("ada", "zoe", "group:night", "person")).await;
    for actor in ["omar", "zoe"] {
        let invite = |end| ends(Drive::invite(actor, "gwen", "folder:plans", "viewer"), end);
        assert_eq!(drive.tried(invite(late)).await, Err("OUTLASTS_GRANTER".into()), "{actor}");
        drive.does(invite(soon)).await;
        drive.does(Drive::remove("ada", "gwen", "folder:plans")).await;
    }
    // The longer of two ways counts.
    drive.does(Drive::invite("gwen", "zoe", "group:crew", "person")).await;
    drive.does(ends(Drive::invite("zoe", "gwen", "folder:plans", "viewer"), late)).await;
    drive.does(ends(by_carl(), late)).await;
}

#[tokio::test]
async fn who_may_for_a_time_takes_from_others_for_good() {
    let drive = Drive::new().await;
    let end = later(0);
    let mut temporary = Drive::invite("ada", "omar", "folder:plans", "editor");
    temporary.grants[0].expire_time = Some(end);
    drive.does(temporary).await;
    drive.does(Drive::invite("ada", "carl", "folder:plans", "editor")).await;
    let change = |actor: &str, member: &str, role: &str, expire_time| ChangeRoleRequest {
        tenant: "acme".into(),
        actor: who(actor),
        member: who(member),
        resource: place("folder:plans"),
        role: role.into(),
        expire_time,
        ..ChangeRoleRequest::default()
    };
    // An editor is a viewer too, so this gives nothing, and neither does an end that comes sooner.
    drive.does(change("omar", "carl", "editor", Some(later(600)))).await;
    assert_eq!(drive.tried(change("omar", "carl", "editor", None)).await, Err("OUTLASTS_GRANTER".into()));
    drive.does(change("omar", "carl", "viewer", Some(later(600)))).await;
    assert_eq!(drive.tried(change("omar", "omar", "viewer", None)).await, Err("OUTLASTS_GRANTER".into()));
    drive.does(change("omar", "omar", "viewer", Some(end))).await;
}
