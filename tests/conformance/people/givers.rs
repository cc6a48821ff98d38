//! Who gave the roles that members hold.

use std::collections::BTreeSet;

use rollcall::service::ports::{Batch, Giver, MemberBy};
use rollcall_engine::{Change, Grant, GrantedBy, Subject, Timestamp, kind};

use crate::{
    changes::{RULE, allowed, batch, granted, invited, invited_subject, member, member_added, role_changed, root},
    harness::Harness,
    model::grant,
};

conformance! {
    each_grant_says_who_gave_it:
        "StoredGrant: A grant as the store has it.",
        "StoredGrant::grant: The role, where, and until when.",
        "StoredGrant::giver: Who gave it: the actor of the write that did, or whoever offered it to somebody who then accepted.",
        "Giver: Who gave a role: `GrantedBy`, by an id.",
        "Giver::id: The random id of the subject on whose behalf it was given, which `Snapshot::subjects` finds.",
        "Giver::rule: What allowed it, as `GrantedBy::rule` has it.",
        "Giver::at: When it was given.",
        "MemberRecord::plain_grants: The roles, where and until when, without who gave them.",
        "Snapshot::subjects: The subjects behind these random ids of members, and of whoever else wrote in the tenant; of \
         whom was erased one of type `erased`.";
    a_pending_grant_says_when_it_can_be_accepted_no_more:
        "StoredGrant::offer_ends_at: Of a pending grant, when it can be accepted no more, where that is before its invitation \
         expires.",
        "StoredGrant::is_offered_at: Whether it has not ended and, as long as it is pending, can be accepted.";
}

async fn a_pending_grant_says_when_it_can_be_accepted_no_more(harness: &Harness) {
    let (eve, root) = (invited_subject("1"), root());
    harness.write_at(9, &[member_added(&invited("1", "eve@x.y"))]).await;
    let by = GrantedBy { subject: Subject::user("ada"), rule: RULE.to_owned(), at: Timestamp(9) };
    for (role_end, offer_end, offered, over) in [
        (None, None, Some(1_000), None),
        (None, Some(20), Some(19), Some(20)),
        (Some(30), Some(20), Some(19), Some(20)),
        (Some(15), Some(20), Some(14), Some(15)),
        (Some(15), None, Some(14), Some(15)),
    ] {
        let grant = Grant { expires_at: role_end.map(Timestamp), ..grant(&root, "user") };
        let change = Change::offered(&eve, &grant, by.clone(), offer_end.map(Timestamp));
        harness.write_at(10, &[change]).await;
        let mut snapshot = harness.snapshot().await;
        let record = snapshot.member(MemberBy::Subject(eve.as_ref())).await.unwrap().unwrap();
        let [stored] = &record.grants[..] else { panic!("{record:?}") };
        assert_eq!((&stored.grant, stored.offer_ends_at), (&grant, offer_end.map(Timestamp)));
        assert!(offered.into_iter().all(|at| stored.is_offered_at(Timestamp(at))), "{stored:?}");
        assert!(over.into_iter().all(|at| !stored.is_offered_at(Timestamp(at))), "{stored:?}");
    }
}

/// Who gave the only grant of `bo`, when, and by which rule.
async fn given(harness: &Harness) -> (Subject, Timestamp, String) {
    let mut snapshot = harness.snapshot().await;
    let record = snapshot.member(MemberBy::Subject(Subject::user("bo").as_ref())).await.unwrap().unwrap();
    let [stored] = &record.grants[..] else { panic!("{record:?}") };
    assert_eq!(record.plain_grants(), std::slice::from_ref(&stored.grant));
    let Giver { id, rule, at } = &stored.giver;
    let subjects = snapshot.subjects(&BTreeSet::from([&**id, "nobody's"])).await.unwrap();
    assert_eq!(subjects["nobody's"], Subject::new(kind::ERASED, "nobody's"));
    (subjects[id].clone(), *at, rule.clone())
}

async fn each_grant_says_who_gave_it(harness: &Harness) {
    harness.write_at(9, &[member_added(&member("bo", "Bo")), granted("bo", &root(), "user")]).await;
    assert_eq!(given(harness).await, (Subject::user("ada"), Timestamp(9), RULE.to_owned()), "the actor of the write");

    let operator = Subject::new(kind::OPERATOR, "root");
    let changes = allowed(&[role_changed("bo", &root(), "user", "admin")]);
    harness.commit(&Batch { actor: operator.as_ref(), at: Timestamp(11), ..batch(&changes) }).await;
    assert_eq!(given(harness).await, (operator, Timestamp(11), RULE.to_owned()), "whoever changed it");

    let before = GrantedBy { subject: Subject::user("gone"), rule: "other@2:3".into(), at: Timestamp(5) };
    harness.write_at(12, &[Change::passed_on(&Subject::user("bo"), &grant(&root(), "admin"), before)]).await;
    let expected = (Subject::user("gone"), Timestamp(5), "other@2:3".to_owned());
    assert_eq!(given(harness).await, expected, "whoever gave it before");
}
