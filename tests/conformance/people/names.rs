//! Names are those of now, in old changes too, and no part of the log.

use std::slice;

use rollcall::service::ports::{LogFilter, LogQuery, MemberBy};
use rollcall_engine::{Change, Member, Profile, Subject};

use crate::{
    changes::{
        RULE, full_profile, granted, invitation, invitation_accepted, invited, issued, member, member_added,
        member_with_email, renamed, resource_created, revoked, root, site, suppressed,
    },
    harness::Harness,
};

conformance! {
    old_changes_show_people_as_they_are_by_now:
        "store: Subjects, profiles and addresses are as they are when they are read, also in changes of long ago.";
    old_changes_show_addresses_as_they_are_by_now:
        "store: Subjects, profiles and addresses are as they are when they are read, also in changes of long ago.";
    the_log_keeps_nothing_personal:
        "store: Subjects, profiles and addresses are as they are when they are read, also in changes of long ago.",
        "MemberRecord::id: Their random id, which the log knows them by: 26 lower-case letters and digits.";
    a_member_who_comes_back_is_who_they_were_and_has_nothing_of_old:
        "store: Subjects, profiles and addresses are as they are when they are read, also in changes of long ago.",
        "MemberRecord::id: Their random id, which the log knows them by: 26 lower-case letters and digits.";
}

async fn changes(harness: &Harness) -> Vec<Change> {
    harness.commits().await.into_iter().flat_map(|commit| commit.changes).collect()
}

async fn old_changes_show_people_as_they_are_by_now(harness: &Harness) {
    let bo = member_with_email("bo", "Bo", "bo@x.y");
    harness.write(&[member_added(&bo), granted("bo", &root(), "user")]).await;
    let mut beau = bo.clone();
    beau.profile = full_profile("Beau", "beau@x.y", "beau", "+4912345");
    let update = Change::updated(&bo, beau.clone());
    harness.write(slice::from_ref(&update)).await;
    assert_eq!(changes(harness).await[2..], [member_added(&beau), granted("bo", &root(), "user"), update]);

    let kinds = ["member_added".to_owned()];
    let filter = LogFilter { kinds: &kinds, ..LogFilter::default() };
    let query = LogQuery { filter, revisions: LogQuery::ALL, after: None, newest_first: false, limit: 1 };
    let logged = harness.snapshot().await.log(&query).await.unwrap();
    assert_eq!(logged[0].change, member_added(&beau), "in the log as in the feed");
}

async fn old_changes_show_addresses_as_they_are_by_now(harness: &Harness) {
    harness.write(&[suppressed("bad@x.y", "bounced")]).await;
    let cleared = Change::AddressCleared { email: "bad@x.y".into() };
    harness.write(slice::from_ref(&cleared)).await;
    assert_eq!(changes(harness).await[2..], [suppressed("bad@x.y", ""), cleared.clone()], "why is forgotten");
    harness.write(&[suppressed("bad@x.y", "complained")]).await;
    let again = suppressed("bad@x.y", "complained");
    assert_eq!(changes(harness).await[2..], [again.clone(), cleared, again]);
}

async fn the_log_keeps_nothing_personal(harness: &Harness) {
    let mut bo = member("subject-of-bo", "Name of Bo");
    bo.profile = full_profile("Name of Bo", "email-of-bo@x.y", "username-of-bo", "+4912345");
    let owned = resource_created(&site("s1"), Some(bo.subject.clone()));
    let guest = invitation("i1", "email-of-guest@x.y");
    let changes = [
        member_added(&bo),
        owned,
        granted("subject-of-bo", &site("s1"), "editor"),
        renamed(&bo, "Another name of Bo"),
        member_added(&invited("i1", "email-of-guest@x.y")),
        issued(&guest),
        suppressed("email-of-guest@x.y", "detail of guest"),
        invitation_accepted(&guest, "subject-of-bo"),
    ];
    harness.write(&changes).await;
    let kept = harness.logged_texts().await;
    assert!(kept.iter().any(|text| text.contains(RULE)), "the log is read: {kept:?}");
    let by = MemberBy::Subject(bo.subject.as_ref());
    let id = harness.snapshot().await.member(by).await.unwrap().unwrap().id;
    assert!(kept.iter().any(|text| text.contains(&id)), "people are there by their random ids: {kept:?}");
    for personal in ["of-bo", "of Bo", "+4912345", "of-guest", "of guest"] {
        assert!(!kept.iter().any(|text| text.contains(personal)), "`{personal}` is in the log: {kept:?}");
    }
}

async fn a_member_who_comes_back_is_who_they_were_and_has_nothing_of_old(harness: &Harness) {
    let mut bo = member("bo", "Bo");
    bo.profile = full_profile("Bo", "bo@x.y", "bo", "+4912345");
    let locked = Member { locked: true, ..bo.clone() };
    let by = MemberBy::Subject(bo.subject.as_ref());
    harness.write(&[member_added(&locked), granted("bo", &root(), "admin")]).await;
    let before = harness.snapshot().await.member(by).await.unwrap().unwrap();
    let removed = Change::MemberRemoved { member: locked };
    harness.write(&[revoked("bo", &root(), "admin"), removed]).await;
    let mut snapshot = harness.snapshot().await;
    for by in [by, MemberBy::Email("bo@x.y"), MemberBy::Username("bo"), MemberBy::Phone("+4912345")] {
        assert!(snapshot.member(by).await.unwrap().is_none(), "{by:?}");
    }
    assert_eq!(snapshot.subject_of_email("bo@x.y").await.unwrap(), None);

    let back = Member { profile: Profile::default(), ..bo.clone() };
    let head = harness.write(&[member_added(&back)]).await;
    let after = harness.snapshot().await.member(by).await.unwrap().unwrap();
    assert_eq!((&after.member, after.grants.len(), after.changed_at), (&back, 0, head));
    assert_eq!(after.id, before.id, "the log knows them by the same id");
    let mut snapshot = harness.snapshot().await;
    assert!(snapshot.member(MemberBy::Email("bo@x.y")).await.unwrap().is_none(), "the email is not theirs again");
    let taken_up = member_with_email("cy", "Cy", "bo@x.y");
    harness.write(&[member_added(&taken_up)]).await;
    assert_eq!(harness.snapshot().await.subject_of_email("bo@x.y").await.unwrap(), Some(Subject::user("cy")));
}
