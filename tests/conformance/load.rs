//! What a load feeds, and how long a role that has ended is there.

use rollcall::service::ports::{MemberBy, Store as _};
use rollcall_engine::{Change, Grant, InvitationStatus, Subject, Timestamp};

use crate::{
    changes::{
        granted, granted_until, invitation, invited, invited_subject, issued, member, member_added, resource_created,
        role_expired, root, site, tenant,
    },
    harness::Harness,
    model::{LoadedFacts, Model, grant, plain},
};

conformance! {
    a_load_feeds_exactly_what_was_applied:
        "Snapshot::load: Feeds the tenant's facts into `sink`: the tenant first, all else in any order.";
    a_role_that_has_ended_is_there_until_the_log_has_its_expiry:
        "Snapshot::load: A binding that has ended is fed until the log has its `role_expired`.",
        "Snapshot::member: A grant that has ended is among them until the log has its `role_expired`.",
        "Snapshot::bindings_at: Those that have ended are among them until the log has their `role_expired`.",
        "InvitationRecord::grants: One that has ended is among them until the log has its `role_expired`.";
}

async fn a_load_feeds_exactly_what_was_applied(harness: &Harness) {
    let mut locked = member("bo", "Bo");
    locked.locked = true;
    let importer = Subject::new("service", "importer");
    harness
        .write(&[
            resource_created(&site("s1"), Some(importer.clone())),
            member_added(&member("cy", "Cy")),
            member_added(&locked),
            member_added(&invited("i1", "guest@x.y")),
            Change::granted(&invited_subject("i1"), &grant(&site("s1"), "viewer")),
            granted("cy", &root(), "admin"),
            granted("cy", &site("s1"), "editor"),
            granted_until("bo", &site("s1"), "viewer", 9),
            issued(&invitation("i1", "guest@x.y")),
        ])
        .await;
    let head = harness.write(&[Change::ResourceArchived { resource: site("s1") }]).await;
    harness.create_tenant("globex", &[member_added(&member("di", "Di"))]).await;

    let facts = harness.facts().await;
    assert_eq!(facts, Model::replayed(&harness.commits().await).facts);
    assert_eq!(facts.tenant, Some((tenant("acme"), head)));
    assert_eq!(facts.resources[&site("s1")], (Some(root()), Some(importer), true));
    assert_eq!((facts.resources.len(), facts.members.len(), facts.bindings.len()), (2, 3, 4), "and of no other tenant");
    let mut globex = harness.store.snapshot("globex").await.unwrap().expect("it was created");
    let globex = LoadedFacts::loaded(&mut *globex).await;
    assert_eq!((globex.members.len(), globex.bindings.len()), (1, 0));
}

async fn a_role_that_has_ended_is_there_until_the_log_has_its_expiry(harness: &Harness) {
    let (bo, guest) = (Subject::user("bo"), invited_subject("i1"));
    let ended = Grant { expires_at: Some(Timestamp(1)), ..grant(&root(), "user") };
    harness
        .write(&[
            member_added(&member("bo", "Bo")),
            granted_until("bo", &root(), "user", 1),
            member_added(&invited("i1", "guest@x.y")),
            Change::granted(&guest, &ended),
            issued(&invitation("i1", "guest@x.y")),
        ])
        .await;
    for is_there in [true, false] {
        let expected: Vec<Grant> = is_there.then(|| ended.clone()).into_iter().collect();
        let mut snapshot = harness.snapshot().await;
        let facts = LoadedFacts::loaded(&mut *snapshot).await;
        assert_eq!(facts.bindings.len(), 2 * expected.len());
        let found = snapshot.member(MemberBy::Subject(bo.as_ref())).await.unwrap().unwrap();
        assert_eq!(found.plain_grants(), expected);
        let found = snapshot.bindings_at(&[root()], 10).await.unwrap();
        assert_eq!(found.len(), 2 * expected.len());
        let found = snapshot.invitation("i1").await.unwrap().unwrap();
        assert_eq!((found.invitation.status, plain(&found.grants)), (InvitationStatus::Pending, expected));
        if is_there {
            let role = "user".to_owned();
            let of_guest = Change::RoleExpired { subject: guest.clone(), resource: root(), role, is_last: false };
            harness.write(&[role_expired("bo", &root(), "user"), of_guest]).await;
        }
    }
}
