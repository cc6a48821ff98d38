//! Writes that the store refuses: conflicts, changes of what is not there, and a store that is closed.

use rollcall::service::ports::{Store as _, StoreError};
use rollcall_engine::{Change, InvitationStatus, Profile, Subject, Timestamp};

use crate::store_port::harness::{
    ACME, Harness, granted, invitation, issued, member, member_added, revoked, root, site, tenant_created,
};
use crate::store_port::model::LoadedFacts;

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

    let conflicting = [
        Profile { email: ada.profile.email.clone(), ..Profile::default() },
        Profile { username: ada.profile.username.clone(), ..Profile::default() },
        Profile { phone: ada.profile.phone.clone(), ..Profile::default() },
    ];
    for profile in conflicting {
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
    let accepted = Change::InvitationAccepted {
        id: "i2".into(),
        email: "bo@x.y".into(),
        subject: Subject::user("bo"),
        at: Timestamp(7),
    };
    harness.write(&[accepted]).await;
    let mut tx = harness.store.begin(ACME).await.unwrap();
    assert_eq!(tx.open_invitation("bo@x.y").await.unwrap(), None);
    let revoked = tx.invitation_by_hash("another secret").await.unwrap().unwrap();
    let accepted = tx.invitation_by_hash("hash of i2").await.unwrap().unwrap();
    assert_eq!((revoked.status, accepted.status), (InvitationStatus::Revoked, InvitationStatus::Accepted));
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
    let before = LoadedFacts::loaded(&harness.store, ACME).await;
    for change in impossible {
        let result = harness.try_write(std::slice::from_ref(&change)).await;
        assert!(matches!(result, Err(StoreError::Broken(_))), "{change:?}: {result:?}");
    }
    assert_eq!(LoadedFacts::loaded(&harness.store, ACME).await, before);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let harness = Harness::with_acme().await;
    harness.store.close().await.unwrap();
    assert!(matches!(harness.store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(harness.store.tenant(ACME).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(harness.store.begin(ACME).await.map(drop), Err(StoreError::Unavailable(_))));
}
