//! Pages of the log that are read while the log grows.

use rollcall::service::ports::{LogFilter, LogQuery, Store as _};
use rollcall_engine::LogPosition;

use crate::store_port::harness::{ACME, Harness, granted, member, member_added, root};

/// How many revisions are written meanwhile.
const REVISIONS: i64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_several_kinds_leaves_nothing_of_a_revision_out() {
    let harness = Harness::with_acme().await;
    let kinds = ["member_added", "role_granted"].map(str::to_owned);
    let writing = async {
        for number in 0..REVISIONS {
            let id = format!("user-{number}");
            harness.write(&[member_added(&member(&id, "Somebody")), granted(&id, &root(), "user")]).await;
        }
    };
    let reading = async {
        let (mut after, mut positions): (Option<LogPosition>, Vec<LogPosition>) = (None, Vec::new());
        // The tenant itself is of the first revision.
        while positions.last().is_none_or(|last| (last.revision.0, last.seq) < (REVISIONS + 1, 1)) {
            let filter = LogFilter { kinds: &kinds, ..LogFilter::default() };
            let (revisions, newest_first) = (LogQuery::ALL, false);
            let query = LogQuery { tenant: ACME, filter, revisions, after, newest_first, limit: 50 };
            let page = harness.store.log(&query).await.expect("the log can be read");
            positions.extend(page.iter().map(|logged| logged.position));
            after = positions.last().copied();
            tokio::task::yield_now().await;
        }
        positions
    };
    let ((), positions) = tokio::join!(writing, reading);
    let expected = (2..=REVISIONS + 1).flat_map(|revision| [(revision, 0), (revision, 1)]);
    let read: Vec<_> = positions.iter().map(|position| (position.revision.0, position.seq)).collect();
    assert_eq!(read, expected.collect::<Vec<_>>(), "a change was passed over");
}
