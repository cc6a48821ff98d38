//! Commits that fit nothing: broken each, and nothing of them stays.

use rollcall::service::ports::{Store as _, StoreError};
use rollcall_engine::{Change, Subject, Timestamp};

use crate::{
    changes::{
        ACME, allowed, batch, granted, invitation, invitation_accepted, invitation_declined, invitation_expired,
        invitation_revoked, member, member_added, renamed, resource, resource_created, revoked, role_changed,
        role_expired, root, site, tenant_created,
    },
    harness::Harness,
};

conformance! {
    a_change_of_what_is_not_there_is_broken_and_nothing_is_written:
        "Store::commit: Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or \
         there is a response under the same hash; in `StoreError::Broken` when what a change changes is not there, \
         when there is no change, or when a tenant is created that exists or is another than that of the write: \
         nothing was written.",
        "StoreError::Broken: A row can't be read as what it stands for, or a statement failed for good: a defect, or a \
         damaged database.";
    a_commit_without_a_change_is_broken:
        "Store::commit: Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or \
         there is a response under the same hash; in `StoreError::Broken` when what a change changes is not there, \
         when there is no change, or when a tenant is created that exists or is another than that of the write: \
         nothing was written.",
        "Batch::changes: What changes, in order; at least one.";
    a_creation_out_of_its_turn_is_broken_and_nothing_is_written:
        "Store::commit: Makes a write durable and visible, all of it at once, if the tenant's newest commit is \
         `expected` still; none: if there is no such tenant, which the first change of the batch then creates.",
        "Store::commit: Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or \
         there is a response under the same hash; in `StoreError::Broken` when what a change changes is not there, \
         when there is no change, or when a tenant is created that exists or is another than that of the write: \
         nothing was written.";
    nobody_sees_what_was_not_committed:
        "store: What is committed is seen by every read and snapshot that begins later; what is not, by nobody.",
        "Store::commit: Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or \
         there is a response under the same hash; in `StoreError::Broken` when what a change changes is not there, \
         when there is no change, or when a tenant is created that exists or is another than that of the write: \
         nothing was written.";
}

async fn a_change_of_what_is_not_there_is_broken_and_nothing_is_written(harness: &Harness) {
    let (nobody, nowhere) = (member("nobody", ""), site("nowhere"));
    harness
        .write(&[
            member_added(&member("bo", "Bo")),
            resource_created(&site("s1"), None),
            granted("bo", &site("s1"), "editor"),
        ])
        .await;
    let guest = invitation("none", "guest@x.y");
    let remind_at = Some(Timestamp(8_500));
    let (from, to) = (root(), nowhere.clone());
    let impossible = [
        granted("nobody", &root(), "admin"),
        granted("bo", &nowhere, "admin"),
        revoked("bo", &root(), "user"),
        revoked("bo", &site("s1"), "Editor"),
        role_changed("bo", &root(), "user", "viewer"),
        role_expired("bo", &root(), "user"),
        Change::PolicySet { policy: "lumicon".into(), from: 1, to: 2 },
        Change::PolicySet { policy: "other".into(), from: 3, to: 2 },
        renamed(&nobody, "Somebody"),
        Change::MemberRemoved { member: nobody },
        Change::MemberRemoved { member: member("BO", "") },
        Change::ResourceArchived { resource: nowhere.clone() },
        Change::ResourceRestored { resource: nowhere.clone() },
        Change::ResourceMoved { resource: nowhere.clone(), from: root(), to: site("s1") },
        Change::ResourceMoved { resource: site("s1"), from, to },
        Change::OwnerChanged { resource: nowhere.clone(), from: None, to: Some(Subject::user("bo")) },
        Change::ResourceDeleted { resource: resource(&nowhere, None) },
        invitation_accepted(&guest, "bo"),
        invitation_revoked(&guest),
        invitation_declined(&guest),
        invitation_expired(&guest),
        Change::InvitationReminderDue {
            id: guest.id,
            member: guest.member,
            email: guest.email,
            remind_at,
            is_withheld: false,
        },
        Change::AddressCleared { email: "guest@x.y".into() },
        Change::Unknown { kind: "member_dreamt_of".into() },
        // What others still refer to is there, but can't go.
        Change::MemberRemoved { member: member("bo", "") },
        Change::ResourceDeleted { resource: resource(&site("s1"), None) },
    ];
    let before = harness.rows().await;
    for change in impossible {
        let changes = [member_added(&member("cy", "Cy")), change];
        let result = harness.try_write(&changes).await;
        assert!(matches!(result, Err(StoreError::Broken(_))), "{changes:?}: {result:?}");
        assert_eq!(harness.rows().await, before, "{changes:?}");
    }
    harness.write(&[member_added(&member("cy", "Cy"))]).await;
}

async fn a_commit_without_a_change_is_broken(harness: &Harness) {
    let before = harness.rows().await;
    let result = harness.try_write(&[]).await;
    assert!(matches!(result, Err(StoreError::Broken(_))), "{result:?}");
    assert_eq!(harness.rows().await, before);
    let result = harness.store.commit("globex", None, &batch(&[])).await;
    assert!(matches!(result, Err(StoreError::Broken(_))), "{result:?}");
    assert_eq!(harness.head("globex").await, None);
}

async fn a_creation_out_of_its_turn_is_broken_and_nothing_is_written(harness: &Harness) {
    let newest = harness.head(ACME).await;
    let (acme, globex, bo) = (tenant_created(ACME), tenant_created("globex"), member_added(&member("bo", "Bo")));
    let refused = [
        ("it exists", ACME, newest, vec![acme.clone()]),
        ("it exists, and others change", ACME, newest, vec![bo.clone(), acme.clone()]),
        ("it is another", ACME, newest, vec![globex.clone()]),
        ("it is another than that of the write", "initech", None, vec![globex.clone()]),
        ("it is another, after its own", "globex", None, vec![globex.clone(), tenant_created("initech")]),
        ("it is created twice", "globex", None, vec![globex.clone(), globex.clone()]),
        ("it is created late", "globex", None, vec![bo.clone(), globex]),
        ("nothing creates it", "globex", None, vec![bo]),
    ];
    let before = harness.rows().await;
    for (why, tenant, expected, changes) in refused {
        let result = harness.store.commit(tenant, expected, &batch(&allowed(&changes))).await;
        assert!(matches!(result, Err(StoreError::Broken(_))), "{why}: {result:?}");
        assert_eq!(harness.rows().await, before, "{why}");
        let names = ["globex", "initech"].map(str::to_owned);
        assert!(harness.store.heads(&names).await.unwrap().is_empty(), "{why}");
    }
}

async fn nobody_sees_what_was_not_committed(harness: &Harness) {
    let (facts, commits) = (harness.facts().await, harness.commits().await);
    let halves = [member_added(&member("bo", "Bo")), granted("bo", &site("nowhere"), "editor")];
    assert!(harness.try_write(&halves).await.is_err());
    assert_eq!((harness.facts().await, harness.commits().await), (facts, commits));
    let head = harness.write(&halves[..1]).await;
    assert_eq!(head.revision.0, 2, "a commit that failed takes no revision");
}
