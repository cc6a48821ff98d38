//! Calls of the store as such: what answers and when, calls at once or given up, and errors of the database.

use std::time::Duration;

use rollcall::service::ports::{MemberBy, Store as _, StoreError};
use rollcall_engine::{Head, Revision, Subject, Timestamp};
use tokio::{task::JoinSet, time::timeout};

use crate::{
    changes::{ACME, allowed, batch, granted, member, member_added, root, tenant_created},
    harness::{Harness, Limits},
    model::{LoadedFacts, Model},
    support::repetitions,
};

conformance! {
    a_store_answers_until_it_is_closed:
        "store: Each method may end in `StoreError::Unavailable` or `StoreError::Broken`; what else, it says itself.",
        "Store::ping: Succeeds when the store answers a read now, and is this process's to read.",
        "StoreError::Unavailable: The store can't be reached, has no free connection in time, is full or closed.";
    an_identity_is_of_one_store_and_stays:
        "Store::identity: What the store is, the same for as long as it exists, for every process on it, and for its copies.",
        "StoreIdentity::id: Random bytes by which it is told from any other store, and which every token carries.",
        "StoreIdentity::page_key: A random key that no other store has.";
    all_methods_may_be_called_at_once:
        "store: All methods may be called at once, from any task.";
    a_commit_that_is_given_up_was_whole_or_nothing:
        "store: A future may be dropped: of a commit that is abandoned so, the whole was committed or nothing.",
        "Store::commit: A future that is dropped before has its commit withdrawn, unless it has a gate.";
    reads_that_are_given_up_leave_the_store_as_it_was:
        "store: A future may be dropped: of a commit that is abandoned so, the whole was committed or nothing.";
    a_reader_waits_for_a_connection_and_no_longer_than_the_timeout:
        "StoreError::Unavailable: The store can't be reached, has no free connection in time, is full or closed.",
        "StoreError::Unavailable: The same call may succeed later.",
        "Store::ping: Waits for no other read.";
    a_writer_waits_for_the_write_lock_and_no_longer_than_the_timeout:
        "Store::ping: Says nothing of whether it takes writes.",
        "StoreError::Busy: Other writes keep the store busy, and there was no time or room for this one: nothing was written.",
        "StoreError::Busy: It may be repeated.",
        "Store::commit: It ends in `StoreError::Busy` when too many commits wait, or another process has the write lock for \
         longer than the store's timeout, and in `StoreError::ReadOnly` when the store may not be written: nothing was written.",
        "Store::ping: Says nothing of whether it takes writes.";
    a_row_that_can_not_be_read_is_broken:
        "store: Each method may end in `StoreError::Unavailable` or `StoreError::Broken`; what else, it says itself.",
        "Snapshot: After an error it can only be dropped.",
        "StoreError: What the driver said stays inside, for the log.",
        "StoreError::Broken: A row can't be read as what it stands for, or a statement failed for good: a defect, or a \
         damaged database.";
}

async fn a_store_answers_until_it_is_closed(harness: &Harness) {
    let (store, head) = (&harness.store, harness.head(ACME).await);
    store.ping().await.unwrap();
    store.close().await.unwrap();
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    let errors = [
        store.ping().await.err(),
        store.heads(&[ACME.to_owned()]).await.err(),
        store.snapshot(ACME).await.err(),
        store.commits_after(ACME, Head::default()).await.err(),
        store.due(Timestamp(1), "", 1).await.err(),
        store.commit(ACME, head, &batch(&changes)).await.err(),
    ];
    for error in errors {
        assert!(matches!(error, Some(StoreError::Unavailable(_))), "{error:?}");
    }
}

async fn an_identity_is_of_one_store_and_stays(harness: &Harness) {
    let identity = harness.store.identity().await.unwrap();
    let reopened = harness.reopened(Limits::default()).await;
    assert_eq!(reopened.store.identity().await.unwrap(), identity, "another process is told the same");
    let other = reopened.another().await.store.identity().await.unwrap();
    assert_ne!(other.id, identity.id);
    assert_ne!(other.page_key, identity.page_key);
}

/// How many tasks write, and how often each does.
const WRITERS: usize = 6;
const WRITES: usize = 5;

async fn all_methods_may_be_called_at_once(harness: &Harness) {
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let harness = harness.clone();
        tasks.spawn(async move {
            for number in 0..WRITES {
                let id = format!("user-{writer}-{number}");
                harness.write_beside_others(&[member_added(&member(&id, ""))]).await;
            }
        });
    }
    let last = Revision(i64::try_from(WRITERS * WRITES + 1).unwrap());
    for _ in 0..2 {
        let harness = harness.clone();
        tasks.spawn(async move {
            let mut newest = Head::default();
            while newest.revision < last {
                harness.store.ping().await.unwrap();
                harness.store.identity().await.unwrap();
                harness.store.due(Timestamp(1), "", 10).await.unwrap();
                harness.store.commits_after(ACME, newest).await.unwrap();
                let head = harness.head(ACME).await.unwrap();
                assert!(head.revision >= newest.revision, "a later call sees no less");
                let snapshot = harness.snapshot().await;
                assert!(snapshot.head().revision >= head.revision, "a later call sees no less");
                newest = snapshot.head();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(harness.head(ACME).await.unwrap().revision, last);
}

async fn a_commit_that_is_given_up_was_whole_or_nothing(harness: &Harness) {
    for number in 0..repetitions("abandoned_writes", 60, 60) {
        let id = format!("user-{number}");
        let changes = [member_added(&member(&id, "")), granted(&id, &root(), "user")];
        let _ = timeout(Duration::from_micros(number * 40), harness.write_beside_others(&changes)).await;
    }
    // One that was given up may still be committed for a moment.
    let last = harness.write_beside_others(&[member_added(&member("bo", "Bo"))]).await;
    let facts = harness.facts().await;
    assert_eq!(facts, Model::replayed(&harness.commits().await).facts);
    assert_eq!(facts.members.len(), facts.bindings.len() + 1, "nothing is there in part");
    assert_eq!(facts.members.len() + 1, usize::try_from(last.revision.0).unwrap(), "a revision a commit");
}

async fn reads_that_are_given_up_leave_the_store_as_it_was(harness: &Harness) {
    let people: Vec<_> = (0..200).map(|number| member_added(&member(&format!("user-{number}"), ""))).collect();
    harness.write(&people).await;
    let before = harness.facts().await;
    for number in 0..repetitions("abandoned_reads", 60, 60) {
        let limit = Duration::from_micros(number * 40);
        let _ = timeout(limit, harness.store.snapshot(ACME)).await;
        let _ = timeout(limit, harness.store.commits_after(ACME, Head::default())).await;
        let (mut snapshot, mut facts) = (harness.snapshot().await, LoadedFacts::default());
        let _ = timeout(limit, snapshot.load(&mut facts)).await;
    }
    assert_eq!(harness.facts().await, before);
    harness.write(&[member_added(&member("bo", "Bo"))]).await;
    assert_eq!(harness.facts().await.members.len(), before.members.len() + 1);
}

async fn a_reader_waits_for_a_connection_and_no_longer_than_the_timeout(harness: &Harness) {
    let limits = Limits { read_connections: 1, timeout: Duration::from_secs(2) };
    let harness = harness.reopened(limits).await;
    let snapshot = harness.snapshot().await;
    harness.store.ping().await.expect("it waits for no reader");
    let second = harness.store.snapshot(ACME).await;
    assert!(matches!(second.map(drop), Err(StoreError::Unavailable(_))), "the only connection is in use");
    drop(snapshot);
    assert_eq!(harness.snapshot().await.head().revision, Revision(1), "the same call succeeds later");
}

async fn a_writer_waits_for_the_write_lock_and_no_longer_than_the_timeout(harness: &Harness) {
    let limits = Limits { timeout: Duration::from_secs(1), ..Limits::default() };
    let harness = harness.reopened(limits).await;
    let changes = allowed(&[tenant_created("globex")]);
    let lock = harness.database.hold_writes().await;
    harness.store.ping().await.unwrap();
    let refused = harness.store.commit("globex", None, &batch(&changes)).await;
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    lock.rollback().await.unwrap();
    assert_eq!(harness.head("globex").await, None, "nothing was written");
    harness.create_tenant("globex", &[]).await;
}

async fn a_row_that_can_not_be_read_is_broken(harness: &Harness) {
    harness.write(&[member_added(&member("bo", "Bo"))]).await;
    harness.execute("UPDATE member SET status = 77").await;
    let bo = Subject::user("bo");
    let by = MemberBy::Subject(bo.as_ref());
    let mut broken = harness.snapshot().await;
    let found = broken.member(by).await;
    assert!(matches!(found, Err(StoreError::Broken(_))), "{found:?}");
    assert_eq!(found.unwrap_err().to_string(), "the store is broken", "what the driver said stays inside");
    drop(broken);
    harness.execute("UPDATE member SET status = 2").await;
    assert!(harness.snapshot().await.member(by).await.unwrap().is_some(), "other snapshots go on");
}
