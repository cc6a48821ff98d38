//! Random commits: the store has what a plain model of it has, and replaying the log of one store makes the same tables
//! in another.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    collection::vec,
    prelude::any,
    test_runner::{Config, TestRunner},
};
use rollcall::service::ports::{MemberBy, MemberOrder, MemberQuery};
use rollcall_engine::{Commit, Head, Timestamp, WriteId};
use tokio::{runtime::Handle, task::spawn_blocking};

use crate::{
    changes::ACME,
    harness::Harness,
    model::{LoadedFacts, Model, plain},
    random_change::{Roll, possible_change},
    support::repetitions,
};

conformance! {
    random_commits_make_what_a_model_has_and_their_log_makes_it_again:
        "store: Subjects, profiles and addresses are as they are when they are read, also in changes of long ago.",
        "Store::commit: The changes are applied to the tenant's facts in order, and appended to its log under the next \
         revision.",
        "Snapshot::load: Feeds the tenant's facts into `sink`: the tenant first, all else in any order.",
        "MemberRecord::member: The member with profile and status.",
        "MemberRecord::changed_at: The commit that last changed them or one of their bindings.";
}

async fn random_commits_make_what_a_model_has_and_their_log_makes_it_again(harness: &Harness) {
    let (harness, runtime) = (harness.clone(), Handle::current());
    let cases = u32::try_from(repetitions("store_log_replay", 10, 100)).expect("few");
    let checking = spawn_blocking(move || {
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        TestRunner::new(config).run(&vec(vec(any::<Roll>(), 1..12), 1..20), |commits| {
            runtime.block_on(run(&harness, commits));
            Ok(())
        })
    });
    checking.await.expect("the runner ends").unwrap_or_else(|failure| panic!("{failure}"));
}

/// Makes commits in a store and in a model, compares both, and makes the log of the store in another.
async fn run(harness: &Harness, commits: Vec<Vec<Roll>>) {
    let original = harness.another().await;
    let mut model = Model::replayed(&original.commits().await);
    for rolls in commits {
        let revision = original.head(ACME).await.unwrap().revision.next();
        let mut changes = Vec::new();
        for roll in rolls {
            if let Some(change) = possible_change(&model, roll) {
                model.apply(Head { revision, write_id: WriteId::default() }, &change);
                changes.push(change);
            }
        }
        if !changes.is_empty() {
            let head = original.write(&changes).await;
            model.facts.tenant.as_mut().unwrap().1 = head;
        }
    }
    check(&original, &model).await;
    let log = original.commits().await;
    assert_eq!(Model::replayed(&log), model, "the log tells what the tables have");

    let replica = harness.another().await;
    for Commit { head, changes, .. } in &log[1..] {
        assert_eq!(replica.write(changes).await.revision, head.revision);
    }
    model.facts.tenant.as_mut().unwrap().1 = replica.head(ACME).await.unwrap();
    check(&replica, &model).await;
}

/// Every read returns what the model has.
async fn check(harness: &Harness, model: &Model) {
    let mut snapshot = harness.snapshot().await;
    assert_eq!(LoadedFacts::loaded(&mut *snapshot).await, model.facts);
    let commits = harness.commits().await.into_iter().map(|commit| (commit.head.revision, commit.head));
    let commits: BTreeMap<_, _> = commits.collect();
    for (subject, (member, changed_at)) in &model.members {
        let found = snapshot.member(MemberBy::Subject(subject.as_ref())).await.unwrap().unwrap();
        assert_eq!((&found.member, found.changed_at), (member, commits[changed_at]));
        assert_eq!(found.plain_grants(), model.grants_of(subject));
    }
    let listed = snapshot.list_members(&everybody()).await.unwrap();
    let listed: BTreeSet<_> = listed.into_iter().map(|record| record.member.subject).collect();
    assert!(listed.iter().eq(model.members.keys()), "{listed:?}");
    for (key, (resource, changed_at)) in &model.resources {
        let found = snapshot.resource(key.as_ref()).await.unwrap().unwrap();
        assert_eq!((&found.resource, found.changed_at), (resource, commits[changed_at]));
    }
    let keys: Vec<_> = model.resources.keys().cloned().collect();
    let bindings: BTreeSet<_> = snapshot.bindings_at(&keys, 1000).await.unwrap().into_iter().collect();
    assert_eq!(bindings, model.facts.bindings);
    for invitation in model.invitations.values() {
        let found = snapshot.invitation_by_hash(&invitation.token_hash).await.unwrap();
        assert_eq!(found.as_ref(), Some(invitation));
        let found = snapshot.invitation(&invitation.id).await.unwrap().unwrap();
        assert_eq!(found.invitation, *invitation);
        let is_open = invitation.status.is_open();
        let grants = if is_open { model.grants_of(&invitation.member) } else { vec![] };
        assert_eq!(plain(&found.grants), grants, "{invitation:?}");
    }
    let listed = snapshot.list_suppressed(None, 100).await.unwrap();
    assert!(listed.iter().map(|(_, address)| address).eq(model.suppressed.values()), "{listed:?}");
    let now = Timestamp(8_999);
    let mut due: Vec<_> = model.invitations.values().filter(|row| row.due_at().is_some_and(|at| at <= now)).collect();
    due.sort_by_key(|row| (row.due_at(), row.id.clone()));
    let found = snapshot
        .due_invitations(now, 100)
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.invitation)
        .collect::<Vec<_>>();
    assert_eq!(found.iter().collect::<Vec<_>>(), due);
}

fn everybody() -> MemberQuery {
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
        limit: 1000,
    }
}
