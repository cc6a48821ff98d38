//! What a commit makes durable: its changes in order, and everything that its batch says.

use rollcall::service::ports::{AllowedChange, Batch, LogFilter, LogQuery, MemberBy};
use rollcall_engine::{
    Change, Commit, Grant, Head, LogPosition, LoggedChange, MemberStatus, Revision, Subject, Timestamp, WriteId,
};

use crate::{
    changes::{
        batch, granted, granted_until, invitation, issued, member, member_added, resource_created, revoked,
        role_changed, root, site,
    },
    harness::{Harness, Limits},
    model::{Model, grant},
};

conformance! {
    a_commit_is_durable_under_the_next_revision:
        "Store::commit: Makes a write durable and visible, all of it at once, if the tenant's newest commit is \
         `expected` still; none: if there is no such tenant, which the first change of the batch then creates.",
        "Store::commit: The changes are applied to the tenant's facts in order, and appended to its log under the next \
         revision.",
        "Committed::Done: It is durable; this is the tenant's newest commit.";
    changes_are_applied_in_their_order:
        "Store::commit: The changes are applied to the tenant's facts in order, and appended to its log under the next \
         revision.",
        "Batch::changes: What changes, in order; at least one.",
        "AllowedChange::change: What changes, in the state that the changes before it have made.";
    a_commit_of_thousands_of_changes_is_whole_and_in_order:
        "Store::commit: Makes a write durable and visible, all of it at once, if the tenant's newest commit is \
         `expected` still; none: if there is no such tenant, which the first change of the batch then creates.",
        "Store::commit: The changes are applied to the tenant's facts in order, and appended to its log under the next \
         revision.";
    a_batch_is_kept_with_all_that_it_says:
        "Batch::write_id: The random id of the write.",
        "Batch::at: The time of the write; not before that of the commit before.",
        "Batch::actor: The subject on whose behalf the write is made.",
        "Batch::caller: The configured name of the caller that sent the request.",
        "Batch::trace_id: The trace that the request was part of, as 32 lower-case hexadecimal digits; none if it was \
         part of none.",
        "Batch::reason: Why, as the request said it; none where it did not.",
        "AllowedChange::rule: What allows this change, as `LoggedChange::rule` has it: `lumicon@1:24`.",
        "AllowedChange::by: Changes that one rule allows.";
    a_role_that_is_granted_again_gets_the_new_end:
        "Store::commit: A grant of a role that is bound already replaces its end, and an invitation issued under a \
         known id replaces that one.";
    an_invitation_that_is_issued_again_replaces_the_one_before:
        "Store::commit: A grant of a role that is bound already replaces its end, and an invitation issued under a \
         known id replaces that one.",
        "Snapshot::invitation_by_hash: None when no link has it now: issuing an invitation again replaces its links.";
}

async fn a_commit_is_durable_under_the_next_revision(harness: &Harness) {
    let head = harness.write(&[member_added(&member("bo", "Bo")), granted("bo", &root(), "admin")]).await;
    assert_eq!(head.revision, Revision(2));
    let (facts, commits) = (harness.facts().await, harness.commits().await);
    assert_eq!((facts.members.len(), facts.bindings.len()), (1, 1));

    let harness = harness.reopened(Limits::default()).await;
    assert_eq!(harness.facts().await, facts);
    assert_eq!(harness.commits().await, commits);
    assert_eq!(harness.write(&[member_added(&member("cy", "Cy"))]).await.revision, Revision(3));
}

async fn changes_are_applied_in_their_order(harness: &Harness) {
    let bo = member("bo", "Bo");
    let mut locked = bo.clone();
    (locked.locked, locked.status) = (true, MemberStatus::Deactivated);
    let changes = [
        member_added(&bo),
        granted("bo", &root(), "admin"),
        resource_created(&site("s1"), None),
        granted("bo", &site("s1"), "editor"),
        revoked("bo", &root(), "admin"),
        granted("bo", &root(), "user"),
        role_changed("bo", &site("s1"), "editor", "viewer"),
        Change::updated(&bo, locked.clone()),
        Change::ResourceArchived { resource: site("s1") },
        Change::ResourceRestored { resource: site("s1") },
        Change::PolicySet { policy: "lumicon".into(), from: 3, to: 5 },
        Change::PolicySet { policy: "lumicon".into(), from: 5, to: 4 },
        member_added(&member("cy", "Cy")),
        Change::MemberRemoved { member: member("cy", "Cy") },
    ];
    let head = harness.write(&changes).await;
    let newest = harness.commits().await.pop();
    assert_eq!(newest, Some(Commit { head, at: Timestamp(7), changes: changes.to_vec() }));

    let found = harness.snapshot().await.member(MemberBy::Subject(bo.subject.as_ref())).await.unwrap().unwrap();
    assert_eq!(
        (found.member.clone(), found.plain_grants()),
        (locked, vec![grant(&site("s1"), "viewer"), grant(&root(), "user")])
    );
    let facts = harness.facts().await;
    assert_eq!(facts.tenant.unwrap().0.policy_version, 4);
    assert_eq!(facts.members.into_keys().collect::<Vec<_>>(), [bo.subject]);
}

async fn a_commit_of_thousands_of_changes_is_whole_and_in_order(harness: &Harness) {
    let mut changes = vec![resource_created(&site("s1"), Some(Subject::user("user-0")))];
    for number in 0..2500 {
        let id = format!("user-{number}");
        changes.extend([member_added(&member(&id, &id)), granted(&id, &site("s1"), "editor")]);
    }
    changes.extend((0..1200).map(|number| revoked(&format!("user-{number}"), &site("s1"), "editor")));
    harness.write(&changes).await;

    let commits = harness.commits().await;
    assert_eq!(commits.len(), 2);
    assert!(commits[1].changes == changes, "the log has them in their order");
    let facts = harness.facts().await;
    assert_eq!(facts, Model::replayed(&commits).facts);
    assert_eq!((facts.members.len(), facts.bindings.len()), (2500, 1300));
}

async fn a_batch_is_kept_with_all_that_it_says(harness: &Harness) {
    let by = |rule: &str, change: Change| AllowedChange { change, rule: rule.into() };
    let changes = [
        by("lumicon@3:24", member_added(&member("bo", "Bo"))),
        by("lumicon@3:30 lumicon@3:31", granted("bo", &root(), "admin")),
    ];
    assert_eq!(AllowedChange::by("lumicon@3:24", [changes[0].change.clone()]), [changes[0].clone()]);
    let operator = Subject::new("operator", "root");
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let first = Batch {
        write_id: WriteId([1, 2, 3, 4, 5, 6, 7, 255]),
        at: Timestamp(1_795_676_400_000_007),
        actor: operator.as_ref(),
        caller: "admin-ui",
        trace_id: Some(trace),
        reason: Some("ticket 7, in Bo's own words: „bitte“"),
        changes: &changes,
        response: None,
        gate: None,
    };
    harness.commit(&first).await;
    let second = [by("time", granted("bo", &root(), "user"))];
    harness.commit(&Batch { at: first.at, ..batch(&second) }).await;

    let query = LogQuery {
        filter: LogFilter::default(),
        revisions: (Revision(2), Revision(3)),
        after: None,
        newest_first: false,
        limit: 10,
    };
    let logged = harness.snapshot().await.log(&query).await.unwrap();
    let expected = |seq: usize| LoggedChange {
        position: LogPosition { revision: Revision(2), seq: i64::try_from(seq).unwrap() },
        write_id: first.write_id,
        change: changes[seq].change.clone(),
        actor: operator.clone(),
        caller: "admin-ui".into(),
        at: first.at,
        rule: changes[seq].rule.clone(),
        trace_id: Some(trace.into()),
        reason: "ticket 7, in Bo's own words: „bitte“".into(),
    };
    assert_eq!(logged[..2], [expected(0), expected(1)]);
    let last = &logged[2];
    assert_eq!((&last.actor, last.caller.as_str(), last.rule.as_str()), (&Subject::user("ada"), "web", "time"));
    assert_eq!((&last.trace_id, last.reason.as_str()), (&None, ""), "what was not said is not kept");
    assert_eq!((last.at, logged.len()), (first.at, 3), "two commits may be of one instant");
    let head = Head { revision: Revision(2), write_id: first.write_id };
    assert_eq!(harness.commits().await[1].head, head);
}

async fn a_role_that_is_granted_again_gets_the_new_end(harness: &Harness) {
    let bo = Subject::user("bo");
    let until = |end: i64| vec![Grant { expires_at: Some(Timestamp(end)), ..grant(&root(), "user") }];
    harness.write(&[member_added(&member("bo", "Bo")), granted_until("bo", &root(), "user", 5)]).await;
    let again = [
        (vec![granted_until("bo", &root(), "user", 9)], until(9)),
        (vec![granted("bo", &root(), "user")], vec![grant(&root(), "user")]),
        (vec![granted_until("bo", &root(), "user", 2), granted_until("bo", &root(), "user", 3)], until(3)),
    ];
    for (changes, expected) in again {
        let head = harness.write(&changes).await;
        let found = harness.snapshot().await.member(MemberBy::Subject(bo.as_ref())).await.unwrap().unwrap();
        assert_eq!((found.plain_grants(), found.changed_at), (expected, head), "{changes:?}");
    }
}

async fn an_invitation_that_is_issued_again_replaces_the_one_before(harness: &Harness) {
    let first = invitation("i1", "bo@x.y");
    harness.write(&[issued(&first)]).await;
    let mut anew = first.clone();
    anew.token_hash = "another secret".into();
    anew.inviter = Subject::user("cy");
    (anew.expires_at, anew.remind_at, anew.issued_at) = (Timestamp(10_000), None, Timestamp(6));
    let head = harness.write(&[Change::InvitationIssued { before: Some(first), invitation: anew.clone() }]).await;

    let mut snapshot = harness.snapshot().await;
    assert_eq!(snapshot.invitation_by_hash("hash of i1").await.unwrap(), None, "its link is replaced");
    assert_eq!(snapshot.invitation_by_hash("another secret").await.unwrap().as_ref(), Some(&anew));
    assert_eq!(snapshot.open_invitation("bo@x.y").await.unwrap().as_ref(), Some(&anew));
    let record = snapshot.invitation("i1").await.unwrap().unwrap();
    assert_eq!((record.invitation, record.changed_at), (anew, head));
}
