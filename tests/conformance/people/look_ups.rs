//! Members by their identifiers, with all that they hold.

use std::slice;

use rollcall::service::ports::{MemberBy, MemberRecord};
use rollcall_engine::{Change, Member, MemberStatus, Subject};

use crate::{
    changes::{
        full_profile, granted, granted_until, invited, invited_subject, member, member_added, member_with_email,
        resource_created, revoked, role_changed, root, site,
    },
    harness::Harness,
    model::grant,
};

conformance! {
    a_member_is_found_by_each_identifier_with_all_that_they_hold:
        "Snapshot::member: One member with all their grants; none when there is no such member.",
        "MemberBy: Each is unique in a tenant, and compared exactly.",
        "MemberBy::Subject: Their type and id.",
        "MemberBy::Email: Their email, normalised as `Profile::email`; an invited person's too.",
        "MemberBy::Username: The user name, normalised as `Profile::username`.",
        "MemberBy::Phone: The phone number, normalised as `Profile::phone`.",
        "MemberRecord::member: The member with profile and status.",
        "MemberRecord::grants: Their grants, or those that a query asked for, by resource type, resource id and role.";
    an_identifier_is_compared_as_it_is:
        "store: Strings are compared bytewise, with case: never by a locale or a database's collation.",
        "store: Ids and kinds are compared exactly, identifiers and emails in their normalised form.",
        "Snapshot::member: One member with all their grants; none when there is no such member.",
        "MemberBy: Each is unique in a tenant, and compared exactly.";
    an_email_stands_for_whoever_has_it:
        "Snapshot::subject_of_email: The subject that has this normalised email: an active, deactivated or invited \
         member; none when nobody has.",
        "MemberBy::Subject: One of type `email` is whoever has the address.",
        "MemberBy::Email: Their email, normalised as `Profile::email`; an invited person's too.";
    a_member_knows_the_revision_that_last_changed_them_or_their_roles:
        "MemberRecord::changed_at: The commit that last changed them or one of their bindings.";
    a_member_is_known_by_a_random_id:
        "MemberRecord::id: Their random id, which the log knows them by: 26 lower-case letters and digits.";
}

async fn found(harness: &Harness, by: MemberBy<'_>) -> Option<MemberRecord> {
    harness.snapshot().await.member(by).await.unwrap()
}

async fn a_member_is_found_by_each_identifier_with_all_that_they_hold(harness: &Harness) {
    let mut bo = member("bo", "Bo");
    bo.profile = full_profile("Bo Derek", "bo@x.y", "bo", "+4912345");
    harness
        .write(&[
            resource_created(&site("s2"), None),
            resource_created(&site("s1"), None),
            member_added(&bo),
            granted("bo", &root(), "admin"),
            granted("bo", &site("s2"), "viewer"),
            granted("bo", &site("s1"), "viewer"),
            granted("bo", &site("s1"), "editor"),
            member_added(&member("cy", "Cy")),
            granted("cy", &root(), "admin"),
        ])
        .await;
    let by_email = Subject::email("bo@x.y");
    for by in [
        MemberBy::Subject(bo.subject.as_ref()),
        MemberBy::Subject(by_email.as_ref()),
        MemberBy::Email("bo@x.y"),
        MemberBy::Username("bo"),
        MemberBy::Phone("+4912345"),
    ] {
        let found = found(harness, by).await.expect("they are a member");
        assert_eq!((&found.member, found.changed_at), (&bo, harness.commit_at(2).await), "{by:?}");
        let expected = [
            grant(&site("s1"), "editor"),
            grant(&site("s1"), "viewer"),
            grant(&site("s2"), "viewer"),
            grant(&root(), "admin"),
        ];
        assert_eq!(found.plain_grants(), expected, "{by:?}");
    }
}

async fn an_identifier_is_compared_as_it_is(harness: &Harness) {
    let mut bo = member("Bo", "Bo");
    bo.profile = full_profile("Bo", "bo@x.y", "bö", "+4912345");
    harness.write(&[member_added(&bo), member_added(&member("bo", "Another"))]).await;
    let another = Subject::user("bo");
    let found_another = found(harness, MemberBy::Subject(another.as_ref())).await.unwrap();
    assert_eq!(found_another.member.profile.display_name, "Another", "ids differ by case");
    let strangers = ["BO", "B", "Bo ", "bö"].map(Subject::user);
    for by in strangers.iter().map(|subject| MemberBy::Subject(subject.as_ref())).chain([
        MemberBy::Subject(Subject::new("service", "Bo").as_ref()),
        MemberBy::Subject(Subject::new("User", "Bo").as_ref()),
        MemberBy::Subject(Subject::email("BO@x.y").as_ref()),
        MemberBy::Email("Bo@x.y"),
        MemberBy::Email("bo@x"),
        MemberBy::Email("bo%"),
        MemberBy::Email(""),
        MemberBy::Username("BÖ"),
        MemberBy::Username("bo"),
        MemberBy::Username("bo@x.y"),
        MemberBy::Username(""),
        MemberBy::Phone("4912345"),
        MemberBy::Phone(""),
    ]) {
        assert!(found(harness, by).await.is_none(), "{by:?}");
    }
}

async fn an_email_stands_for_whoever_has_it(harness: &Harness) {
    let active = member_with_email("bo", "Bo", "bo@x.y");
    let mut deactivated = member_with_email("cy", "Cy", "cy@x.y");
    deactivated.status = MemberStatus::Deactivated;
    let guest = invited("i1", "guest@x.y");
    let gone = member_with_email("di", "Di", "di@x.y");
    let changes = [&active, &deactivated, &guest, &gone].map(member_added);
    harness.write(&changes).await;
    let moved = Change::updated(&active, member_with_email("bo", "Bo", "bo@new.x.y"));
    harness.write(&[Change::MemberRemoved { member: gone }, moved]).await;

    let mut snapshot = harness.snapshot().await;
    for (email, expected) in [
        ("bo@new.x.y", Some(active.subject)),
        ("cy@x.y", Some(deactivated.subject)),
        ("guest@x.y", Some(invited_subject("i1"))),
        ("bo@x.y", None),
        ("di@x.y", None),
        ("Cy@x.y", None),
        ("nobody@x.y", None),
        ("", None),
    ] {
        assert_eq!(snapshot.subject_of_email(email).await.unwrap(), expected, "{email}");
        let named = Subject::email(email);
        for by in [MemberBy::Email(email), MemberBy::Subject(named.as_ref())] {
            let found = snapshot.member(by).await.unwrap();
            assert_eq!(found.map(|found| found.member.subject), expected, "{by:?}");
        }
    }
}

async fn a_member_knows_the_revision_that_last_changed_them_or_their_roles(harness: &Harness) {
    let (bo, cy) = (member("bo", "Bo"), Subject::user("cy"));
    harness.write(&[member_added(&bo), member_added(&member("cy", "Cy"))]).await;
    let locked = Member { locked: true, status: MemberStatus::Deactivated, ..bo.clone() };
    let writes = [
        granted("bo", &root(), "user"),
        granted_until("bo", &root(), "user", 100),
        role_changed("bo", &root(), "user", "admin"),
        Change::updated(&bo, locked.clone()),
        revoked("bo", &root(), "admin"),
    ];
    for change in writes {
        let head = harness.write(slice::from_ref(&change)).await;
        let found = found(harness, MemberBy::Subject(bo.subject.as_ref())).await.unwrap();
        assert_eq!(found.changed_at, head, "{change:?}");
    }
    let other = found(harness, MemberBy::Subject(cy.as_ref())).await.unwrap();
    assert_eq!(other.changed_at, harness.commit_at(2).await, "what others get does not change them");
    let last = found(harness, MemberBy::Subject(bo.subject.as_ref())).await.unwrap();
    assert_eq!((last.member, last.grants), (locked, vec![]));
}

async fn a_member_is_known_by_a_random_id(harness: &Harness) {
    harness.write(&[member_added(&member("bo", "Bo")), member_added(&member("cy", "Cy"))]).await;
    let (bo, cy) = (Subject::user("bo"), Subject::user("cy"));
    let bo = found(harness, MemberBy::Subject(bo.as_ref())).await.unwrap().id;
    let cy = found(harness, MemberBy::Subject(cy.as_ref())).await.unwrap().id;
    assert_ne!(bo, cy);
    for id in [&bo, &cy] {
        let fits = id.len() == 26 && id.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit());
        assert!(fits, "{id}");
    }
    // Whoever is invited has one already.
    harness.write(&[member_added(&invited("i1", "guest@x.y"))]).await;
    let guest = found(harness, MemberBy::Email("guest@x.y")).await.unwrap();
    assert_eq!(guest.id, invited_subject("i1").id);
}
