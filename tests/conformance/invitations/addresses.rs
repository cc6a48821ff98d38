//! Suppressed addresses: each by its email, and page by page.

use rollcall_engine::Change;

use crate::{
    changes::{invitation, issued, suppressed, suppressed_address},
    harness::Harness,
};

conformance! {
    an_address_is_suppressed_until_it_is_cleared:
        "Snapshot::suppressed: The suppressed address of this normalised email; none when it is not suppressed.";
    suppressed_addresses_come_in_pages_in_the_order_of_their_email:
        "store: Strings are compared bytewise, with case: never by a locale or a database's collation.",
        "Snapshot::list_suppressed: The suppressed addresses after the one with this id, in the order of their email, \
         at most `limit` of them, each with its id.",
        "Snapshot::list_suppressed: None begins with the first.";
}

async fn an_address_is_suppressed_until_it_is_cleared(harness: &Harness) {
    harness.write(&[issued(&invitation("i1", "known@x.y"))]).await;
    for detail in ["bounced", ""] {
        harness.write(&[suppressed("bad@x.y", detail)]).await;
        let mut snapshot = harness.snapshot().await;
        let found = snapshot.suppressed("bad@x.y").await.unwrap();
        assert_eq!(found, Some(suppressed_address("bad@x.y", detail)));
        for email in ["Bad@x.y", "bad@x", "known@x.y", "nobody@x.y", ""] {
            assert_eq!(snapshot.suppressed(email).await.unwrap(), None, "`{email}`");
        }
        harness.write(&[Change::AddressCleared { email: "bad@x.y".into() }]).await;
        assert_eq!(harness.snapshot().await.suppressed("bad@x.y").await.unwrap(), None);
    }
}

async fn suppressed_addresses_come_in_pages_in_the_order_of_their_email(harness: &Harness) {
    let emails = ["-a@x.y", "B@x.y", "a-b@x.y", "a@x.y", "ab@x.y", "b@x.y", "ä@x.y", "日@x.y"];
    let changes: Vec<Change> = emails.iter().rev().map(|email| suppressed(email, "bounced")).collect();
    harness.write(&changes).await;
    harness.write(&[issued(&invitation("i1", "known@x.y"))]).await;
    let mut snapshot = harness.snapshot().await;
    for limit in [1, 3, 8, 100] {
        let (mut paged, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = snapshot.list_suppressed(after.as_deref(), limit).await.unwrap();
            assert!(page.len() <= usize::try_from(limit).unwrap());
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            paged.extend(page.into_iter().map(|(_, address)| address));
        }
        assert_eq!(paged, emails.map(|email| suppressed_address(email, "bounced")), "{limit} at a time");
    }
    assert!(snapshot.list_suppressed(None, 0).await.unwrap().is_empty());
}
