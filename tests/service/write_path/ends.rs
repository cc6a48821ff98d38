//! What ends between the plan of a write and its commit: it is planned again, and by then refused.

use std::time::Duration;

use super::{Club, after};

const HOUR: Duration = Duration::from_hours(1);

/// A club in which `bo` is a boss for an hour; one minute is left of it.
async fn nearly_over() -> Club {
    let club = Club::new().await;
    club.tenant.join("ada", "bo", "club", "boss", Some(after(HOUR))).await;
    club.tenant.join("ada", "gus", "club", "guest", None).await;
    club.tenant.clock.set(after(Duration::from_mins(59)));
    club
}

#[tokio::test]
async fn a_right_that_ends_before_the_commit_allows_nothing() {
    let club = nearly_over().await;
    let (tenant, clock) = (&club.tenant, club.tenant.clock.clone());
    let before = tenant.token().await;
    club.store.before_commit(move || clock.set(after(HOUR)));
    let refused = tenant.write("bo", tenant.remove("gus", "club", "")).await.map(drop);
    assert_eq!(refused, Err("NOT_PERMITTED"));
    assert_eq!(tenant.token().await, before, "nothing was written");
}

#[tokio::test]
async fn the_end_of_somebody_elses_role_has_the_write_planned_again() {
    let club = nearly_over().await;
    let (tenant, clock) = (&club.tenant, club.tenant.clock.clone());
    club.store.before_commit(move || clock.set(after(HOUR)));
    // The role that it would change is over when it would be changed.
    let refused = tenant.write("ada", tenant.change("bo", "club", ("boss", "guest"), None)).await.map(drop);
    assert_eq!(refused, Err("ROLE_NOT_BOUND"));
    tenant.does("ada", tenant.remove("gus", "club", "")).await;
}

#[tokio::test]
async fn an_invitation_that_expires_before_the_commit_is_not_accepted() {
    let club = Club::new().await;
    let (tenant, clock) = (&club.tenant, club.tenant.clock.clone());
    let issued = tenant.invite("ada", "new@acme.test", "club", "guest", None).await.unwrap().expect("somebody new");
    let expires_at = issued.invitation.invitation.expires_at;
    clock.set(rollcall_engine::Timestamp(expires_at.0 - 1));
    club.store.before_commit(move || clock.set(expires_at));
    let refused = tenant.accept("new", "new@acme.test", issued.token.expose()).await.map(drop);
    assert_eq!(refused, Err("INVITATION_EXPIRED"));
}
