//! Random changes: replaying the log of one store makes the same tables in another.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rollcall::service::ports::{MemberBy, Store as _};
use rollcall_engine::{Change, Revision, Timestamp};
use tokio::runtime::Runtime;

use crate::store_port::harness::{ACME, Harness};
use crate::store_port::model::{LoadedFacts, Model};
use crate::store_port::random_change::{Roll, possible_change};
use crate::support::repetitions;

/// Every table agrees with what the log makes of it.
async fn check(harness: &Harness) {
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();
    let model = Model::replayed(&log);
    assert_eq!(LoadedFacts::loaded(&harness.store, ACME).await.as_ref(), Some(&model.facts));
    for (subject, (member, changed_at)) in &model.members {
        let by = MemberBy::Subject(subject.as_ref());
        let (found, _) = harness.store.member(ACME, by).await.unwrap().unwrap();
        assert_eq!((&found.member, &found.changed_at, found.grants), (member, changed_at, model.grants_of(subject)));
    }
    for (key, resource) in &model.resources {
        let (found, _) = harness.store.resource(ACME, key.as_ref()).await.unwrap().unwrap();
        assert_eq!((&found.resource, found.changed_at), (&resource.0, resource.1));
    }
    let mut tx = harness.store.begin(ACME).await.unwrap();
    for invitation in model.invitations.values() {
        assert_eq!(tx.invitation_by_hash(&invitation.token_hash).await.unwrap().as_ref(), Some(invitation));
    }
    for (email, address) in &model.suppressed {
        assert_eq!(tx.suppressed(email).await.unwrap().as_ref(), Some(address));
    }
    let now = Timestamp(8_999);
    let mut due: Vec<_> = model.invitations.values().filter(|row| row.due_at().is_some_and(|at| at <= now)).collect();
    due.sort_by_key(|row| (row.due_at(), row.id.clone()));
    assert_eq!(tx.due_invitations(now, 100).await.unwrap().iter().collect::<Vec<_>>(), due);
    tx.rollback().await.unwrap();
    let (listed, _) = harness.store.list_suppressed(ACME, "", 100).await.unwrap();
    assert_eq!(listed.iter().collect::<Vec<_>>(), model.suppressed.values().collect::<Vec<_>>());
}

async fn run(writes: Vec<Vec<Roll>>) {
    let harness = Harness::with_acme().await;
    let mut model = Model::replayed(&harness.store.changes_after(ACME, Revision(0)).await.unwrap());
    for rolls in writes {
        let mut changes = Vec::new();
        for roll in rolls {
            if let Some(change) = possible_change(&model, roll) {
                model.apply(Revision(0), &change);
                changes.push(change);
            }
        }
        if !changes.is_empty() {
            harness.write(&changes).await;
        }
    }
    check(&harness).await;

    let replica = Harness::new().await;
    let mut writes: BTreeMap<Revision, Vec<Change>> = BTreeMap::new();
    for (revision, change) in harness.store.changes_after(ACME, Revision(0)).await.unwrap() {
        writes.entry(revision).or_default().push(change);
    }
    for (revision, changes) in writes {
        assert_eq!(replica.write(&changes).await, revision);
    }
    check(&replica).await;
    assert_eq!(LoadedFacts::loaded(&replica.store, ACME).await, LoadedFacts::loaded(&harness.store, ACME).await);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(repetitions("store_log_replay", 10, 100)).expect("few"),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn replaying_the_log_makes_the_tables_again(
        writes in prop::collection::vec(prop::collection::vec(any::<Roll>(), 1..12), 1..20)
    ) {
        Runtime::new().unwrap().block_on(run(writes));
    }
}
