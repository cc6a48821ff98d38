use std::time::Duration;

use rollcall::service::ports::{MemberBy, Store as _, StoreError, StoredResponse};
use rollcall_engine::{Change, InvitationStatus, MemberStatus, Profile, Revision, Subject, Timestamp};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::facts::{Facts, Model};
use crate::harness::{
    ACME, Harness, append, granted, invitation, issued, member, member_added, resource_created, revoked, root, site,
    tenant, tenant_created,
};

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
    assert_eq!(found.held.len(), 1);
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
    let answered = StoredResponse {
        request: "00ff".into(),
        body: "11ee".into(),
        answer: r#"{"id":"i1"}"#.into(),
        revision: Revision(2),
        at: Timestamp(5),
    };
    let mut tx = harness.store.begin(ACME).await.unwrap();
    assert!(tx.find_response("00ff").await.unwrap().is_none());
    tx.save_response(&answered).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = harness.store.begin(ACME).await.unwrap();
    let found = tx.find_response("00ff").await.unwrap().unwrap();
    assert_eq!(
        (found.request, found.body, found.answer, found.revision, found.at),
        ("00ff".into(), "11ee".into(), r#"{"id":"i1"}"#.into(), Revision(2), Timestamp(5))
    );
    assert!(matches!(tx.save_response(&answered).await, Err(StoreError::Conflict(_))));
}

#[tokio::test]
async fn what_is_rolled_back_or_dropped_never_was() {
    let harness = Harness::with_acme().await;
    let before = Facts::loaded(&harness.store, ACME).await;
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
    assert_eq!(Facts::loaded(&harness.store, ACME).await, before);
    assert_eq!(harness.store.changes_after(ACME, Revision(1)).await.unwrap(), []);
    assert_eq!(harness.write(&[member_added(&member("ada", "Ada"))]).await, Revision(2));
}

#[tokio::test]
async fn a_write_abandoned_at_any_point_never_was_or_was_whole() {
    let harness = Harness::with_acme().await;
    for n in 0..60_u64 {
        let id = format!("user-{n}");
        let changes = [member_added(&member(&id, "")), granted(&id, &root(), "user")];
        let _ = timeout(Duration::from_micros(n * 40), harness.try_write(&changes)).await;
    }
    let last = harness.write(&[member_added(&member("ada", "Ada"))]).await;
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();
    let facts = Facts::loaded(&harness.store, ACME).await.unwrap();
    assert_eq!(facts, Model::replayed(&log).facts);
    assert_eq!(facts.members.len(), facts.bindings.len() + 1);
    assert_eq!(Revision(facts.members.len().try_into().unwrap()), Revision(last.0 - 1));
}

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
            let facts = Facts::loaded(&reader.store, ACME).await.unwrap();
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
    assert_eq!(Facts::loaded(&harness.store, "globex").await.unwrap().resources.len(), 0);
}

#[tokio::test]
async fn an_identifier_that_is_taken_is_a_conflict() {
    let harness = Harness::with_acme().await;
    let mut ada = member("ada", "Ada");
    ada.profile = Profile {
        display_name: "Ada".into(),
        email: Some("ada@x.y".into()),
        username: Some("ada".into()),
        phone: Some("+4912345".into()),
    };
    harness.write(&[member_added(&ada)]).await;

    let taken = [
        Profile { email: ada.profile.email.clone(), ..Profile::default() },
        Profile { username: ada.profile.username.clone(), ..Profile::default() },
        Profile { phone: ada.profile.phone.clone(), ..Profile::default() },
    ];
    for profile in taken {
        let mut bo = member("bo", "Bo");
        bo.profile = profile;
        let result = harness.try_write(&[member_added(&bo)]).await;
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    }
    let again = harness.try_write(&[member_added(&member("ada", ""))]).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    harness.write(&[member_added(&member("bo", "Bo")), member_added(&member("cy", "Cy"))]).await;
}

#[tokio::test]
async fn what_failed_in_part_is_not_committed() {
    let harness = Harness::with_acme().await;
    let before = Facts::loaded(&harness.store, ACME).await;
    let mut tx = harness.store.begin(ACME).await.unwrap();
    let changes = [member_added(&member("ada", "Ada")), granted("ada", &site("nowhere"), "editor")];
    assert!(append(&mut *tx, &changes).await.is_err());
    append(&mut *tx, &[member_added(&member("bo", "Bo"))]).await.unwrap();
    assert!(matches!(tx.commit().await, Err(StoreError::Broken(_))));
    assert_eq!(Facts::loaded(&harness.store, ACME).await, before);
}

#[tokio::test]
async fn one_invitation_of_an_email_is_pending_at_most() {
    let harness = Harness::with_acme().await;
    harness.write(&[issued(&invitation("i1", "bo@x.y"))]).await;
    let second = harness.try_write(&[issued(&invitation("i2", "bo@x.y"))]).await;
    assert!(matches!(second, Err(StoreError::Conflict(_))), "{second:?}");

    let mut anew = invitation("i1", "bo@x.y");
    anew.token_hash = "another secret".into();
    anew.expires_at = Timestamp(10_000);
    harness.write(&[issued(&anew)]).await;
    let mut tx = harness.store.begin(ACME).await.unwrap();
    assert_eq!(tx.invitation_by_hash("hash of i1").await.unwrap(), None);
    assert_eq!(tx.invitation_by_hash("another secret").await.unwrap(), Some(anew.clone()));
    tx.rollback().await.unwrap();

    harness.write(&[Change::InvitationRevoked { id: "i1".into(), email: "bo@x.y".into() }]).await;
    harness.write(&[issued(&invitation("i2", "bo@x.y"))]).await;
    let accepted = Change::InvitationAccepted { id: "i2".into(), email: "bo@x.y".into(), subject: Subject::user("bo") };
    harness.write(&[accepted]).await;
    let mut tx = harness.store.begin(ACME).await.unwrap();
    assert_eq!(tx.open_invitation("bo@x.y").await.unwrap(), None);
    let revoked = tx.invitation_by_hash("another secret").await.unwrap().unwrap();
    let accepted = tx.invitation_by_hash("hash of i2").await.unwrap().unwrap();
    assert_eq!((revoked.status, accepted.status), (InvitationStatus::Revoked, InvitationStatus::Accepted));
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
    assert_eq!((ada.member, ada.held), (locked, vec![]));
}

#[tokio::test]
async fn a_change_that_meets_nothing_is_refused() {
    let harness = Harness::with_acme().await;
    harness.write(&[member_added(&member("ada", "Ada")), granted("ada", &root(), "admin")]).await;
    let impossible = [
        granted("nobody", &root(), "admin"),
        granted("ada", &site("nowhere"), "admin"),
        revoked("ada", &root(), "user"),
        Change::RoleChanged {
            subject: Subject::user("ada"),
            resource: root(),
            from: "user".into(),
            from_expires_at: None,
            to: "viewer".into(),
            expires_at: None,
        },
        Change::PolicySet { policy: "lumicon".into(), from: 1, to: 2 },
        Change::PolicySet { policy: "other".into(), from: 3, to: 2 },
        Change::MemberUpdated { before: member("nobody", ""), member: member("nobody", "") },
        Change::MemberRemoved { member: member("nobody", "") },
        Change::MemberRemoved { member: member("ada", "") },
        Change::InvitationRevoked { id: "none".into(), email: "bo@x.y".into() },
        tenant_created(ACME),
        tenant_created("globex"),
    ];
    let before = Facts::loaded(&harness.store, ACME).await;
    for change in impossible {
        let result = harness.try_write(std::slice::from_ref(&change)).await;
        assert!(matches!(result, Err(StoreError::Broken(_))), "{change:?}: {result:?}");
    }
    assert_eq!(Facts::loaded(&harness.store, ACME).await, before);
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
    let facts = Facts::loaded(&harness.store, ACME).await.unwrap();
    assert_eq!(facts, Model::replayed(&log).facts);
    assert_eq!((facts.members.len(), facts.bindings.len()), (2500, 1300));
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let harness = Harness::with_acme().await;
    harness.write(&[member_added(&member("ada", "Ada")), granted("ada", &root(), "admin")]).await;
    let facts = Facts::loaded(&harness.store, ACME).await;
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();

    let harness = harness.reopened().await;
    harness.store.ping().await.unwrap();
    assert_eq!(Facts::loaded(&harness.store, ACME).await, facts);
    assert_eq!(harness.store.changes_after(ACME, Revision(0)).await.unwrap(), log);
    assert_eq!(harness.write(&[member_added(&member("bo", "Bo"))]).await, Revision(3));
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let harness = Harness::with_acme().await;
    harness.store.close().await.unwrap();
    assert!(matches!(harness.store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(harness.store.tenant(ACME).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(harness.store.begin(ACME).await.map(drop), Err(StoreError::Unavailable(_))));
}
