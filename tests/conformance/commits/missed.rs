//! Commits that are missed: another was faster, or what they were planned on never was.

use rollcall::service::ports::{Batch, Committed, Store as _, StoredResponse};
use rollcall_engine::{Change, Head, Revision, Subject, Timestamp, WriteId, kind};
use tokio::task::JoinSet;

use crate::{
    changes::{
        ACME, allowed, batch, granted, invitation, issued, member, member_added, member_with_email, resource_created,
        root, site, suppressed, tenant_created,
    },
    harness::Harness,
    support::repetitions,
};

conformance! {
    a_commit_after_another_head_is_missed_and_writes_nothing:
        "Store::commit: Of two calls with the same `expected` one at most commits, and the other is told so with \
         `Committed::Missed`, which wrote nothing.",
        "Committed::Missed: Nothing was written: the tenant's newest commit was not the expected one.";
    of_commits_at_once_after_one_head_one_is_done:
        "Store::commit: Of two calls with the same `expected` one at most commits, and the other is told so with \
         `Committed::Missed`, which wrote nothing.",
        "Committed::Missed: Nothing was written: the tenant's newest commit was not the expected one.";
    of_creations_at_once_one_is_done:
        "Store::commit: Makes a write durable and visible, all of it at once, if the tenant's newest commit is \
         `expected` still; none: if there is no such tenant, which the first change of the batch then creates.",
        "Store::commit: Of two calls with the same `expected` one at most commits, and the other is told so with \
         `Committed::Missed`, which wrote nothing.";
}

fn response(hash: &str) -> StoredResponse {
    StoredResponse {
        request_hash: hash.into(),
        body_hash: "11ee".into(),
        answer: b"answer".to_vec(),
        revision: Revision(3),
        at: Timestamp(7),
    }
}

/// Changes that would leave something in every table, all by this name.
fn changes_everywhere(name: &str) -> Vec<Change> {
    let guest = format!("guest-of-{name}@x.y");
    vec![
        member_added(&member_with_email(name, name, &format!("{name}@x.y"))),
        granted(name, &root(), "user"),
        resource_created(&site(name), None),
        issued(&invitation(name, &guest)),
        suppressed(&guest, "bounced"),
    ]
}

async fn a_commit_after_another_head_is_missed_and_writes_nothing(harness: &Harness) {
    let before = harness.head(ACME).await.unwrap();
    let newest = harness.write(&[member_added(&member("bo", "Bo"))]).await;
    let others = [
        before,
        Head { revision: newest.revision, write_id: before.write_id },
        Head { revision: newest.revision, write_id: WriteId::default() },
        Head { revision: newest.revision.next(), write_id: newest.write_id },
        Head { revision: before.revision, write_id: newest.write_id },
        Head::default(),
    ];
    let (changes, response) = (allowed(&changes_everywhere("cy")), response("00ff"));
    let late = Batch { reason: Some("because"), response: Some(&response), ..batch(&changes) };
    let rows = harness.rows().await;
    for expected in others {
        let missed = harness.store.commit(ACME, Some(expected), &late).await.unwrap();
        assert_eq!(missed, Committed::Missed, "after {expected:?}");
        assert_eq!(harness.rows().await, rows, "after {expected:?}");
    }
    let created = allowed(&[tenant_created(ACME), member_added(&member("cy", "Cy"))]);
    let missed = harness.store.commit(ACME, None, &batch(&created)).await.unwrap();
    assert_eq!((missed, harness.rows().await), (Committed::Missed, rows), "the tenant exists");
    let missed = harness.store.commit("globex", Some(newest), &late).await.unwrap();
    assert_eq!((missed, harness.head("globex").await), (Committed::Missed, None), "there is no such tenant");

    let done = harness.store.commit(ACME, Some(newest), &late).await.unwrap();
    assert_eq!(done, Committed::Done(Head { revision: Revision(3), write_id: late.write_id }));
}

/// How many commits are made at once.
const RIVALS: usize = 4;

async fn of_commits_at_once_after_one_head_one_is_done(harness: &Harness) {
    let rounds = repetitions("rival_commits", 12, 60);
    for round in 0..rounds {
        let head = harness.head(ACME).await;
        let mut rivals = JoinSet::new();
        for rival in 0..RIVALS {
            let harness = harness.clone();
            rivals.spawn(async move {
                let name = format!("rival-{round}-{rival}-");
                let (changes, response) = (allowed(&changes_everywhere(&name)), response(&name));
                let actor = Subject::new(kind::SERVICE, name.clone());
                let batch = Batch { actor: actor.as_ref(), response: Some(&response), ..batch(&changes) };
                let committed = harness.store.commit(ACME, head, &batch).await.unwrap();
                (name, batch.write_id, committed)
            });
        }
        let outcomes = rivals.join_all().await;
        let rows = harness.rows().await;
        let newest = harness.head(ACME).await.unwrap();
        assert_eq!(newest.revision, head.unwrap().revision.next(), "one of them is committed");
        for (name, write_id, committed) in outcomes {
            let is_done = write_id == newest.write_id;
            let expected = if is_done { Committed::Done(newest) } else { Committed::Missed };
            assert_eq!(committed, expected, "{name}");
            assert_eq!(rows.contains(&name), is_done, "of a missed one there is nothing");
        }
    }
    assert_eq!(harness.facts().await.members.len(), usize::try_from(rounds).unwrap());
}

async fn of_creations_at_once_one_is_done(harness: &Harness) {
    for round in 0..repetitions("rival_commits", 12, 60) {
        let tenant = format!("tenant-{round}");
        let mut rivals = JoinSet::new();
        for rival in 0..RIVALS {
            let (harness, tenant) = (harness.clone(), tenant.clone());
            rivals.spawn(async move {
                let member = member_added(&member(&format!("rival-{rival}"), ""));
                let changes = allowed(&[tenant_created(&tenant), member]);
                harness.store.commit(&tenant, None, &batch(&changes)).await.unwrap()
            });
        }
        let outcomes = rivals.join_all().await;
        let head = harness.head(&tenant).await.expect("one of them created it");
        assert_eq!(head.revision, Revision(1));
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Committed::Done(head)).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Committed::Missed).count(), RIVALS - 1);
        let mut snapshot = harness.store.snapshot(&tenant).await.unwrap().unwrap();
        assert_eq!(snapshot.commits_after(Revision(0), 10).await.unwrap().len(), 1);
    }
}
