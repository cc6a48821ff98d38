//! Commits that are asked for once more just before they begin.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use rollcall::service::ports::{Batch, Committed, Gate, Store as _};
use tokio::time::{Duration, timeout};

use crate::{
    changes::{ACME, allowed, batch, member, member_added},
    harness::Harness,
};

conformance! {
    a_commit_whose_gate_is_shut_writes_nothing:
        "Store::commit: `Batch::gate` is asked just before it begins; if that says no, it ends with \
         `Committed::Withdrawn`, which wrote nothing.",
        "Committed::Withdrawn: Nothing was written: the gate said no, or nobody waited for it any more.",
        "Batch::gate: What is asked just before the commit begins; none: it may begin for as long as somebody waits for it.",
        "Gate: Whether a commit may begin, which the store asks just before it begins, and again each time that it begins \
         anew.",
        "Gate::opens: Whether it may begin now.";
    a_gate_is_asked_when_nobody_else_writes_any_more:
        "Store::commit: `Batch::gate` is asked just before it begins; if that says no, it ends with \
         `Committed::Withdrawn`, which wrote nothing.",
        "Batch::gate: What is asked just before the commit begins; none: it may begin for as long as somebody waits for it.";
    what_has_passed_its_gate_is_made_without_its_caller:
        "Gate::opens: From a yes on it is made whether or not anybody still waits for it, unless it has to begin anew and is \
         told no then.";
    what_has_no_gate_is_withdrawn_with_its_caller:
        "Store::commit: A future that is dropped before has its commit withdrawn, unless it has a gate.",
        "Committed::Withdrawn: Nothing was written: the gate said no, or nobody waited for it any more.";
}

/// A gate that opens or not, and counts.
#[derive(Debug)]
struct CountingGate {
    opens: bool,
    count: AtomicU32,
}

impl CountingGate {
    fn new(opens: bool) -> (Arc<Self>, Arc<dyn Gate>) {
        let gate = Arc::new(Self { opens, count: AtomicU32::new(0) });
        (Arc::clone(&gate), gate)
    }

    fn count(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }
}

impl Gate for CountingGate {
    fn opens(&self) -> bool {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.opens
    }
}

async fn a_commit_whose_gate_is_shut_writes_nothing(harness: &Harness) {
    let rows = harness.rows().await;
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let (counted, gate) = CountingGate::new(false);
    let outcome = harness.try_commit(&Batch { gate: Some(&gate), ..batch(&changes) }).await.unwrap();
    assert_eq!((outcome, counted.count()), (Committed::Withdrawn, 1));
    assert_eq!(harness.rows().await, rows);
    let (counted, gate) = CountingGate::new(true);
    harness.commit(&Batch { gate: Some(&gate), ..batch(&changes) }).await;
    assert_eq!(counted.count(), 1);
}

/// Whether nobody asks the gate of a commit for as long as somebody else writes; the commit is given up then.
async fn given_up_while_others_write(harness: &Harness, batch: &Batch<'_>) {
    let head = harness.head(ACME).await;
    let lock = harness.database.hold_writes().await;
    let waited = timeout(Duration::from_millis(50), harness.store.commit(ACME, head, batch)).await;
    assert!(waited.is_err(), "another has the write lock");
    lock.rollback().await.unwrap();
}

async fn a_gate_is_asked_when_nobody_else_writes_any_more(harness: &Harness) {
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let (counted, gate) = CountingGate::new(false);
    let batch = Batch { gate: Some(&gate), ..batch(&changes) };
    let head = harness.head(ACME).await;
    let lock = harness.database.hold_writes().await;
    let commit = harness.store.commit(ACME, head, &batch);
    tokio::pin!(commit);
    assert!(timeout(Duration::from_millis(50), &mut commit).await.is_err(), "another has the write lock");
    assert_eq!(counted.count(), 0);
    lock.rollback().await.unwrap();
    assert_eq!((commit.await.unwrap(), counted.count()), (Committed::Withdrawn, 1));
}

async fn what_has_passed_its_gate_is_made_without_its_caller(harness: &Harness) {
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let (_, gate) = CountingGate::new(true);
    given_up_while_others_write(harness, &Batch { gate: Some(&gate), ..batch(&changes) }).await;
    // The next one comes after it, and finds its member.
    while harness.facts().await.members.is_empty() {
        tokio::task::yield_now().await;
    }
}

async fn what_has_no_gate_is_withdrawn_with_its_caller(harness: &Harness) {
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    given_up_while_others_write(harness, &batch(&changes)).await;
    harness.create_tenant("globex", &[]).await;
    assert!(harness.facts().await.members.is_empty(), "what comes later was committed, and it was not");
}
