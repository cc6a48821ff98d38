//! The feed of a tenant's commits: what follows on a head, and which heads are of another history.

use rollcall::service::ports::{Feed, Store as _};
use rollcall_engine::{Commit, Head, Revision, Timestamp, WriteId};

use crate::{
    changes::{ACME, granted, member, member_added, root},
    harness::Harness,
};

conformance! {
    a_feed_has_every_commit_after_a_head:
        "Store::commits_after: Every commit of a tenant after `after`, in the order of the log, all as of one instant \
         at or after the call; or that the tenant's log has no such commit.",
        "Feed::Commits: The commits after it, in order; empty where it is the newest.";
    a_head_that_the_log_has_not_is_another_history:
        "Store::commits_after: Every commit of a tenant after `after`, in the order of the log, all as of one instant \
         at or after the call; or that the tenant's log has no such commit.",
        "Feed::OtherHistory: The log has no such commit: another one has its revision, or none has.",
        "Feed::OtherHistory: This is the newest, zero where there is no such tenant.";
    commits_are_read_in_pages_and_by_revision:
        "Snapshot::commits_after: At most `limit` commits after this revision, in the order of the log.",
        "Snapshot::commit_at: The commit of a revision; none when the log has none.";
}

/// Writes three commits, and returns those of the whole log.
async fn written(harness: &Harness) -> Vec<Commit> {
    let (bo, cy) = (member_added(&member("bo", "Bo")), member_added(&member("cy", "Cy")));
    let writes =
        [(8, vec![bo]), (8, vec![cy, granted("cy", &root(), "user")]), (9, vec![granted("bo", &root(), "user")])];
    let mut commits = harness.commits().await;
    for (at, changes) in writes {
        let head = harness.write_at(at, &changes).await;
        commits.push(Commit { head, at: Timestamp(at), changes });
    }
    harness.create_tenant("globex", &[member_added(&member("bo", "Bo"))]).await;
    commits
}

async fn a_feed_has_every_commit_after_a_head(harness: &Harness) {
    let commits = written(harness).await;
    assert_eq!(commits.len(), 4);
    let heads = [Head::default()].into_iter().chain(commits.iter().map(|commit| commit.head));
    for (number, head) in heads.enumerate() {
        let feed = harness.store.commits_after(ACME, head).await.unwrap();
        assert_eq!(feed, Feed::Commits(commits[number..].to_vec()), "after {head:?}");
    }
}

async fn a_head_that_the_log_has_not_is_another_history(harness: &Harness) {
    let heads: Vec<Head> = written(harness).await.iter().map(|commit| commit.head).collect();
    let newest = heads[3];
    let globex = harness.head("globex").await.unwrap();
    let others = [
        Head { write_id: WriteId([9; 8]), ..heads[1] },
        Head { write_id: WriteId::default(), ..newest },
        Head { write_id: heads[1].write_id, ..heads[2] },
        Head { revision: newest.revision.next(), ..newest },
        Head { revision: Revision(i64::MAX), ..newest },
        Head { revision: Revision(0), ..newest },
        Head { revision: Revision(-1), write_id: WriteId::default() },
        globex,
    ];
    for head in others {
        let feed = harness.store.commits_after(ACME, head).await.unwrap();
        assert_eq!(feed, Feed::OtherHistory(newest), "after {head:?}");
    }
    let feed = harness.store.commits_after("globex", newest).await.unwrap();
    assert_eq!(feed, Feed::OtherHistory(globex));
    let feed = harness.store.commits_after("none", newest).await.unwrap();
    assert_eq!(feed, Feed::OtherHistory(Head::default()));
}

async fn commits_are_read_in_pages_and_by_revision(harness: &Harness) {
    let commits = written(harness).await;
    let mut snapshot = harness.snapshot().await;
    for (after, limit, expected) in [
        (0, 100, &commits[..]),
        (0, 2, &commits[..2]),
        (2, 1, &commits[2..3]),
        (3, 100, &commits[3..]),
        (4, 100, &[]),
        (9, 100, &[]),
        (0, 0, &[]),
    ] {
        let page = snapshot.commits_after(Revision(after), limit).await.unwrap();
        assert_eq!(page, expected, "{limit} after {after}");
    }
    for commit in &commits {
        assert_eq!(snapshot.commit_at(commit.head.revision).await.unwrap(), Some(commit.head));
    }
    for revision in [-1, 0, 5, i64::MAX] {
        assert_eq!(snapshot.commit_at(Revision(revision)).await.unwrap(), None, "{revision}");
    }
}
