//! Lists read page by page, and over thousands of resources at once.

use rollcall::service::ports::{MemberOrder, MemberQuery, MemberScope, Store as _};
use rollcall_engine::MemberStatus;

use super::{ORDERS, cursor, everybody, ids, in_scopes, person, s1_scopes, staffed};
use crate::store_port::harness::{Harness, granted, member_added, resource_created, root, site};

#[tokio::test]
async fn pages_neither_repeat_nor_lose_members() {
    let harness = Harness::with_acme().await;
    let mut changes = vec![resource_created(&site("s1"), None)];
    for n in 0..97_usize {
        let status = [MemberStatus::Active, MemberStatus::Invited, MemberStatus::Deactivated][n % 3];
        let email = (n % 4 != 0).then(|| format!("{}-{n}@x.y", n % 5));
        let id = format!("u{n}");
        changes.push(member_added(&person(&id, &format!("Name {}", n % 7), email.as_deref(), status)));
        if n % 2 == 0 {
            changes.push(granted(&id, &site("s1"), ["editor", "viewer"][n / 2 % 2]));
        }
        if n % 5 == 0 {
            changes.push(granted(&id, &root(), "admin"));
        }
    }
    harness.write(&changes).await;
    for order in ORDERS {
        for all in [everybody(), in_scopes(s1_scopes()), MemberQuery { everybody: true, ..in_scopes(s1_scopes()) }] {
            let all = MemberQuery { order, limit: 1000, ..all };
            let whole = ids(&harness, &all).await;
            assert_eq!(whole.len(), if all.everybody { 97 } else { 59 });

            let mut query = MemberQuery { limit: 7, ..all };
            let mut paged = Vec::new();
            loop {
                let (records, _) = harness.store.list_members(&query).await.unwrap();
                let Some(last) = records.last() else { break };
                query.after = Some(cursor(&query, last));
                paged.extend(records.into_iter().map(|record| record.member.subject.id));
            }
            assert_eq!(paged, whole, "{query:?}");
        }
    }
}

#[tokio::test]
async fn a_list_over_thousands_of_resources_is_answered() {
    let harness = staffed().await;
    let mut scopes: Vec<_> = (0..3000)
        .map(|n| MemberScope { resource: site(&format!("far-{n}")), role: ["editor", "viewer"][n % 2].into(), rank: 9 })
        .collect();
    scopes.extend(s1_scopes());
    let query = MemberQuery { order: MemberOrder::Role, ..in_scopes(scopes) };
    assert_eq!(ids(&harness, &query).await, ["u2", "u5", "u1", "u3"]);
}
