//! A write to the store is there as a whole or not at all, and reads what it wrote itself.

use std::time::Duration;

use rollcall::service::ports::{MemberBy, Store as _, StoreError, StoredResponse};
use rollcall_engine::{Revision, Subject, Timestamp};
use tokio::time::timeout;

use crate::store_port::harness::{
    ACME, Harness, append, granted, invitation, issued, member, member_added, resource_created, revoked, root, site,
    tenant, tenant_created,
};
use crate::store_port::model::{LoadedFacts, Model};
use crate::support::repetitions;

#[tokio::test]
async fn a_new_tenant_begins_at_revision_1() {
    let harness = Harness::new().await;
    assert_eq!(harness.store.tenant(ACME).await.unwrap(), None);

    let mut tx = harness.store.begin(ACME).await.unwrap();
    assert_eq!(tx.tenant(), None);
    assert_eq!(tx.revision(), Revision(1));
    append(&mut *tx, &[tenant_created(ACME), resource_created(&root(), None)]).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(harness.store.tenant(ACME).await.unwrap(), Some((tenant(ACME), Revision(1))));
    let tx = harness.store.begin(ACME).await.unwrap();
    assert_eq!(tx.tenant(), Some(&tenant(ACME)));
    assert_eq!(tx.revision(), Revision(2));
}

#[tokio::test]
async fn a_write_reads_what_it_wrote() {
    let harness = Harness::with_acme().await;
    let ada = member("ada", "Ada");
    let mut tx = harness.store.begin(ACME).await.unwrap();
    append(&mut *tx, &[member_added(&ada), granted("ada", &root(), "admin"), issued(&invitation("i1", "bo@x.y"))])
        .await
        .unwrap();

    let found = tx.member(MemberBy::Subject(ada.subject.as_ref())).await.unwrap().unwrap();
    assert_eq!((found.member, found.changed_at), (ada, Revision(2)));
    assert_eq!(found.grants.len(), 1);
    assert_eq!(tx.open_invitation("bo@x.y").await.unwrap(), Some(invitation("i1", "bo@x.y")));
    assert_eq!(tx.invitation_by_hash("hash of i1").await.unwrap(), Some(invitation("i1", "bo@x.y")));
    assert_eq!(tx.invitation_by_hash("another").await.unwrap(), None);
    assert_eq!(
        tx.changes_after(Revision(0)).await.unwrap(),
        [(Revision(1), tenant_created(ACME)), (Revision(1), resource_created(&root(), None))],
        "a write's own changes are not behind it"
    );
}

#[tokio::test]
async fn the_answer_to_a_request_is_kept_once() {
    let harness = Harness::with_acme().await;
    let response = StoredResponse {
        request_hash: "00ff".into(),
        body_hash: "11ee".into(),
        answer: r#"{"id":"i1"}"#.into(),
        revision: Revision(2),
        at: Timestamp(5),
    };
    let mut tx = harness.store.begin(ACME).await.unwrap();
    assert!(tx.find_response("00ff").await.unwrap().is_none());
    tx.save_response(&response).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = harness.store.begin(ACME).await.unwrap();
    let found = tx.find_response("00ff").await.unwrap().unwrap();
    assert_eq!(
        (found.request_hash, found.body_hash, found.answer, found.revision, found.at),
        ("00ff".into(), "11ee".into(), r#"{"id":"i1"}"#.into(), Revision(2), Timestamp(5))
    );
    assert!(matches!(tx.save_response(&response).await, Err(StoreError::Conflict(_))));
}

#[tokio::test]
async fn what_is_rolled_back_or_dropped_never_was() {
    let harness = Harness::with_acme().await;
    let before = LoadedFacts::loaded(&harness.store, ACME).await;
    for explicitly in [true, false] {
        let mut tx = harness.store.begin(ACME).await.unwrap();
        assert_eq!(tx.revision(), Revision(2));
        append(&mut *tx, &[member_added(&member("ada", "Ada")), granted("ada", &root(), "admin")]).await.unwrap();
        if explicitly {
            tx.rollback().await.unwrap();
        } else {
            drop(tx);
        }
    }
    assert_eq!(LoadedFacts::loaded(&harness.store, ACME).await, before);
    assert_eq!(harness.store.changes_after(ACME, Revision(1)).await.unwrap(), []);
    assert_eq!(harness.write(&[member_added(&member("ada", "Ada"))]).await, Revision(2));
}

#[tokio::test]
async fn a_write_abandoned_at_any_point_never_was_or_was_whole() {
    let harness = Harness::with_acme().await;
    for n in 0..repetitions("abandoned_writes", 60, 60) {
        let id = format!("user-{n}");
        let changes = [member_added(&member(&id, "")), granted(&id, &root(), "user")];
        let _ = timeout(Duration::from_micros(n * 40), harness.try_write(&changes)).await;
    }
    let last = harness.write(&[member_added(&member("ada", "Ada"))]).await;
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();
    let facts = LoadedFacts::loaded(&harness.store, ACME).await.unwrap();
    assert_eq!(facts, Model::replayed(&log).facts);
    assert_eq!(facts.members.len(), facts.bindings.len() + 1);
    assert_eq!(Revision(facts.members.len().try_into().unwrap()), Revision(last.0 - 1));
}

#[tokio::test]
async fn what_failed_in_part_is_not_committed() {
    let harness = Harness::with_acme().await;
    let before = LoadedFacts::loaded(&harness.store, ACME).await;
    let mut tx = harness.store.begin(ACME).await.unwrap();
    let changes = [member_added(&member("ada", "Ada")), granted("ada", &site("nowhere"), "editor")];
    assert!(append(&mut *tx, &changes).await.is_err());
    append(&mut *tx, &[member_added(&member("bo", "Bo"))]).await.unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Broken(_))));
    assert_eq!(LoadedFacts::loaded(&harness.store, ACME).await, before);
}

#[tokio::test]
async fn a_write_of_thousands_of_changes_is_kept_in_order() {
    let harness = Harness::with_acme().await;
    let mut changes = vec![resource_created(&site("s1"), Some(Subject::user("user-0")))];
    for n in 0..2500 {
        let id = format!("user-{n}");
        changes.extend([member_added(&member(&id, &id)), granted(&id, &site("s1"), "editor")]);
    }
    changes.extend((0..1200).map(|n| revoked(&format!("user-{n}"), &site("s1"), "editor")));
    harness.write(&changes).await;

    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();
    assert!(log.iter().skip(2).map(|(_, change)| change).eq(&changes));
    let facts = LoadedFacts::loaded(&harness.store, ACME).await.unwrap();
    assert_eq!(facts, Model::replayed(&log).facts);
    assert_eq!((facts.members.len(), facts.bindings.len()), (2500, 1300));
}
