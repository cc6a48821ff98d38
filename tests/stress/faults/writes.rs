//! Writes that fail on their way to the disk, and those after them.

use tonic::Code;

use super::disk::{EIO, ENOSPC, FaultyServer};
use crate::support::{WireTenant, Write, db::audited, expect_error, repetitions};

/// The failures of a write on its way to the disk: the call that fails, and its error.
const FAULTS: [(&str, i32); 4] = [("sync", EIO), ("sync", ENOSPC), ("write", EIO), ("write", ENOSPC)];

/// A write that is allowed once for each number.
fn allowed(world: &WireTenant, number: usize) -> Write {
    world.create_site("olga", &format!("site-{number}"))
}

#[tokio::test]
async fn what_is_acknowledged_after_a_failed_commit_is_kept() {
    for (call, errno) in FAULTS {
        let faulty = FaultyServer::start().await;
        let world = faulty.world.clone();
        let before = world.observed_state().await;

        faulty.fail_next(call, errno);
        world.api.write(world.create_site("olga", "tried-again")).await.expect("it is tried again, once it is settled");
        assert!(!faulty.is_pending(), "{call} {errno}: no such call was made");

        // What ends without a commit right after it left every later write of every tenant in a savepoint.
        let refused = world.api.write(world.invite("victor", "new@acme.test", "harbour", "viewer")).await;
        expect_error(refused, Code::PermissionDenied, "NOT_PERMITTED");
        let validated = world.api.write(allowed(&world, 0).dry()).await;
        validated.expect("the disk is well again");
        for number in 0..3 {
            world.api.write(allowed(&world, number)).await.expect("the disk is well again");
        }
        let other = WireTenant::seeded(&world.api, "other").await;
        let (state, other_state) = (world.observed_state().await, other.observed_state().await);
        assert_eq!(state.revision, before.revision + 4, "{call} {errno}: the failed write was made once");

        let faulty = faulty.restarted().await;
        let other = WireTenant { api: faulty.world.api.clone(), ..other };
        assert_eq!(faulty.world.observed_state().await, state, "{call} {errno}");
        assert_eq!(other.observed_state().await, other_state, "{call} {errno}");
        assert!(faulty.world.may("olga", "data.edit", "site-2").await, "{call} {errno}");
        for tenant in ["acme", "other"] {
            audited(faulty.dir.path(), tenant).await;
        }
    }
}

#[tokio::test]
async fn writes_beside_a_failed_one_are_all_made() {
    let count = usize::try_from(repetitions("beside_failed", 20, 20)).expect("few");
    for (call, errno) in FAULTS {
        let faulty = FaultyServer::start().await;
        let world = faulty.world.clone();
        faulty.fail_next(call, errno);
        let writes: Vec<_> = (0..count)
            .map(|number| {
                let (api, write) = (world.api.clone(), allowed(&world, number));
                tokio::spawn(async move { api.write(write).await })
            })
            .collect();
        let mut kept = Vec::new();
        for (number, write) in writes.into_iter().enumerate() {
            write.await.unwrap().expect("one fault is passed over");
            kept.push(number);
        }
        assert!(!faulty.is_pending(), "{call} {errno}: no such call was made");
        let faulty = faulty.restarted().await;
        let sites = faulty.world.sites("olga", "data.edit").await;
        for number in kept {
            assert!(sites.contains(&format!("site-{number}")), "{call} {errno}: site-{number} was acknowledged");
        }
        audited(faulty.dir.path(), "acme").await;
    }
}
