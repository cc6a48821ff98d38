//! What is seen when: a snapshot stays as it is, and what is committed is seen by everything that begins later.

use rollcall::service::ports::{
    Batch, InvitationOrder, InvitationQuery, LogFilter, LogQuery, MemberBy, MemberOrder, MemberQuery, Snapshot,
    Store as _, StoredResponse,
};
use rollcall_engine::{Change, Head, Revision, Subject, Timestamp};
use tokio::task::JoinSet;

use crate::{
    changes::{
        ACME, allowed, batch, granted, granted_until, invitation, invitation_revoked, invited, issued, member,
        member_added, member_with_email, renamed, resource_created, root, site, suppressed,
    },
    harness::Harness,
    model::LoadedFacts,
};

conformance! {
    a_snapshot_stays_as_it_is_whatever_is_committed:
        "Store::snapshot: A tenant as of one instant at or after the call; none when there is no such tenant.",
        "Snapshot: One tenant as of the instant at which `Store::snapshot` was called, whatever is committed \
         meanwhile.",
        "Snapshot::tenant: The tenant, with the version of its policy as of that instant.";
    what_is_committed_is_seen_by_everything_that_begins_later:
        "store: What is committed is seen by every read and snapshot that begins later; what is not, by nobody.",
        "Snapshot: What holds for all methods of `Store` holds here too.";
    reads_beside_commits_see_whole_ones:
        "store: What is committed is seen by every read and snapshot that begins later; what is not, by nobody.",
        "Store::commit: Makes a write durable and visible, all of it at once, if the tenant's newest commit is \
         `expected` still; none: if there is no such tenant, which the first change of the batch then creates.",
        "Snapshot: One tenant as of the instant at which `Store::snapshot` was called, whatever is committed \
         meanwhile.";
}

/// What every read of a snapshot returns, by the name of its method.
async fn everything(snapshot: &mut dyn Snapshot) -> Vec<(&'static str, String)> {
    let mut facts = LoadedFacts::default();
    snapshot.load(&mut facts).await.unwrap();
    let log = LogQuery {
        filter: LogFilter::default(),
        revisions: LogQuery::ALL,
        after: None,
        newest_first: false,
        limit: 1000,
    };
    let bo = Subject::user("bo");
    let (since, later) = (Timestamp(0), Timestamp(8_500));
    macro_rules! read {
        ($($method:ident($($argument:expr),*)),+ $(,)?) => {
            vec![$({
                let found = snapshot.$method($($argument),*).await.unwrap();
                (stringify!($method), format!("{found:?}"))
            }),+]
        };
    }
    let mut found = read!(
        commits_after(Revision(0), 1000),
        commit_at(Revision(3)),
        log(&log),
        revisions_between(None, None),
        subject_of_email("new@x.y"),
        member(MemberBy::Subject(bo.as_ref())),
        list_members(&all_members()),
        resource(site("s1").as_ref()),
        invitation("i1"),
        invitation_by_hash("hash of i2"),
        open_invitation("guest@x.y"),
        list_invitations(&all_invitations()),
        suppressed("bad@x.y"),
        list_suppressed(None, 100),
        ended_bindings(later, 100),
        due_invitations(later, 100),
        issued_before(0, since),
        find_response("00ff"),
    );
    // They come in no order.
    let mut bindings = snapshot.bindings_at(&[root(), site("s1")], 100).await.unwrap();
    bindings.sort();
    found.extend([
        ("bindings_at", format!("{bindings:?}")),
        ("tenant", format!("{:?}", snapshot.tenant())),
        ("head", format!("{:?}", snapshot.head())),
        ("committed_at", format!("{:?}", snapshot.committed_at())),
        ("load", format!("{facts:?}")),
    ]);
    found
}

fn all_members() -> MemberQuery {
    MemberQuery {
        scopes: vec![],
        everybody: true,
        team_grants: None,
        excluded_types: None,
        now: Timestamp(0),
        statuses: vec![],
        text: String::new(),
        order: MemberOrder::Name,
        after: None,
        limit: 100,
    }
}

fn all_invitations() -> InvitationQuery<'static> {
    InvitationQuery {
        statuses: vec![],
        email: None,
        inviter: None,
        resource: None,
        text: String::new(),
        order: InvitationOrder::Created,
        after: None,
        limit: 100,
    }
}

/// The tenant before the commit that changes everything.
async fn seed(harness: &Harness) {
    let changes = [
        member_added(&member("bo", "Bo")),
        resource_created(&site("s1"), None),
        member_added(&invited("i1", "guest@x.y")),
        issued(&invitation("i1", "guest@x.y")),
    ];
    assert_eq!(harness.write(&changes).await.revision, Revision(2));
}

/// A commit after which every read returns something else.
async fn change_everything(harness: &Harness) {
    let changes = allowed(&[
        Change::PolicySet { policy: "lumicon".into(), from: 3, to: 4 },
        renamed(&member("bo", "Bo"), "Beau"),
        Change::ResourceArchived { resource: site("s1") },
        granted("bo", &root(), "user"),
        granted_until("bo", &site("s1"), "editor", 9),
        invitation_revoked(&invitation("i1", "guest@x.y")),
        Change::MemberRemoved { member: invited("i1", "guest@x.y") },
        member_added(&member_with_email("cy", "Cy", "new@x.y")),
        issued(&invitation("i2", "guest@x.y")),
        suppressed("bad@x.y", "bounced"),
    ]);
    let response = StoredResponse {
        request_hash: "00ff".into(),
        body_hash: "11ee".into(),
        answer: b"answer".to_vec(),
        revision: Revision(3),
        at: Timestamp(9),
    };
    harness.commit(&Batch { at: Timestamp(9), response: Some(&response), ..batch(&changes) }).await;
}

async fn a_snapshot_stays_as_it_is_whatever_is_committed(harness: &Harness) {
    seed(harness).await;
    let mut snapshot = harness.snapshot().await;
    // Nothing was read yet: the snapshot is of when it was taken, and not of its first read.
    let mut untouched = harness.snapshot().await;
    let before = everything(&mut *snapshot).await;
    change_everything(harness).await;
    harness.write(&[member_added(&member("di", "Di"))]).await;
    assert_eq!(everything(&mut *snapshot).await, before);
    assert_eq!(everything(&mut *untouched).await, before);
}

async fn what_is_committed_is_seen_by_everything_that_begins_later(harness: &Harness) {
    seed(harness).await;
    let before = everything(&mut *harness.snapshot().await).await;
    let (head, due) = (harness.head(ACME).await, harness.store.due(Timestamp(10), "", 10).await.unwrap());
    change_everything(harness).await;
    let after = everything(&mut *harness.snapshot().await).await;
    for ((method, before), (_, after)) in before.iter().zip(&after) {
        assert_ne!(before, after, "`{method}` does not see what was committed");
    }
    assert_eq!(before.len(), 23, "every method of a snapshot is called");
    assert_ne!(harness.head(ACME).await, head);
    assert_ne!(harness.store.due(Timestamp(10), "", 10).await.unwrap(), due);
}

/// How many commits are made beside reads.
const COMMITS: i64 = 60;

async fn reads_beside_commits_see_whole_ones(harness: &Harness) {
    let mut tasks = JoinSet::new();
    let writer = harness.clone();
    tasks.spawn(async move {
        for number in 0..COMMITS {
            let id = format!("user-{number}");
            writer.write(&[member_added(&member(&id, "")), granted(&id, &root(), "user")]).await;
        }
    });
    for _ in 0..3 {
        let reader = harness.clone();
        tasks.spawn(async move {
            let mut newest = Head::default();
            while newest.revision < Revision(COMMITS + 1) {
                let mut snapshot = reader.snapshot().await;
                let facts = LoadedFacts::loaded(&mut *snapshot).await;
                let listed = snapshot.list_members(&all_members()).await.unwrap().len();
                let bindings = snapshot.bindings_at(&[root()], 1000).await.unwrap().len();
                let commits = snapshot.commits_after(Revision(1), 1000).await.unwrap();
                newest = snapshot.head();
                let written = usize::try_from(newest.revision.0 - 1).unwrap();
                let counts = [facts.members.len(), facts.bindings.len(), listed, bindings, commits.len()];
                assert_eq!(counts, [written; 5], "all is of one commit");
                assert_eq!(facts.tenant.map(|(_, head)| head), Some(newest));
                assert!(commits.iter().all(|commit| commit.changes.len() == 2), "commits are whole");
            }
        });
    }
    tasks.join_all().await;
}
