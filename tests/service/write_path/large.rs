//! Writes that are large: they are made in steps, and leave nothing running when their callers have left.

use std::{iter::once, sync::Arc, time::Duration};

use rollcall::service::{RemoveMember, SetPolicy};
use rollcall_engine::{Change, Resource, ResourceKey, Subject, Timestamp, compile};
use tokio::time::timeout;

use crate::support::{
    clock::{self, ManualClock},
    db::audited,
    fixture::{
        ServiceTenant,
        changes::{commit, granted, member},
        tenant_on,
    },
    wire_tenant::OPERATOR,
};

const POLICY: &str = "edition = 1\npolicy = \"park\"\nversion = 1\nroot = \"park\"\n\
                      [park]\n[park.roles]\nboss = {}\nguest = {}\n\
                      [park.members]\nremove = [{ by = \"boss\", from = [\"boss\", \"guest\"] }]\n\
                      [ride]\nparent = \"park\"\n[ride.roles]\nrider = {}\n[ride.actions]\nboard = \"rider\"\n";

fn ride(number: usize) -> ResourceKey {
    ResourceKey::new("ride", format!("ride-{number}"))
}

/// A park with so many rides, all of which `rita` rides, and its boss `ada`.
async fn park(rides: usize) -> (ServiceTenant, tempfile::TempDir) {
    let (store, dir) = clock::store().await;
    let park = tenant_on(POLICY);
    let root = ResourceKey::new("park", "acme");
    let registered = (0..rides).map(|number| Change::ResourceCreated {
        resource: Resource {
            key: ride(number),
            parent: Some(root.clone()),
            owner: None,
            archived: false,
            display_name: String::new(),
            created_at: Timestamp::default(),
        },
    });
    let changes = park.creation().into_iter().chain([member("ada"), granted("ada", root.clone(), "boss")]);
    let changes = changes.chain([member("rita"), granted("rita", root.clone(), "guest")]).chain(registered);
    let ridden = (0..rides).map(|number| granted("rita", ride(number), "rider"));
    commit(&store, "acme", &changes.chain(ridden).collect::<Vec<_>>()).await;
    let second = compile("park-2.toml", &POLICY.replace("version = 1", "version = 2")).unwrap();
    let (clock, policies) = (Arc::new(ManualClock::default()), [park.policy, Arc::new(second)]);
    clock.set(Timestamp(1_795_676_400_000_000));
    let service = Arc::new(clock::service(&store, &clock, &policies).await);
    (ServiceTenant::of(&service, &clock, "acme"), dir)
}

fn removal() -> RemoveMember {
    RemoveMember {
        member: Subject::user("rita"),
        resource: ResourceKey::new("park", ""),
        role: String::new(),
        etag: String::new(),
        revoked: Vec::new(),
    }
}

#[tokio::test]
async fn somebody_with_many_roles_is_removed_in_steps_and_cut_off_by_the_first() {
    let (tenant, dir) = park(2500).await;
    let removed = tenant.does("ada", removal()).await;
    assert_eq!(removed.revoked.len(), 2501, "the answer has what all steps have revoked");
    let (log, state) = audited(dir.path(), "acme").await;
    let revisions = log.iter().map(|row| row.revision).max();
    assert_eq!(revisions, Some(4), "three steps");
    let second: Vec<_> = log.iter().filter(|row| row.revision == 2).map(|row| row.kind.as_str()).collect();
    assert_eq!(second.len(), 1001);
    assert_eq!(once(&second[0]).chain(second.last()).collect::<Vec<_>>(), [&"member_updated", &"role_revoked"]);
    assert!(!format!("{state:?}").contains("rita"));
    assert_eq!(tenant.write("ada", removal()).await.map(drop), Err("MEMBER_NOT_FOUND"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_calls_whose_deadlines_have_passed_leave_nothing_running() {
    let (tenant, _dir) = park(1500).await;
    let before = tenant.token().await;
    let switch = || SetPolicy { policy: String::new(), version: 2 };
    for micros in (0..10).map(|number| 200 << number) {
        let dropped = timeout(Duration::from_micros(micros), tenant.write(OPERATOR, switch())).await;
        let _ = timeout(Duration::from_micros(micros), tenant.write("ada", removal())).await;
        if dropped.is_ok() {
            break;
        }
    }
    // What had begun was made whole; the next one finds the computations' thread free, and its turn in the queue.
    let written = tenant.write(OPERATOR, switch()).await.map(drop);
    assert!(matches!(written, Ok(()) | Err("POLICY_UNCHANGED")), "{written:?}");
    assert_ne!(tenant.token().await, before);
}
