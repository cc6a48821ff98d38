//! Lists read page by page: nobody is lost or repeated.

use rollcall::service::ports::MemberQuery;
use rollcall_engine::MemberStatus;

use super::{ORDERS, cursor, everybody, ids, in_scopes, list, person, s1_scopes};
use crate::{
    changes::{granted, member_added, resource_created, root, site},
    harness::Harness,
};

conformance! {
    pages_neither_repeat_nor_lose_members:
        "Snapshot::list_members: A page of members, at most `query.limit` of them in the order of `query.order`.",
        "Snapshot::list_members: Empty after the last member.",
        "MemberQuery::after: Only members after this position in the order; none: from the first.",
        "MemberCursor: A position in a list of members: after the one who was returned last.",
        "MemberCursor::last: The ids of the last members returned, the very last first, at most `Self::ANCHORS`.",
        "MemberCursor::number: The sort value of the very last where it is a number; none where it is text, which is \
         looked up.",
        "MemberCursor::revision: The revision at which they were returned.";
}

/// Ninety-seven members, many of whom have the same name, status or role.
async fn seed(harness: &Harness) {
    let mut changes = vec![resource_created(&site("s1"), None)];
    for number in 0..97_usize {
        let status = [MemberStatus::Active, MemberStatus::Invited, MemberStatus::Deactivated][number % 3];
        let email = (!number.is_multiple_of(4)).then(|| format!("{}-{number}@x.y", number % 5));
        let id = format!("u{number}");
        changes.push(member_added(&person(&id, &format!("Name {}", number % 7), email.as_deref(), status)));
        if number.is_multiple_of(2) {
            changes.push(granted(&id, &site("s1"), ["editor", "viewer"][number / 2 % 2]));
        }
        if number.is_multiple_of(5) {
            changes.push(granted(&id, &root(), "admin"));
        }
    }
    harness.write(&changes).await;
}

async fn pages_neither_repeat_nor_lose_members(harness: &Harness) {
    seed(harness).await;
    let revision = harness.snapshot().await.head().revision;
    for order in ORDERS {
        for all in [everybody(), in_scopes(s1_scopes()), MemberQuery { everybody: true, ..in_scopes(s1_scopes()) }] {
            let all = MemberQuery { order, ..all };
            let whole = ids(harness, &all).await;
            assert_eq!(whole.len(), if all.everybody { 97 } else { 59 });
            for limit in [7, 48] {
                let (mut query, mut paged) = (MemberQuery { limit, ..all.clone() }, Vec::new());
                loop {
                    let page = list(harness, &query).await;
                    assert!(page.len() <= usize::try_from(limit).unwrap());
                    if page.is_empty() {
                        break;
                    }
                    paged.extend(page);
                    query.after = Some(cursor(&query, &paged, revision));
                }
                let paged: Vec<_> = paged.into_iter().map(|record| record.member.subject.id).collect();
                assert_eq!(paged, whole, "{query:?}");
            }
        }
    }
}
