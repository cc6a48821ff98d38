//! A tenant that one writer has to itself.

use std::{sync::Arc, time::Duration};

use rollcall::service::ports::{Committed, Reservation, Store as _, StoreError};
use tokio::time::timeout;

use crate::{
    changes::{ACME, allowed, batch, member, member_added},
    harness::Harness,
};

conformance! {
    whoever_has_reserved_a_tenant_commits_before_all_others:
        "Store::reserve: Keeps everybody else from writing a tenant, so that a write of it that was missed again and \
         again can be planned and made.",
        "Reservation: Keeps everybody else from writing a tenant until it is dropped or has committed.",
        "Reservation: Reads go on.",
        "Reservation::commit: Commits as `Store::commit` does, and ends.";
    a_reservation_that_is_dropped_keeps_nobody:
        "Reservation: Keeps everybody else from writing a tenant until it is dropped or has committed.";
    nothing_is_reserved_where_there_is_no_tenant_or_no_other_writer:
        "Store::reserve: None where there is no such tenant, or where only this process writes.";
    of_two_who_reserve_a_tenant_one_gives_up:
        "Store::reserve: Ends in `StoreError::Busy` when somebody else keeps it for about a second.";
}

/// For as long nothing happens that is not to happen.
const A_WHILE: Duration = Duration::from_millis(300);

/// The tenant `acme` alone; none where only one process writes.
async fn reserve(harness: &Harness) -> Option<Box<dyn Reservation>> {
    let reservation = harness.store.reserve(ACME).await.unwrap();
    assert_eq!(reservation.is_none(), harness.database.url().starts_with("sqlite:"), "who else may write");
    reservation
}

async fn whoever_has_reserved_a_tenant_commits_before_all_others(harness: &Harness) {
    let Some(reservation) = reserve(harness).await else { return };
    let before = harness.head(ACME).await;
    let other = Arc::clone(&harness.store);
    let mut other = tokio::spawn(async move {
        let changes = allowed(&[member_added(&member("cy", "Cy"))]);
        other.commit(ACME, before, &batch(&changes)).await.unwrap()
    });
    assert!(timeout(A_WHILE, &mut other).await.is_err(), "the tenant is somebody's alone");
    assert_eq!(harness.head(ACME).await, before, "reads go on, and find nothing new");
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let committed = reservation.commit(before.unwrap(), &batch(&changes)).await.unwrap();
    assert_eq!(Some(committed), harness.head(ACME).await.map(Committed::Done));
    assert_eq!(other.await.unwrap(), Committed::Missed);
    harness.write(&[member_added(&member("cy", "Cy"))]).await;
}

async fn a_reservation_that_is_dropped_keeps_nobody(harness: &Harness) {
    let Some(reservation) = reserve(harness).await else { return };
    drop(reservation);
    harness.write(&[member_added(&member("bo", "Bo"))]).await;
    assert!(reserve(harness).await.is_some(), "it may be reserved again");
}

async fn nothing_is_reserved_where_there_is_no_tenant_or_no_other_writer(harness: &Harness) {
    assert!(harness.store.reserve("nobody").await.unwrap().is_none());
    drop(reserve(harness).await);
}

async fn of_two_who_reserve_a_tenant_one_gives_up(harness: &Harness) {
    let Some(_first) = reserve(harness).await else { return };
    let second = harness.store.reserve(ACME).await.map(|second| second.is_some());
    assert!(matches!(second, Err(StoreError::Busy(_))), "{second:?}");
}
