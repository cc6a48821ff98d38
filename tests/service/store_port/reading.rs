//! Reads of the store outside of a write: loads, changes after a revision, resources and members.

use rollcall::service::ports::{MemberBy, Store as _};
use rollcall_engine::{Profile, Revision, Subject};

use crate::store_port::harness::{ACME, Harness, granted, member, member_added, resource_created, root, site};
use crate::store_port::model::{LoadedFacts, Model, grant};

#[tokio::test]
async fn a_load_tells_exactly_what_was_applied() {
    let harness = Harness::with_acme().await;
    let mut locked = member("bo", "Bo");
    locked.locked = true;
    harness
        .write(&[
            resource_created(&site("s1"), Some(Subject::new("service", "importer"))),
            member_added(&member("ada", "Ada")),
            member_added(&locked),
            granted("ada", &root(), "admin"),
            granted("ada", &site("s1"), "editor"),
            granted("bo", &site("s1"), "viewer"),
        ])
        .await;
    let log = harness.store.changes_after(ACME, Revision(0)).await.unwrap();
    let facts = LoadedFacts::loaded(&harness.store, ACME).await.unwrap();
    assert_eq!(facts, Model::replayed(&log).facts);
    assert_eq!((facts.resources.len(), facts.members.len(), facts.bindings.len()), (2, 2, 3));
    assert_eq!(LoadedFacts::loaded(&harness.store, "globex").await, None);
}

#[tokio::test]
async fn changes_come_after_the_requested_revision() {
    let harness = Harness::with_acme().await;
    let (ada, bo) = (member_added(&member("ada", "Ada")), member_added(&member("bo", "Bo")));
    harness.write(std::slice::from_ref(&ada)).await;
    harness.write(&[bo.clone(), granted("bo", &root(), "user")]).await;
    assert_eq!(
        harness.store.changes_after(ACME, Revision(1)).await.unwrap(),
        [(Revision(2), ada), (Revision(3), bo), (Revision(3), granted("bo", &root(), "user")),]
    );
    assert_eq!(harness.store.changes_after(ACME, Revision(3)).await.unwrap(), []);
    assert_eq!(harness.store.changes_after("globex", Revision(0)).await.unwrap(), []);
}

#[tokio::test]
async fn a_resource_is_found_by_type_and_id() {
    let harness = Harness::with_acme().await;
    let owner = Subject::user("ada");
    harness.write(&[resource_created(&site("s1"), Some(owner.clone()))]).await;

    let (found, revision) = harness.store.resource(ACME, site("s1").as_ref()).await.unwrap().unwrap();
    let found = found.resource;
    assert_eq!((found.key, found.parent, found.owner), (site("s1"), Some(root()), Some(owner)));
    assert_eq!((found.display_name.as_str(), found.archived, revision), ("The s1", false, Revision(2)));
    let (found, _) = harness.store.resource(ACME, root().as_ref()).await.unwrap().unwrap();
    assert_eq!((found.resource.parent, found.resource.owner), (None, None));
    assert_eq!(harness.store.resource(ACME, site("s2").as_ref()).await.unwrap(), None);
    assert_eq!(harness.store.resource("globex", site("s1").as_ref()).await.unwrap(), None);
}

#[tokio::test]
async fn a_member_is_found_by_each_identifier_with_all_that_they_hold() {
    let harness = Harness::with_acme().await;
    let mut ada = member("ada", "Ada Lovelace");
    ada.profile = Profile {
        display_name: "Ada Lovelace".into(),
        email: Some("ada@x.y".into()),
        username: Some("ada".into()),
        phone: Some("+4912345".into()),
    };
    harness
        .write(&[
            resource_created(&site("s2"), None),
            resource_created(&site("s1"), None),
            member_added(&ada),
            granted("ada", &root(), "admin"),
            granted("ada", &site("s2"), "viewer"),
            granted("ada", &site("s1"), "viewer"),
            granted("ada", &site("s1"), "editor"),
        ])
        .await;
    let by = [
        MemberBy::Subject(ada.subject.as_ref()),
        MemberBy::Email("ada@x.y"),
        MemberBy::Username("ada"),
        MemberBy::Phone("+4912345"),
    ];
    for by in by {
        let (found, revision) = harness.store.member(ACME, by).await.unwrap().unwrap();
        assert_eq!((&found.member, found.changed_at, revision), (&ada, Revision(2), Revision(2)), "{by:?}");
        let expected = [
            grant(&site("s1"), "editor"),
            grant(&site("s1"), "viewer"),
            grant(&site("s2"), "viewer"),
            grant(&root(), "admin"),
        ];
        assert_eq!(found.grants, expected, "{by:?}");
    }
    let stranger = Subject::new("service", "ada");
    for by in [MemberBy::Subject(stranger.as_ref()), MemberBy::Email("ADA@x.y"), MemberBy::Username("ada@x.y")] {
        assert!(harness.store.member(ACME, by).await.unwrap().is_none(), "{by:?}");
    }
    assert!(harness.store.member("globex", MemberBy::Username("ada")).await.unwrap().is_none());
}
