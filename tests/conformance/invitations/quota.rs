//! How often a tenant has invited lately.

use rollcall_engine::{Change, Timestamp};

use crate::{
    changes::{invitation, invitation_revoked, issued, member, member_added},
    harness::Harness,
};

conformance! {
    the_issues_of_invitations_are_counted_back_from_the_newest:
        "Snapshot::issued_before: Of the tenant's issues of invitations later than `since`, the time of the one that \
         exactly `newer` came after, by their times; none when there are `newer` or fewer.",
        "Snapshot::issued_before: Issuing an invitation again is an issue of its own.";
}

async fn the_issues_of_invitations_are_counted_back_from_the_newest(harness: &Harness) {
    harness.write_at(10, &[issued(&invitation("i1", "1@x.y"))]).await;
    harness.write_at(20, &[issued(&invitation("i2", "2@x.y")), issued(&invitation("i3", "3@x.y"))]).await;
    let again =
        Change::InvitationIssued { before: Some(invitation("i1", "1@x.y")), invitation: invitation("i1", "1@x.y") };
    harness.write_at(30, &[again]).await;
    harness.write_at(40, &[invitation_revoked(&invitation("i2", "2@x.y")), member_added(&member("bo", "Bo"))]).await;
    let mut snapshot = harness.snapshot().await;
    // Issued at 10, 20, 20 and 30.
    for (newer, since, expected) in [
        (0, 0, Some(30)),
        (1, 0, Some(20)),
        (2, 0, Some(20)),
        (3, 0, Some(10)),
        (4, 0, None),
        (3, 9, Some(10)),
        (3, 10, None),
        (0, 29, Some(30)),
        (0, 30, None),
        (1, 19, Some(20)),
        (1, 20, None),
    ] {
        let found = snapshot.issued_before(newer, Timestamp(since)).await.unwrap();
        assert_eq!(found, expected.map(Timestamp), "{newer} came after, later than {since}");
    }
}
