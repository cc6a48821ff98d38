//! People and addresses that were erased: the rows of who and what they were are gone, and everything else goes on.

use rollcall::service::ports::{
    InvitationCursor, InvitationOrder, InvitationQuery, LogFilter, LogQuery, MemberBy, MemberOrder, MemberQuery,
    StoreError,
};
use rollcall_engine::{Change, Grant, Member, Profile, Subject, Timestamp, kind};

use crate::{
    changes::{
        full_profile, granted_until, invitation, invited, issued, member, member_added, resource_created, site,
        suppressed, suppressed_address,
    },
    harness::Harness,
    model::{LoadedFacts, grant},
};

conformance! {
    whoever_was_erased_is_a_subject_of_their_own_without_a_profile:
        "store: Whoever was erased is a subject of type `erased`, without a profile; an address that was erased is \
         empty.";
    whoever_was_erased_can_be_named_by_what_is_left:
        "store: Whoever was erased is a subject of type `erased`, without a profile; an address that was erased is \
         empty.";
    an_address_that_was_erased_is_empty:
        "store: Whoever was erased is a subject of type `erased`, without a profile; an address that was erased is \
         empty.";
    whoever_was_erased_is_in_no_list:
        "Snapshot::list_members: Whoever was erased is in none.";
    a_list_can_not_go_on_after_an_address_that_was_erased:
        "Snapshot::list_invitations: After an address that was erased it ends in `StoreError::LostPosition`.",
        "Snapshot::list_suppressed: After an address that was erased it ends in `StoreError::LostPosition`.",
        "StoreError::LostPosition: A list can't go on after the position that was given: what it names was erased, or \
         all of it was changed.";
}

/// A tenant with somebody who was erased, and who they are now: a member, an owner, an inviter, with a role that ended.
async fn seed(harness: &Harness) -> Subject {
    let mut bo = member("bo", "Bo");
    bo.profile = full_profile("Bo", "bo@x.y", "bo", "+4912345");
    let mut sent = invitation("i1", "guest@x.y");
    sent.inviter = bo.subject.clone();
    harness
        .write(&[
            member_added(&bo),
            resource_created(&site("s1"), Some(bo.subject.clone())),
            granted_until("bo", &site("s1"), "editor", 50),
            member_added(&invited("i1", "guest@x.y")),
            issued(&sent),
        ])
        .await;
    let id = harness.snapshot().await.member(MemberBy::Username("bo")).await.unwrap().unwrap().id;
    harness.execute(&format!("DELETE FROM profile WHERE member_id = '{id}'")).await;
    Subject::new(kind::ERASED, id)
}

async fn whoever_was_erased_is_a_subject_of_their_own_without_a_profile(harness: &Harness) {
    let erased = seed(harness).await;
    let nobody = Member { subject: erased.clone(), profile: Profile::default(), ..member("", "") };
    let mut snapshot = harness.snapshot().await;

    let facts = LoadedFacts::loaded(&mut *snapshot).await;
    assert!(facts.members.contains_key(&erased), "{facts:?}");
    assert_eq!(facts.resources[&site("s1")].1.as_ref(), Some(&erased));
    let ended = Grant { expires_at: Some(Timestamp(50)), ..grant(&site("s1"), "editor") };
    let bindings = vec![(erased.clone(), ended.clone())];
    assert_eq!(facts.bindings.into_iter().collect::<Vec<_>>(), bindings);
    assert_eq!(snapshot.bindings_at(&[site("s1")], 10).await.unwrap(), bindings);
    assert_eq!(snapshot.ended_bindings(Timestamp(50), 10).await.unwrap(), bindings);

    let found = snapshot.member(MemberBy::Subject(erased.as_ref())).await.unwrap().unwrap();
    assert_eq!((&found.member, found.plain_grants()), (&nobody, vec![ended]));
    let bo = Subject::user("bo");
    for by in [MemberBy::Subject(bo.as_ref()), MemberBy::Username("bo"), MemberBy::Phone("+4912345")] {
        assert!(snapshot.member(by).await.unwrap().is_none(), "{by:?}");
    }
    let resource = snapshot.resource(site("s1").as_ref()).await.unwrap().unwrap().resource;
    assert_eq!(resource.owner.as_ref(), Some(&erased));
    assert_eq!(snapshot.invitation("i1").await.unwrap().unwrap().invitation.inviter, erased);
    let added = harness.commits().await.pop().unwrap().changes.into_iter().next().unwrap();
    assert_eq!(added, member_added(&nobody), "old changes forget them too");
}

async fn whoever_was_erased_can_be_named_by_what_is_left(harness: &Harness) {
    let erased = seed(harness).await;
    let filter = LogFilter { subject: Some(erased.as_ref()), ..LogFilter::default() };
    let query = LogQuery { filter, revisions: LogQuery::ALL, after: None, newest_first: false, limit: 100 };
    let logged = harness.snapshot().await.log(&query).await.unwrap();
    let kinds: Vec<_> = logged.iter().map(|logged| logged.change.kind()).collect();
    assert_eq!(kinds, ["member_added", "role_granted"]);

    let role = grant(&site("s1"), "editor");
    let owner_left = Change::OwnerChanged { resource: site("s1"), from: Some(erased.clone()), to: None };
    let removed = Change::MemberRemoved { member: Member { subject: erased.clone(), ..member("", "") } };
    harness.write(&[Change::revoked(&erased, &role), owner_left, removed]).await;
    let facts = harness.facts().await;
    assert!(!facts.members.contains_key(&erased) && facts.bindings.is_empty(), "{facts:?}");

    // Whoever comes under the same subject later is somebody else.
    harness.write(&[member_added(&member("bo", "Bo"))]).await;
    let bo = Subject::user("bo");
    let found = harness.snapshot().await.member(MemberBy::Subject(bo.as_ref())).await.unwrap().unwrap();
    assert_ne!(found.id, erased.id);
    let added = harness.commits().await[1].changes[0].clone();
    assert_eq!(added.subject(), Some(&erased), "and the log does not take one for the other");
}

async fn an_address_that_was_erased_is_empty(harness: &Harness) {
    harness
        .write(&[
            member_added(&invited("i1", "guest@x.y")),
            issued(&invitation("i1", "guest@x.y")),
            suppressed("guest@x.y", "bounced"),
        ])
        .await;
    harness.execute("DELETE FROM address WHERE email = 'guest@x.y'").await;
    let mut snapshot = harness.snapshot().await;
    assert_eq!(snapshot.invitation("i1").await.unwrap().unwrap().invitation.email, "");
    assert_eq!(snapshot.invitation_by_hash("hash of i1").await.unwrap().unwrap().email, "");
    assert_eq!(snapshot.open_invitation("guest@x.y").await.unwrap(), None);
    assert_eq!(snapshot.suppressed("guest@x.y").await.unwrap(), None);
    assert!(snapshot.list_suppressed(None, 10).await.unwrap().is_empty());
    assert_eq!(snapshot.subject_of_email("guest@x.y").await.unwrap(), None);
    let changes = harness.commits().await.pop().unwrap().changes;
    let Change::InvitationIssued { invitation, .. } = &changes[1] else { panic!("{changes:?}") };
    assert_eq!(invitation.email, "");
    assert_eq!(changes[2], Change::AddressSuppressed { address: suppressed_address("", "") });
}

async fn whoever_was_erased_is_in_no_list(harness: &Harness) {
    let query = MemberQuery {
        scopes: vec![],
        everybody: true,
        team_grants: None,
        excluded_types: None,
        now: Timestamp(1),
        statuses: vec![],
        text: String::new(),
        order: MemberOrder::Name,
        after: None,
        limit: 10,
    };
    let list = async || {
        let listed = harness.snapshot().await.list_members(&query).await.unwrap();
        listed.into_iter().map(|record| record.member.subject).collect::<Vec<_>>()
    };
    let erased = seed(harness).await;
    let listed = list().await;
    assert!(!listed.is_empty() && !listed.contains(&erased), "{listed:?}");
    assert!(harness.snapshot().await.member(MemberBy::Subject(erased.as_ref())).await.unwrap().is_some());
}

async fn a_list_can_not_go_on_after_an_address_that_was_erased(harness: &Harness) {
    let guests = ["a", "b", "c"].map(|id| issued(&invitation(id, &format!("{id}@x.y"))));
    harness.write(&[&guests[..], &[suppressed("a@x.y", ""), suppressed("b@x.y", "")]].concat()).await;
    let query = |after| InvitationQuery {
        statuses: vec![],
        email: None,
        inviter: None,
        resource: None,
        text: String::new(),
        order: InvitationOrder::Email,
        after,
        limit: 1,
    };
    let mut snapshot = harness.snapshot().await;
    let first = snapshot.list_invitations(&query(None)).await.unwrap().remove(0);
    let (address, _) = snapshot.list_suppressed(None, 1).await.unwrap().remove(0);
    assert_eq!(first.address_id, address, "both begin with the first email");
    drop(snapshot);
    let after = InvitationCursor::Email(address.clone(), first.invitation.id);
    assert_eq!(harness.snapshot().await.list_invitations(&query(Some(after.clone()))).await.unwrap().len(), 1);
    harness.execute("DELETE FROM address WHERE email = 'a@x.y'").await;
    let lost = harness.snapshot().await.list_invitations(&query(Some(after))).await;
    assert!(matches!(lost, Err(StoreError::LostPosition)), "{lost:?}");
    let lost = harness.snapshot().await.list_suppressed(Some(&address), 1).await;
    assert!(matches!(lost, Err(StoreError::LostPosition)), "{lost:?}");
}
