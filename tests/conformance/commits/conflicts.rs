//! Commits that take what is taken: a conflict each, of which nothing stays.

use rollcall::service::ports::{Batch, StoreError, StoredResponse};
use rollcall_engine::{Change, Member, Profile, Revision, Timestamp};

use crate::{
    changes::{
        allowed, batch, full_profile, invitation, invitation_revoked, invited, issued, member, member_added, resource,
        resource_created, site, suppressed,
    },
    harness::Harness,
};

conformance! {
    a_key_or_identifier_that_is_taken_is_a_conflict_and_nothing_is_written:
        "Store::commit: Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or \
         there is a response under the same hash; in `StoreError::Broken` when what a change changes is not there, \
         when there is no change, or when a tenant is created that exists or is another than that of the write: \
         nothing was written.",
        "StoreError::Conflict: A unique key is taken: of a tenant, resource or member, of an identifier, an invitation \
         or a stored response.";
    a_response_under_a_hash_that_is_taken_is_a_conflict_and_nothing_is_written:
        "Store::commit: Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or \
         there is a response under the same hash; in `StoreError::Broken` when what a change changes is not there, \
         when there is no change, or when a tenant is created that exists or is another than that of the write: \
         nothing was written.",
        "StoredResponse: It is unique in its tenant.",
        "StoreError::Conflict: A unique key is taken: of a tenant, resource or member, of an identifier, an invitation \
         or a stored response.";
    what_is_given_back_can_be_taken_by_others:
        "StoreError::Conflict: A unique key is taken: of a tenant, resource or member, of an identifier, an invitation \
         or a stored response.";
}

/// A tenant in which one of everything is taken.
async fn seed(harness: &Harness) -> Member {
    let mut bo = member("bo", "Bo");
    bo.profile = full_profile("Bo", "bo@x.y", "bo", "+4912345");
    harness
        .write(&[
            member_added(&bo),
            resource_created(&site("s1"), None),
            member_added(&invited("i1", "guest@x.y")),
            issued(&invitation("i1", "guest@x.y")),
            suppressed("bad@x.y", "bounced"),
            member_added(&member("cy", "Cy")),
        ])
        .await;
    bo
}

/// Somebody else with a part of a profile.
fn with(profile: Profile) -> Member {
    Member { profile, ..member("di", "Di") }
}

async fn a_key_or_identifier_that_is_taken_is_a_conflict_and_nothing_is_written(harness: &Harness) {
    let bo = seed(harness).await;
    let Profile { email, username, phone, .. } = bo.profile.clone();
    let mut same_secret = invitation("i2", "new@x.y");
    same_secret.token_hash = "hash of i1".into();
    let cy = member("cy", "Cy");
    let cy_with = |profile: Profile| Change::updated(&cy, Member { profile, ..cy.clone() });
    let conflicts = [
        member_added(&member("bo", "")),
        member_added(&with(Profile { email: email.clone(), ..Profile::default() })),
        member_added(&with(Profile { username: username.clone(), ..Profile::default() })),
        member_added(&with(Profile { phone: phone.clone(), ..Profile::default() })),
        member_added(&with(Profile { email: Some("guest@x.y".into()), ..Profile::default() })),
        member_added(&invited("i2", "bo@x.y")),
        cy_with(Profile { email, ..Profile::default() }),
        cy_with(Profile { username, ..Profile::default() }),
        cy_with(Profile { phone, ..Profile::default() }),
        resource_created(&site("s1"), None),
        issued(&invitation("i2", "guest@x.y")),
        issued(&same_secret),
        suppressed("bad@x.y", "again"),
    ];
    let before = harness.rows().await;
    for change in conflicts {
        // What comes before the one that fails must not stay either.
        let changes = [member_added(&member("ed", "Ed")), change];
        let result = harness.try_write(&changes).await;
        assert!(matches!(result, Err(StoreError::Conflict(_))), "{changes:?}: {result:?}");
        assert_eq!(harness.rows().await, before, "{changes:?}");
    }
    harness.write(&[member_added(&member("ed", "Ed"))]).await;
}

async fn a_response_under_a_hash_that_is_taken_is_a_conflict_and_nothing_is_written(harness: &Harness) {
    let response = StoredResponse {
        request_hash: "00ff".into(),
        body_hash: "11ee".into(),
        answer: b"first".to_vec(),
        revision: Revision(2),
        at: Timestamp(7),
    };
    let changes = allowed(&[member_added(&member("bo", "Bo"))]);
    harness.commit(&Batch { response: Some(&response), ..batch(&changes) }).await;
    let before = harness.rows().await;
    let second = StoredResponse { answer: b"second".to_vec(), revision: Revision(3), ..response };
    let changes = allowed(&[member_added(&member("cy", "Cy"))]);
    let result = harness.try_commit(&Batch { response: Some(&second), ..batch(&changes) }).await;
    assert!(matches!(result, Err(StoreError::Conflict(_))), "{result:?}");
    assert_eq!(harness.rows().await, before);
}

async fn what_is_given_back_can_be_taken_by_others(harness: &Harness) {
    let bo = seed(harness).await;
    let heir = |id: &str, username: &str| {
        let mut heir = member(id, id);
        heir.profile = full_profile(id, "bo@x.y", username, "+4912345");
        heir
    };
    let without = Member { profile: Profile { display_name: "Bo".into(), ..Profile::default() }, ..bo.clone() };
    harness.write(&[Change::updated(&bo, without), member_added(&heir("di", "bo"))]).await;
    let removed = Change::MemberRemoved { member: heir("di", "bo") };
    harness.write(&[removed, member_added(&heir("ed", "bo"))]).await;
    let closed = Change::MemberRemoved { member: invited("i1", "guest@x.y") };
    let guest = invitation_revoked(&invitation("i1", "guest@x.y"));
    harness.write(&[closed, guest, member_added(&invited("i2", "guest@x.y"))]).await;
    harness.write(&[issued(&invitation("i2", "guest@x.y"))]).await;
    let cleared = Change::AddressCleared { email: "bad@x.y".into() };
    harness.write(&[cleared, suppressed("bad@x.y", "again")]).await;
    let deleted = Change::ResourceDeleted { resource: resource(&site("s1"), None) };
    harness.write(&[deleted, resource_created(&site("s1"), None)]).await;
    assert_eq!(harness.facts().await.members.len(), 4, "bo, cy, ed and whoever is invited now");
}
