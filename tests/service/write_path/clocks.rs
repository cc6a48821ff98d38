//! A clock that jumps ahead and is not believed: nothing is written, what ended by it grants nothing, and when it comes
//! back nothing is lost.

use std::time::Duration;

use rollcall::service::RequestContext;

use super::{Club, after, enters};
use crate::support::golden;

const DAY: Duration = Duration::from_hours(24);
const YEAR: Duration = Duration::from_hours(24 * 365);

#[tokio::test]
async fn a_jump_ahead_ends_nothing_for_good() {
    let club = Club::new().await;
    let (tenant, service) = (&club.tenant, &club.tenant.service);
    tenant.join("ada", "gus", "club", "guest", Some(after(30 * DAY))).await;
    tenant.join("ada", "gil", "club", "guest", None).await;
    let issued = tenant.invite("ada", "new@acme.test", "club", "guest", None).await.unwrap().expect("somebody new");
    let before = tenant.token().await;

    tenant.clock.set(after(YEAR));
    tenant.clock.disbelieve(Some(after(DAY)));
    assert!(!enters(service, "acme", "gus").await, "if the clock is right, it is over");
    assert!(enters(service, "acme", "ada").await);
    let refused = service.write(tenant.context("ada"), tenant.remove("gil", "club", "")).await.expect_err("no write");
    assert_eq!((refused.reason, refused.retry_after_secs), ("CLOCK_NOT_BELIEVED", Some(60)));
    golden::error(&refused.into());
    assert_eq!(service.can_write().map_err(|error| error.reason), Err("CLOCK_NOT_BELIEVED"));
    let dry_run = RequestContext { validate_only: true, ..tenant.context("ada") };
    service.write(dry_run, tenant.remove("gil", "club", "")).await.expect("a question is answered");
    assert!(service.sweep().await.is_ok(), "what can't be swept now is logged");
    assert_eq!(tenant.token().await, before, "nothing was written");

    tenant.clock.set(after(DAY));
    tenant.clock.disbelieve(None);
    assert!(service.can_write().is_ok());
    assert!(enters(service, "acme", "gus").await, "nothing was lost");
    tenant.accept("new", "new@acme.test", issued.token.expose()).await.expect("it is open still");
    assert_eq!(service.sweep().await.expect("the store is there"), 0, "nothing is due");
}

#[tokio::test]
async fn a_clock_that_jumps_between_plan_and_commit_writes_nothing() {
    let club = Club::new().await;
    let (tenant, clock) = (&club.tenant, club.tenant.clock.clone());
    tenant.join("ada", "gus", "club", "guest", None).await;
    club.store.before_commit(move || {
        clock.set(after(YEAR));
        clock.disbelieve(Some(after(DAY)));
    });
    let refused = tenant.write("ada", tenant.remove("gus", "club", "")).await.map(drop);
    assert_eq!(refused, Err("CLOCK_NOT_BELIEVED"));
    assert!(enters(&tenant.service, "acme", "gus").await);
}
