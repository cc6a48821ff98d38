//! Pages of the log: in both orders, of any size, within revisions, and by time.

use rollcall::service::ports::{LogFilter, LogQuery};
use rollcall_engine::{LogPosition, LoggedChange, Revision, Timestamp};

use super::{all, read, seed};
use crate::{
    changes::{granted, member, member_added, root},
    harness::Harness,
};

conformance! {
    the_log_is_read_in_its_order_and_backwards:
        "Snapshot::log: A page of the change log, at most `query.limit` changes in the order of the log, or backwards.",
        "LogQuery::newest_first: Whether the order is that of the log backwards.";
    pages_of_any_size_neither_repeat_nor_lose_a_change:
        "Snapshot::log: Empty when there are no more.",
        "Snapshot::log: A page may end within a revision.",
        "LogQuery::after: Only changes after this position in the order, which are earlier ones where the newest come \
         first.",
        "LogQuery::after: None: from the first of `revisions`, or the last.",
        "LogQuery::limit: The most changes to return; 0 returns none.";
    a_page_is_of_the_revisions_that_were_given:
        "LogQuery::revisions: The first and the last revision to look at, both included; `Self::ALL` for no limit.",
        "LogQuery::after: None: from the first of `revisions`, or the last.",
        "LogQuery::ALL: Every revision that there can be: no limit on either side.";
    a_time_span_has_a_first_and_a_last_revision:
        "Snapshot::revisions_between: The first and the last revision with a commit at `from` or later and before \
         `until`; none when there is none.";
    pages_that_are_read_while_the_log_grows_leave_nothing_out:
        "Snapshot::log: A page of the change log, at most `query.limit` changes in the order of the log, or backwards.",
        "LogQuery::after: Only changes after this position in the order, which are earlier ones where the newest come \
         first.";
}

fn positions(logged: &[LoggedChange]) -> Vec<(i64, i64)> {
    logged.iter().map(|logged| (logged.position.revision.0, logged.position.seq)).collect()
}

async fn the_log_is_read_in_its_order_and_backwards(harness: &Harness) {
    seed(harness).await;
    let forwards = read(harness, &all()).await;
    let changes = harness.commits().await.into_iter().flat_map(|commit| commit.changes);
    assert!(forwards.iter().map(|logged| logged.change.clone()).eq(changes), "the log is that of the commits");
    assert_eq!(forwards.len(), 18);
    assert!(positions(&forwards).is_sorted());
    let mut backwards = read(harness, &LogQuery { newest_first: true, ..all() }).await;
    backwards.reverse();
    assert_eq!(backwards, forwards);
}

async fn pages_of_any_size_neither_repeat_nor_lose_a_change(harness: &Harness) {
    seed(harness).await;
    let kinds = ["member_added", "role_granted", "role_revoked"].map(str::to_owned);
    for (filter, count) in [(LogFilter::default(), 18), (LogFilter { kinds: &kinds, ..LogFilter::default() }, 8)] {
        for newest_first in [false, true] {
            let whole = LogQuery { filter: filter.clone(), newest_first, ..all() };
            let expected = read(harness, &whole).await;
            assert_eq!(expected.len(), count);
            for limit in [1, 2, 3, 7, 100] {
                let (mut paged, mut query) = (Vec::new(), LogQuery { limit, ..whole.clone() });
                loop {
                    let page = read(harness, &query).await;
                    assert!(page.len() <= usize::try_from(limit).unwrap());
                    let Some(last) = page.last() else { break };
                    query.after = Some(last.position);
                    paged.extend(page);
                }
                assert_eq!(paged, expected, "{limit} at a time, newest first: {newest_first}");
            }
            assert!(read(harness, &LogQuery { limit: 0, ..whole }).await.is_empty(), "a limit of none");
        }
    }
}

async fn a_page_is_of_the_revisions_that_were_given(harness: &Harness) {
    seed(harness).await;
    let everything = positions(&read(harness, &all()).await);
    let within = |first: i64, last: i64| (Revision(first), Revision(last));
    let after = |revision: i64, seq: i64| Some(LogPosition { revision: Revision(revision), seq });
    for (revisions, after) in [
        (LogQuery::ALL, None),
        (within(2, 3), None),
        (within(4, 4), None),
        (within(0, 1), None),
        (within(6, i64::MAX), None),
        (within(7, 9), None),
        (within(4, 3), None),
        (within(2, 4), after(2, 3)),
        (within(2, 4), after(3, 0)),
        (within(3, 4), after(1, 1)),
        (within(3, 4), after(5, 0)),
        (LogQuery::ALL, after(4, 99)),
    ] {
        for newest_first in [false, true] {
            let is_wanted = |position: &&(i64, i64)| {
                let is_after = after.is_none_or(|after| {
                    let after = (after.revision.0, after.seq);
                    if newest_first { **position < after } else { **position > after }
                });
                is_after && (revisions.0.0..=revisions.1.0).contains(&position.0)
            };
            let mut expected: Vec<_> = everything.iter().filter(is_wanted).copied().collect();
            if newest_first {
                expected.reverse();
            }
            let query = LogQuery { revisions, after, newest_first, ..all() };
            assert_eq!(positions(&read(harness, &query).await), expected, "{query:?}");
        }
    }
}

async fn a_time_span_has_a_first_and_a_last_revision(harness: &Harness) {
    seed(harness).await;
    let mut snapshot = harness.snapshot().await;
    for (from, until, expected) in [
        (None, None, Some((1, 6))),
        (Some(10), None, Some((2, 6))),
        (Some(11), None, Some((4, 6))),
        (None, Some(20), Some((1, 3))),
        (None, Some(21), Some((1, 4))),
        (Some(10), Some(11), Some((2, 3))),
        (Some(30), Some(30), None),
        (Some(41), None, None),
        (None, Some(7), None),
    ] {
        let found = snapshot.revisions_between(from.map(Timestamp), until.map(Timestamp)).await.unwrap();
        let expected = expected.map(|(first, last)| (Revision(first), Revision(last)));
        assert_eq!(found, expected, "from {from:?} until {until:?}");
    }
}

/// How many revisions are written while pages are read.
const REVISIONS: i64 = 120;

async fn pages_that_are_read_while_the_log_grows_leave_nothing_out(harness: &Harness) {
    let kinds = ["member_added", "role_granted"].map(str::to_owned);
    let writing = async {
        for number in 0..REVISIONS {
            let id = format!("user-{number}");
            harness.write(&[member_added(&member(&id, "Somebody")), granted(&id, &root(), "user")]).await;
        }
    };
    let reading = async {
        let (mut after, mut found): (Option<LogPosition>, Vec<(i64, i64)>) = (None, Vec::new());
        // The tenant itself is of the first revision.
        while found.last().is_none_or(|last| *last < (REVISIONS + 1, 1)) {
            let filter = LogFilter { kinds: &kinds, ..LogFilter::default() };
            let page = read(harness, &LogQuery { filter, after, limit: 50, ..all() }).await;
            found.extend(positions(&page));
            after = page.last().map(|last| last.position).or(after);
            tokio::task::yield_now().await;
        }
        found
    };
    let ((), found) = tokio::join!(writing, reading);
    let expected = (2..=REVISIONS + 1).flat_map(|revision| [(revision, 0), (revision, 1)]);
    assert_eq!(found, expected.collect::<Vec<_>>(), "a change was passed over");
}
