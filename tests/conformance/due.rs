//! What has come due: in which tenants, and there which grants and which invitations.

use rollcall::service::ports::Store as _;
use rollcall_engine::{Change, Grant, Invitation, Subject, Timestamp};

use crate::{
    changes::{
        ACME, granted, granted_until, invitation, invitation_accepted, invitation_declined, invitation_expired,
        invitation_revoked, issued, member, member_added, resource_created, role_expired, root, site, suppressed,
    },
    harness::Harness,
    model::grant,
};

conformance! {
    tenants_in_which_something_is_due_come_in_their_order:
        "store: Strings are compared bytewise, with case: never by a locale or a database's collation.",
        "Store::due: The ids after `after`, in their order and each once, of at most `limit` tenants in which a \
         binding has ended or an invitation is due by `now`.",
        "Store::due: An empty `after` begins with the first.";
    grants_that_have_ended_come_by_the_instant_of_their_end:
        "Snapshot::ended_bindings: The grants that have ended by `now` and whose `role_expired` the log has not, with \
         their holders, at most `limit`: by the instant of their end, then in no order that matters.";
    invitations_come_due_by_reminder_or_expiry:
        "Snapshot::due_invitations: The invitations whose reminder or expiry is due by `now`, at most `limit`: by the \
         instant when they became due, then by id.";
}

async fn due(harness: &Harness, now: i64, after: &str, limit: u32) -> Vec<String> {
    harness.store.due(Timestamp(now), after, limit).await.unwrap()
}

async fn tenants_in_which_something_is_due_come_in_their_order(harness: &Harness) {
    let bo = member_added(&member("bo", "Bo"));
    let ended = [resource_created(&root(), None), bo, granted_until("bo", &root(), "user", 100)];
    let invited = [issued(&Invitation { remind_at: Some(Timestamp(200)), ..invitation("i1", "bo@x.y") })];
    let both = [&ended[..], &invited].concat();
    for (tenant, changes) in [
        ("b", &both[..]),
        ("B", &ended),
        ("é", &ended),
        ("b-2", &invited),
        ("a", &ended),
        ("ba", &both),
        ("z", &invited),
        ("nothing", &ended[..2]),
    ] {
        harness.create_tenant(tenant, changes).await;
    }
    let all = ["B", "a", "b", "b-2", "ba", "z", "é"];
    assert_eq!(due(harness, 200, "", 100).await, all, "bytewise, and each once");
    assert_eq!(due(harness, 199, "", 100).await, ["B", "a", "b", "ba", "é"]);
    assert!(due(harness, 99, "", 100).await.is_empty(), "an end is due at its instant, and not before");
    assert_eq!(due(harness, 200, "b", 100).await, all[3..], "after, and not from");
    assert_eq!(due(harness, 200, "b!", 2).await, ["b-2", "ba"], "after what is none");
    assert!(due(harness, 200, "é", 100).await.is_empty());
    assert!(due(harness, 200, "", 0).await.is_empty());
    let (mut paged, mut after) = (Vec::new(), String::new());
    while let Some(last) = due(harness, 200, &after, 3).await.last().cloned() {
        paged.extend(due(harness, 200, &after, 3).await);
        after = last;
    }
    assert_eq!(paged, all, "page by page");
}

async fn grants_that_have_ended_come_by_the_instant_of_their_end(harness: &Harness) {
    let mut changes: Vec<Change> = ["bo", "cy", "di"].iter().map(|id| member_added(&member(id, ""))).collect();
    changes.extend([
        resource_created(&site("s1"), None),
        granted_until("bo", &site("s1"), "editor", 30),
        granted_until("cy", &root(), "user", 10),
        granted_until("di", &root(), "user", 20),
        granted_until("di", &site("s1"), "viewer", 31),
        granted("bo", &root(), "user"),
    ]);
    harness.write(&changes).await;
    let until = |id: &str, at, role: &str, end: i64| {
        (Subject::user(id), Grant { expires_at: Some(Timestamp(end)), ..grant(at, role) })
    };
    let (s1, root) = (site("s1"), root());
    let all = [until("cy", &root, "user", 10), until("di", &root, "user", 20), until("bo", &s1, "editor", 30)];
    let mut snapshot = harness.snapshot().await;
    for (now, limit, expected) in
        [(30, 100, &all[..]), (29, 100, &all[..2]), (30, 1, &all[..1]), (9, 100, &[]), (30, 0, &[])]
    {
        let ended = snapshot.ended_bindings(Timestamp(now), limit).await.unwrap();
        assert_eq!(ended, expected, "{limit} by {now}");
    }
    let other = harness.create_tenant("globex", &[]).await;
    assert_eq!(other.revision.0, 1);
    let mut globex = harness.store.snapshot("globex").await.unwrap().unwrap();
    assert!(globex.ended_bindings(Timestamp(30), 100).await.unwrap().is_empty(), "those of others are others'");
    harness.write(&[role_expired("cy", &root, "user")]).await;
    let ended = harness.snapshot().await.ended_bindings(Timestamp(30), 100).await.unwrap();
    assert_eq!(ended, all[1..], "what the log has is over");
    assert_eq!(due(harness, 30, "", 100).await, [ACME]);
}

async fn invitations_come_due_by_reminder_or_expiry(harness: &Harness) {
    let with = |id: &str, remind_at: Option<i64>, expires_at: i64| Invitation {
        remind_at: remind_at.map(Timestamp),
        expires_at: Timestamp(expires_at),
        ..invitation(id, &format!("{id}@x.y"))
    };
    let all = [with("d", Some(10), 90), with("B", None, 20), with("c", Some(20), 90), with("a", Some(50), 90)];
    let closed = ["e", "f", "g", "h"].map(|id| with(id, Some(5), 6));
    let mut changes: Vec<Change> = all.iter().chain(&closed).map(issued).collect();
    changes.extend([
        invitation_accepted(&closed[0], "bo"),
        invitation_revoked(&closed[1]),
        invitation_declined(&closed[2]),
        invitation_expired(&closed[3]),
    ]);
    harness.write(&changes).await;
    let mut snapshot = harness.snapshot().await;
    for (now, limit, expected) in
        [(50, 100, &all[..]), (49, 100, &all[..3]), (50, 2, &all[..2]), (9, 9, &[]), (50, 0, &[])]
    {
        let found = snapshot
            .due_invitations(Timestamp(now), limit)
            .await
            .unwrap()
            .into_iter()
            .map(|record| record.invitation)
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "{limit} by {now}");
    }

    let [d, _, c, _] = &all;
    let reminded = Change::InvitationReminderDue {
        id: d.id.clone(),
        member: d.member.clone(),
        email: d.email.clone(),
        remind_at: Some(Timestamp(60)),
        is_withheld: false,
    };
    harness.write(&[reminded, suppressed(&c.email, "bounced")]).await;
    let due_ids = |found: Vec<Invitation>| found.into_iter().map(|found| found.id).collect::<Vec<_>>();
    let found = harness
        .snapshot()
        .await
        .due_invitations(Timestamp(89), 100)
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.invitation)
        .collect::<Vec<_>>();
    assert_eq!(due_ids(found), ["B", "a", "d"], "nobody is reminded at a suppressed address");
    let found = harness
        .snapshot()
        .await
        .due_invitations(Timestamp(90), 100)
        .await
        .unwrap()
        .into_iter()
        .map(|record| record.invitation)
        .collect::<Vec<_>>();
    assert_eq!(due_ids(found), ["B", "a", "d", "c"], "and the invitation ends at its time");
}
