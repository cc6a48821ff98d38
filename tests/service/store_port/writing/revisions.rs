//! The order of writes and their revisions: within a tenant, between tenants, and over a restart.

use std::time::Duration;

use rollcall::service::ports::{MemberBy, Store as _};
use rollcall_engine::{Change, MemberStatus, Revision, Subject};
use tokio::{task::JoinSet, time::timeout};

use crate::store_port::harness::{
    ACME, Harness, append, granted, invitation, issued, member, member_added, revoked, root, tenant, tenant_created,
};
use crate::store_port::model::LoadedFacts;

#[tokio::test]
async fn a_write_waits_for_the_one_before_it() {
    let harness = Harness::with_acme().await;
    let mut first = harness.store.begin(ACME).await.unwrap();
    let mut second = Box::pin(harness.store.begin(ACME));
    assert!(timeout(Duration::from_millis(100), &mut second).await.is_err());

    append(&mut *first, &[member_added(&member("ada", "Ada"))]).await.unwrap();
    assert_eq!(first.revision(), Revision(2));
    first.commit().await.unwrap();

    let mut second = second.await.unwrap();
    assert_eq!(second.revision(), Revision(3));
    assert_eq!(second.changes_after(Revision(1)).await.unwrap(), [(Revision(2), member_added(&member("ada", "Ada")))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_at_once_get_successive_revisions_and_loads_see_whole_ones() {
    let harness = std::sync::Arc::new(Harness::with_acme().await);
    let mut tasks = JoinSet::new();
    for n in 0..24 {
        let harness = harness.clone();
        tasks.spawn(async move {
            let id = format!("user-{n}");
            harness.write(&[member_added(&member(&id, "")), granted(&id, &root(), "user")]).await
        });
    }
    let reader = harness.clone();
    let loads = tokio::spawn(async move {
        loop {
            let facts = LoadedFacts::loaded(&reader.store, ACME).await.unwrap();
            let (_, Revision(revision)) = facts.tenant.unwrap();
            let written = usize::try_from(revision).unwrap() - 1;
            assert_eq!((facts.members.len(), facts.bindings.len()), (written, written));
            if written == 24 {
                break;
            }
        }
    });
    let mut revisions = tasks.join_all().await;
    revisions.sort_unstable();
    assert_eq!(revisions, (2..26).map(Revision).collect::<Vec<_>>());
    loads.await.unwrap();
}

#[tokio::test]
async fn another_tenant_is_another_world() {
    let harness = Harness::with_acme().await;
    let mut ada = member("ada", "Ada");
    ada.profile.email = Some("ada@x.y".into());
    harness.write(&[member_added(&ada), issued(&invitation("i1", "bo@x.y"))]).await;

    let mut tx = harness.store.begin("globex").await.unwrap();
    append(&mut *tx, &[tenant_created("globex"), member_added(&ada), issued(&invitation("i1", "bo@x.y"))])
        .await
        .unwrap();
    tx.commit().await.unwrap();

    assert_eq!(harness.store.tenant("globex").await.unwrap(), Some((tenant("globex"), Revision(1))));
    assert_eq!(harness.store.tenant(ACME).await.unwrap(), Some((tenant(ACME), Revision(2))));
    assert_eq!(harness.store.changes_after("globex", Revision(0)).await.unwrap().len(), 3);
    assert_eq!(LoadedFacts::loaded(&harness.store, "globex").await.unwrap().resources.len(), 0);
}

#[tokio::test]
async fn a_member_knows_the_revision_that_last_changed_them() {
    let harness = Harness::with_acme().await;
    let ada = member("ada", "Ada");
    harness.write(&[member_added(&ada), member_added(&member("bo", "Bo"))]).await;
    harness.write(&[granted("ada", &root(), "user")]).await;
    let subject = ada.subject.clone();
    let changed = Change::RoleChanged {
        subject,
        resource: root(),
        from: "user".into(),
        from_expires_at: None,
        to: "admin".into(),
        expires_at: None,
    };
    let mut locked = ada.clone();
    locked.locked = true;
    locked.status = MemberStatus::Deactivated;
    let writes = [
        vec![changed],
        vec![Change::MemberUpdated { before: ada.clone(), member: locked.clone() }],
        vec![revoked("ada", &root(), "admin")],
    ];
    for changes in writes {
        let revision = harness.write(&changes).await;
        let by = MemberBy::Subject(ada.subject.as_ref());
        let (found, _) = harness.store.member(ACME, by).await.unwrap().unwrap();
        assert_eq!(found.changed_at, revision, "{changes:?}");
    }
    let (bo, read_at) =
        harness.store.member(ACME, MemberBy::Subject(Subject::user("bo").as_ref())).await.unwrap().unwrap();
    assert_eq!((bo.changed_at, read_at), (Revision(2), Revision(6)));
    let (ada, _) = harness.store.member(ACME, MemberBy::Subject(ada.subject.as_ref())).await.unwrap().unwrap();
    assert_eq!((ada.member, ada.grants), (locked, vec![]));
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let harness = Harness::with_acme().await;
    harness.write(&[member_added(&member("ada", "Ada")), granted("ada", &root(), "admin")]).await;
    let facts = LoadedFacts::loaded(&harness.store, ACME).await;
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();

    let harness = harness.reopened().await;
    harness.store.ping().await.unwrap();
    assert_eq!(LoadedFacts::loaded(&harness.store, ACME).await, facts);
    assert_eq!(harness.store.changes_after(ACME, Revision(0)).await.unwrap(), log);
    assert_eq!(harness.write(&[member_added(&member("bo", "Bo"))]).await, Revision(3));
}
