//! Resources by their names, and the grants at them.

use std::slice;

use rollcall::service::ports::ResourceRecord;
use rollcall_engine::{Change, Grant, Resource, ResourceKey, ResourceRef, Subject, Timestamp};

use crate::{
    changes::{
        granted, granted_until, invited, invited_subject, member, member_added, resource, resource_created, revoked,
        root, site,
    },
    harness::Harness,
    model::grant,
};

conformance! {
    a_resource_is_found_by_its_type_and_id:
        "store: Ids and kinds are compared exactly, identifiers and emails in their normalised form.",
        "Snapshot::resource: One registered resource; none when there is no such resource.",
        "ResourceRecord::resource: The resource with its parent, owner and display name.";
    a_resource_knows_the_revision_that_last_changed_it:
        "ResourceRecord::changed_at: The commit that last changed it.";
    a_deleted_id_can_be_registered_anew:
        "Snapshot::resource: One registered resource; none when there is no such resource.";
    what_is_below_a_resource_comes_after_its_parent_up_to_the_limit:
        "Snapshot::resources_below: A registered resource and what is below it, each after its parent, at most `limit` of \
         them.",
        "Snapshot::resources_below: Empty when there is no such resource.";
    grants_are_found_by_the_resources_that_they_are_at:
        "Snapshot::bindings_at: The grants at these resources with their holders, at most `limit` of them, in no \
         order.",
        "Snapshot::bindings_at: A resource that there is not has none.";
}

async fn a_resource_is_found_by_its_type_and_id(harness: &Harness) {
    let owner = Subject::new("service", "importer");
    let changes = [resource_created(&site("s1"), Some(owner.clone())), resource_created(&site("S1"), None)];
    harness.write(&changes).await;
    let mut snapshot = harness.snapshot().await;
    for (key, owner, changed_at) in [(site("s1"), Some(owner), 2), (site("S1"), None, 2), (root(), None, 1)] {
        let found = snapshot.resource(key.as_ref()).await.unwrap();
        let expected =
            ResourceRecord { resource: resource(&key, owner), changed_at: harness.commit_at(changed_at).await };
        assert_eq!(found, Some(expected));
    }
    for (kind, id) in [("job_site", "s2"), ("job_site", "s"), ("Job_site", "s1"), ("workspace", "s1"), ("", "")] {
        assert_eq!(snapshot.resource(ResourceRef { kind, id }).await.unwrap(), None, "{kind}:{id}");
    }
}

async fn what_is_below_a_resource_comes_after_its_parent_up_to_the_limit(harness: &Harness) {
    // A tree of 1, 3, 9 and 27 resources, beside a resource that is in none of it.
    let mut level = vec![site("s")];
    let mut changes = vec![resource_created(&site("s"), None), resource_created(&site("t"), None)];
    for _ in 0..3 {
        let children = |parent: &ResourceKey| {
            let parent = parent.clone();
            (0..3).map(move |number| (parent.clone(), site(&format!("{}{number}", parent.id))))
        };
        let pairs: Vec<_> = level.iter().flat_map(children).collect();
        let created = |(parent, key): &(ResourceKey, ResourceKey)| Change::ResourceCreated {
            resource: Resource { parent: Some(parent.clone()), ..resource(key, None) },
        };
        changes.extend(pairs.iter().map(created));
        level = pairs.into_iter().map(|(_, key)| key).collect();
    }
    harness.write(&changes).await;
    let mut snapshot = harness.snapshot().await;
    for (key, limit, count) in
        [("s", 100, 40), ("s", 40, 40), ("s", 39, 39), ("s", 2, 2), ("s1", 100, 13), ("s111", 9, 1)]
    {
        let found = snapshot.resources_below(site(key).as_ref(), limit).await.unwrap();
        assert_eq!(found.len(), count, "{key}, at most {limit}");
        for (index, resource) in found.iter().enumerate() {
            let is_top = resource.key == site(key);
            let before = found[..index].iter().any(|above| Some(&above.key) == resource.parent.as_ref());
            assert!(is_top || before, "{:?} comes before its parent", resource.key);
            assert!(resource.key.id.starts_with(key));
        }
    }
    assert_eq!(snapshot.resources_below(site("u").as_ref(), 9).await.unwrap(), []);
}

/// What a change does to a resource.
type Step = fn(&mut Resource);

async fn a_resource_knows_the_revision_that_last_changed_it(harness: &Harness) {
    let (s1, s2) = (site("s1"), site("s2"));
    let changes = [resource_created(&s1, None), resource_created(&s2, None), member_added(&member("bo", "Bo"))];
    harness.write(&changes).await;
    let owner = Some(Subject::user("bo"));
    let (mut expected, other) = (resource(&s1, None), resource(&s2, None));
    let steps: [(Change, Step); 4] = [
        (Change::ResourceArchived { resource: s1.clone() }, |it| it.archived = true),
        (Change::ResourceRestored { resource: s1.clone() }, |it| it.archived = false),
        (Change::OwnerChanged { resource: s1.clone(), from: None, to: owner }, |it| {
            it.owner = Some(Subject::user("bo"));
        }),
        (Change::ResourceMoved { resource: s1.clone(), from: root(), to: s2.clone() }, |it| {
            it.parent = Some(site("s2"));
        }),
    ];
    for (change, apply) in steps {
        let head = harness.write(slice::from_ref(&change)).await;
        apply(&mut expected);
        let found = harness.snapshot().await.resource(s1.as_ref()).await.unwrap().unwrap();
        assert_eq!((&found.resource, found.changed_at), (&expected, head), "{change:?}");
    }
    harness.write(&[granted("bo", &s1, "editor")]).await;
    let mut snapshot = harness.snapshot().await;
    let found = snapshot.resource(s1.as_ref()).await.unwrap().unwrap();
    assert_eq!(found.changed_at, harness.commit_at(6).await, "a grant does not change it");
    let found = snapshot.resource(s2.as_ref()).await.unwrap();
    assert_eq!(found, Some(ResourceRecord { resource: other, changed_at: harness.commit_at(2).await }));
}

async fn a_deleted_id_can_be_registered_anew(harness: &Harness) {
    let owner = Some(Subject::user("bo"));
    harness.write(&[member_added(&member("bo", "Bo")), resource_created(&site("s1"), owner.clone())]).await;
    let deleted = Change::ResourceDeleted { resource: resource(&site("s1"), owner) };
    for _ in 0..2 {
        harness.write(&[granted("bo", &site("s1"), "editor")]).await;
        harness.write(&[revoked("bo", &site("s1"), "editor"), deleted.clone()]).await;
        let mut snapshot = harness.snapshot().await;
        assert_eq!(snapshot.resource(site("s1").as_ref()).await.unwrap(), None);
        let head = harness.write(&[resource_created(&site("s1"), None)]).await;
        let mut snapshot = harness.snapshot().await;
        let found = snapshot.resource(site("s1").as_ref()).await.unwrap().unwrap();
        assert_eq!((found.resource, found.changed_at), (resource(&site("s1"), None), head), "nothing of old");
        assert!(snapshot.bindings_at(&[site("s1")], 10).await.unwrap().is_empty());
    }
}

async fn grants_are_found_by_the_resources_that_they_are_at(harness: &Harness) {
    let (bo, guest) = (Subject::user("bo"), invited_subject("i1"));
    harness
        .write(&[
            resource_created(&site("s1"), None),
            resource_created(&site("s2"), None),
            member_added(&member("bo", "Bo")),
            member_added(&invited("i1", "guest@x.y")),
            granted("bo", &root(), "admin"),
            granted("bo", &site("s1"), "editor"),
            granted_until("bo", &site("s1"), "viewer", 1),
            Change::granted(&guest, &grant(&site("s1"), "viewer")),
            Change::granted(&guest, &grant(&site("s2"), "viewer")),
        ])
        .await;
    let ended = Grant { expires_at: Some(Timestamp(1)), ..grant(&site("s1"), "viewer") };
    let at_root = vec![(bo.clone(), grant(&root(), "admin"))];
    let at_s1 = vec![
        (guest.clone(), grant(&site("s1"), "viewer")),
        (bo.clone(), grant(&site("s1"), "editor")),
        (bo.clone(), ended),
    ];
    let at_s2 = vec![(guest, grant(&site("s2"), "viewer"))];
    let mut snapshot = harness.snapshot().await;
    for (resources, mut expected) in [
        (vec![root()], at_root.clone()),
        (vec![site("s1")], at_s1.clone()),
        (vec![site("s2"), root(), site("s1")], [at_root, at_s1, at_s2].concat()),
        (vec![site("S1"), ResourceKey::new("workspace", "s1"), site("nowhere")], vec![]),
        (vec![], vec![]),
    ] {
        expected.sort();
        let mut found = snapshot.bindings_at(&resources, 100).await.unwrap();
        found.sort();
        assert_eq!(found, expected, "{resources:?}");
        for limit in 0..=expected.len() {
            let found = snapshot.bindings_at(&resources, limit).await.unwrap();
            assert_eq!(found.len(), limit, "{resources:?}");
            assert!(found.iter().all(|grant| expected.contains(grant)), "{found:?}");
        }
    }
    let many: Vec<_> = (0..3000).map(|number| site(&format!("far-{number}"))).chain([root()]).collect();
    assert_eq!(snapshot.bindings_at(&many, 100).await.unwrap().len(), 1, "however many resources are named");
}
