//! The orders of a list of invitations, and that their pages neither repeat nor lose one.

use rollcall::service::ports::{InvitationOrder, InvitationQuery};
use rollcall_engine::{Change, Invitation, Timestamp};

use super::{ORDERS, all, cursor, ids, list};
use crate::{
    changes::{invitation, invitation_revoked, issued},
    harness::Harness,
};

conformance! {
    invitations_are_sorted_by_their_value_and_then_by_id:
        "store: Strings are compared bytewise, with case: never by a locale or a database's collation.",
        "InvitationQuery::order: What to sort by; ties go by id.",
        "InvitationOrder: The orders in which invitations can be listed; ties go by id, bytewise, and backwards in \
         `Self::Created`.",
        "InvitationOrder::Created: By when they were first issued, the newest first.",
        "InvitationOrder::Email: By normalised email, bytewise.",
        "InvitationOrder::Expiry: By expiry, the soonest first.";
    pages_of_invitations_neither_repeat_nor_lose_one:
        "Snapshot::list_invitations: A page of invitations, at most `query.limit` of them in the order of \
         `query.order`.",
        "Snapshot::list_invitations: Empty after the last one.",
        "InvitationQuery::after: Only invitations after this position in the order, whose kind must be that of the \
         order.",
        "InvitationQuery::after: None: from the first.",
        "InvitationCursor: A position in a list of invitations: the sort value and the id of the invitation before it.",
        "InvitationCursor::At: In the order of `InvitationOrder::Created` and `InvitationOrder::Expiry`.",
        "InvitationCursor::Email: In the order of `InvitationOrder::Email`: the id of the address, and the \
         invitation's.";
}

/// Writes invitations of these ids, emails, times of their first issue and of their expiry.
async fn seed(harness: &Harness) {
    let sent = [
        ("a", "b@x.y", 30, 90),
        ("B", "a@x.y", 30, 80),
        ("ä", "A@x.y", 10, 80),
        ("c", "é@x.y", 30, 70),
        ("C", "z@x.y", 20, 90),
        ("a-1", "a-b@x.y", 30, 80),
    ];
    let mut changes = Vec::new();
    for (id, email, created_at, expires_at) in sent {
        let (created_at, expires_at) = (Timestamp(created_at), Timestamp(expires_at));
        changes.push(issued(&Invitation { created_at, expires_at, ..invitation(id, email) }));
    }
    harness.write(&changes).await;
    // Two of one email, of which one is closed.
    let closed = invitation_revoked(&invitation("a", "b@x.y"));
    let again = Invitation { created_at: Timestamp(40), expires_at: Timestamp(70), ..invitation("d", "b@x.y") };
    harness.write(&[closed, issued(&again)]).await;
}

async fn invitations_are_sorted_by_their_value_and_then_by_id(harness: &Harness) {
    seed(harness).await;
    for (order, expected) in [
        (InvitationOrder::Created, ["d", "c", "a-1", "a", "B", "C", "ä"]),
        (InvitationOrder::Email, ["ä", "a-1", "B", "a", "d", "C", "c"]),
        (InvitationOrder::Expiry, ["c", "d", "B", "a-1", "ä", "C", "a"]),
    ] {
        assert_eq!(ids(harness, &InvitationQuery { order, ..all() }).await, expected, "{order:?}");
    }
}

async fn pages_of_invitations_neither_repeat_nor_lose_one(harness: &Harness) {
    seed(harness).await;
    for order in ORDERS {
        let whole = ids(harness, &InvitationQuery { order, ..all() }).await;
        assert_eq!(whole.len(), 7);
        for limit in [1, 2, 3, 6] {
            let (mut query, mut paged) = (InvitationQuery { order, limit, ..all() }, Vec::new());
            loop {
                let page = list(harness, &query).await;
                assert!(page.len() <= usize::try_from(limit).unwrap());
                let Some(last) = page.last() else { break };
                query.after = Some(cursor(order, last));
                paged.extend(page.into_iter().map(|record| record.invitation.id));
            }
            assert_eq!(paged, whole, "{query:?}");
        }
    }
    // What is issued after the newest is on no later page, and one that was closed keeps its place.
    let first = list(harness, &InvitationQuery { limit: 2, ..all() }).await;
    let rest = InvitationQuery { after: Some(cursor(InvitationOrder::Created, &first[1])), ..all() };
    let expected = ids(harness, &rest).await;
    let newer = Invitation { created_at: Timestamp(50), ..invitation("e", "new@x.y") };
    let closed: Vec<Change> = first.iter().map(|record| invitation_revoked(&record.invitation)).collect();
    harness.write(&[&[issued(&newer)][..], &closed].concat()).await;
    assert_eq!(ids(harness, &rest).await, expected);
}
