//! One invitation: by its id, its link and its email, whatever became of it, and with what is known of who is invited.

use rollcall_engine::{Acceptance, Change, Invitation, InvitationStatus, Subject, Timestamp};

use crate::{
    changes::{
        invitation, invitation_accepted, invitation_declined, invitation_expired, invitation_revoked, invited,
        invited_subject, issued, member, member_added, renamed, resource_created, root, site,
    },
    harness::Harness,
    model::{grant, plain},
};

conformance! {
    an_invitation_is_found_whatever_became_of_it:
        "Snapshot::invitation: The invitation of this id, whatever its status, with its member's name and grants; none \
         when there is none.",
        "Snapshot::invitation_by_hash: The invitation of whose links one has this secret's SHA-256, in lower-case \
         hexadecimal, whatever its status.",
        "InvitationRecord::invitation: The invitation, open or closed.",
        "InvitationRecord::changed_at: The commit that last changed it.";
    an_email_has_one_open_invitation_at_most:
        "Snapshot::open_invitation: The open invitation of a normalised email, pending or expired, of which there is \
         one at most; none when there is none.";
    an_open_invitation_is_shown_with_the_name_and_grants_of_whoever_is_invited:
        "Snapshot::invitation: The invitation of this id, whatever its status, with its member's name and grants; none \
         when there is none.",
        "InvitationRecord::display_name: The display name of its invited member while it is open, which may be empty; \
         empty afterwards.",
        "InvitationRecord::grants: The grants of its invited member while it is open, by resource type, resource id \
         and role; empty afterwards.";
    an_invitation_has_an_address_of_a_random_id:
        "InvitationRecord::address_id: The random id of its address, which a position in a list is told by.";
}

/// Writes an invitation of each status, and returns them with the revision of each.
async fn seed(harness: &Harness) -> Vec<(Invitation, i64)> {
    let all = ["i1", "i2", "i3", "i4", "i5"].map(|id| invitation(id, &format!("{id}@x.y")));
    harness.write(&all.each_ref().map(issued)).await;
    let [pending, mut accepted, mut revoked, mut declined, mut expired] = all;
    harness.write(&[member_added(&member("bo", "Bo")), invitation_accepted(&accepted, "bo")]).await;
    harness.write(&[invitation_revoked(&revoked)]).await;
    harness.write(&[invitation_declined(&declined)]).await;
    harness.write(&[invitation_expired(&expired)]).await;
    accepted.acceptance = Some(Acceptance { subject: Subject::user("bo"), at: Timestamp(7) });
    for (closed, status) in [
        (&mut accepted, InvitationStatus::Accepted),
        (&mut revoked, InvitationStatus::Revoked),
        (&mut declined, InvitationStatus::Declined),
        (&mut expired, InvitationStatus::Expired),
    ] {
        (closed.status, closed.remind_at) = (status, None);
    }
    [pending, accepted, revoked, declined, expired].into_iter().zip(2..).collect()
}

async fn an_invitation_is_found_whatever_became_of_it(harness: &Harness) {
    let all = seed(harness).await;
    let mut snapshot = harness.snapshot().await;
    for (invitation, revision) in &all {
        let found = snapshot.invitation(&invitation.id).await.unwrap().unwrap();
        assert_eq!((&found.invitation, found.changed_at), (invitation, harness.commit_at(*revision).await));
        let found = snapshot.invitation_by_hash(&invitation.token_hash).await.unwrap();
        assert_eq!(found.as_ref(), Some(invitation));
    }
    for id in ["i6", "I1", "", "i"] {
        assert!(snapshot.invitation(id).await.unwrap().is_none(), "`{id}`");
    }
    for hash in ["hash of i6", "Hash of i1", "hash of i", ""] {
        assert_eq!(snapshot.invitation_by_hash(hash).await.unwrap(), None, "`{hash}`");
    }
}

async fn an_email_has_one_open_invitation_at_most(harness: &Harness) {
    let all = seed(harness).await;
    let mut snapshot = harness.snapshot().await;
    for (invitation, _) in &all {
        let found = snapshot.open_invitation(&invitation.email).await.unwrap();
        assert_eq!(found.as_ref(), Some(invitation).filter(|invitation| invitation.status.is_open()));
    }
    for email in ["I1@x.y", "nobody@x.y", ""] {
        assert_eq!(snapshot.open_invitation(email).await.unwrap(), None, "`{email}`");
    }
    // Where one was closed another is issued, and that is the open one.
    let again = Invitation { email: "i3@x.y".into(), ..invitation("i6", "") };
    harness.write(&[issued(&again)]).await;
    assert_eq!(harness.snapshot().await.open_invitation("i3@x.y").await.unwrap(), Some(again));
}

async fn an_open_invitation_is_shown_with_the_name_and_grants_of_whoever_is_invited(harness: &Harness) {
    let (guest, sent) = (invited("i1", "guest@x.y"), invitation("i1", "guest@x.y"));
    let subject = invited_subject("i1");
    harness
        .write(&[
            resource_created(&site("s1"), None),
            member_added(&guest),
            Change::granted(&subject, &grant(&root(), "user")),
            Change::granted(&subject, &grant(&site("s1"), "viewer")),
            Change::granted(&subject, &grant(&site("s1"), "editor")),
            issued(&sent),
        ])
        .await;
    let expected = [grant(&site("s1"), "editor"), grant(&site("s1"), "viewer"), grant(&root(), "user")];
    let found = harness.snapshot().await.invitation("i1").await.unwrap().unwrap();
    assert_eq!((found.display_name.as_str(), plain(&found.grants)), ("Guest i1", expected.to_vec()));

    harness.write(&[renamed(&guest, "")]).await;
    let found = harness.snapshot().await.invitation("i1").await.unwrap().unwrap();
    assert_eq!((found.display_name.as_str(), found.grants.len()), ("", 3), "as they are called by now");
    harness.write(&[renamed(&guest, "Gast")]).await;
    harness.write(&[invitation_expired(&sent)]).await;
    let found = harness.snapshot().await.invitation("i1").await.unwrap().unwrap();
    assert_eq!((found.display_name.as_str(), found.grants.len()), ("Gast", 3), "one that has expired is open");
    harness.write(&[invitation_revoked(&sent)]).await;
    let found = harness.snapshot().await.invitation("i1").await.unwrap().unwrap();
    assert_eq!((found.display_name.as_str(), plain(&found.grants)), ("", Vec::new()), "a closed one has neither");
}

async fn an_invitation_has_an_address_of_a_random_id(harness: &Harness) {
    harness.write(&[issued(&invitation("i1", "guest@x.y")), issued(&invitation("i2", "other@x.y"))]).await;
    let mut snapshot = harness.snapshot().await;
    let first = snapshot.invitation("i1").await.unwrap().unwrap().address_id;
    let second = snapshot.invitation("i2").await.unwrap().unwrap().address_id;
    drop(snapshot);
    assert_ne!(first, second);
    assert!(!first.is_empty() && !first.contains("guest"), "{first}");
    let again = Invitation { email: "guest@x.y".into(), ..invitation("i3", "") };
    harness.write(&[invitation_revoked(&invitation("i1", "guest@x.y")), issued(&again)]).await;
    let third = harness.snapshot().await.invitation("i3").await.unwrap().unwrap().address_id;
    assert_eq!(third, first, "one email, one address");
}
