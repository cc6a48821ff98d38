//! One write deletes a thousand resources, with a thousand roles at them, and no more.

use std::iter::once;

use rollcall_engine::{Change, Resource, ResourceKey, Subject, Timestamp};
use tonic::Code;

use crate::support::{
    Server, WireTenant, clock, expect_error,
    fixture::{
        changes::{commit, granted, member},
        tenant,
    },
    golden,
    wire_tenant::DEPOT,
};

const TENANT: &str = "acme";
/// The most resources, and the most roles, that go with one write.
const LIMIT: usize = 1000;

fn resource(id: &str, parent: &ResourceKey) -> Change {
    let resource = Resource {
        key: ResourceKey::new("box", id),
        parent: Some(parent.clone()),
        owner: Some(Subject::user("ada")),
        archived: false,
        display_name: String::new(),
        created_at: Timestamp::default(),
    };
    Change::ResourceCreated { resource }
}

/// A box of `ada` with so many boxes in it.
fn boxes(id: &str, count: usize) -> Vec<Change> {
    let outer = ResourceKey::new("box", id);
    let inner = (0..count).map(|number| resource(&format!("{id}-{number}"), &outer));
    once(resource(id, &ResourceKey::new("depot", TENANT))).chain(inner).collect()
}

#[tokio::test]
async fn a_subtree_is_deleted_up_to_the_limit() {
    let hands = (0..=LIMIT).map(|number| format!("hand-{number}")).collect::<Vec<_>>();
    let with_roles = |id: &str, hands: &[String]| {
        let at = ResourceKey::new("box", id);
        hands.iter().map(|hand| granted(hand, at.clone(), "packer")).collect::<Vec<_>>()
    };
    let depot = ResourceKey::new("depot", TENANT);
    let changes = [
        tenant("depot-1").creation(),
        vec![member("ada"), granted("ada", depot, "keeper")],
        hands.iter().map(|hand| member(hand)).collect::<Vec<_>>(),
        boxes("fits", LIMIT - 1),
        boxes("large", LIMIT),
        boxes("shared", 0),
        with_roles("shared", &hands[..LIMIT]),
        boxes("crowded", 0),
        with_roles("crowded", &hands),
    ];
    let (store, dir) = clock::store().await;
    commit(&store, TENANT, &changes.concat()).await;
    store.close().await.expect("the store closes");
    let server = Server::start_with(dir.path(), DEPOT).await;
    let world = WireTenant { api: server.api().await, tenant: TENANT.into() };
    for id in ["large", "crowded"] {
        let refused = world.api.write(world.delete("ada", &format!("box:{id}"))).await;
        if id == "large" {
            golden::error(refused.as_ref().expect_err("there is too much below it"));
        }
        let metadata = expect_error(refused, Code::FailedPrecondition, "SUBTREE_TOO_LARGE");
        assert_eq!((metadata["limit"].as_str(), metadata["resource"].as_str()), ("1000", format!("box:{id}").as_str()));
        assert!(world.registered(&format!("box:{id}")).await.is_some(), "it is still there");
    }
    for id in ["fits", "shared"] {
        world.does(world.delete("ada", &format!("box:{id}"))).await;
        assert_eq!(world.registered(&format!("box:{id}")).await, None);
    }
    assert_eq!(world.registered("box:fits-0").await, None, "what is below goes with it");
    assert!(world.registered("box:large-0").await.is_some());
}
