//! Changes of a tenant's policy version that are refused: by whom and how they are requested, and because the tenant's
//! facts do not fit the version.

use super::depot::{Depot, FIRST, second};
use crate::support::{Write, db::audited, error::fields_of, expect_error, subject};
use rollcall::proto::SetPolicyRequest;
use tonic::Code;

#[tokio::test]
async fn who_may_not_or_asks_wrongly_is_refused() {
    let depot = Depot::with(&[&second()]).await;
    let world = &depot.world;
    let Write::SetPolicy(request) = world.set_policy(2) else { unreachable!() };
    for actor in ["ada", "carl", "stranger"] {
        let write = Write::from(SetPolicyRequest { actor: Some(subject(actor)), ..request.clone() });
        world.refused(write, "NOT_PERMITTED").await;
    }
    let other = Write::from(SetPolicyRequest { policy: "lumicon".into(), ..request.clone() });
    assert_eq!(fields_of(&world.refused(other, "FIELD_INVALID").await), ["policy"]);
    assert_eq!(fields_of(&world.refused(world.set_policy(7), "UNKNOWN_POLICY").await), ["policy_version"]);
    world.refused(world.set_policy(1), "POLICY_UNCHANGED").await;
    let nowhere = Write::from(SetPolicyRequest { tenant: "nowhere".into(), ..request.clone() });
    expect_error(world.api.write(nowhere).await, Code::NotFound, "TENANT_NOT_FOUND");
    let named = Write::from(SetPolicyRequest { policy: "depot".into(), ..request });
    world.allowed(named).await;
}

#[tokio::test]
async fn a_version_that_facts_do_not_fit_is_refused() {
    let other = |version: u32, from: &str, to: &str| {
        assert!(FIRST.contains(from));
        FIRST.replacen("version = 1", &format!("version = {version}"), 1).replace(from, to)
    };
    let no_viewer = other(2, "viewer = {}\n", "").replace(" | viewer", "").replace(r#", "viewer""#, "");
    let boxes = FIRST.find("[box]").unwrap()..FIRST.find("[card]").unwrap();
    let mut no_box = other(3, r#""box.create" = "keeper | clerk""#, "");
    let at = no_box.find("[box]").unwrap();
    no_box.replace_range(at..at + boxes.len(), "");
    let two_bosses = other(4, "at_least = 1", "at_least = 2");
    let keepers = other(5, "keeper = {}", "keeper = { at_least = 1 }");
    let loose_boxes = other(6, "[box]\nparent = \"shelf\"", "[box]\nparent = \"workspace\"")
        .replace(r#""box.open" = "keeper | viewer | packer""#, r#""box.open" = "packer""#)
        .replace(r#""box.create" = "keeper | clerk""#, "");
    let teams = other(7, "owned  = true", "owned  = true\nteams = true");
    let depot = Depot::with(&[&no_viewer, &no_box, &two_bosses, &keepers, &loose_boxes, &teams]).await;
    for (version, key, value) in [
        (2, "roles", "shelf.viewer=2"),
        (3, "roles", "box.packer=1"),
        (3, "resources", "box=2"),
        (4, "at_least", "workspace.boss=1"),
        (5, "at_least", "shelf.keeper=1"),
        (6, "resources", "box=2"),
        (7, "teams", "shelf=2"),
    ] {
        depot.world.refused(depot.world.set_policy(version), "POLICY_INCOMPATIBLE").await;
        let refused = depot.world.api.write(depot.world.set_policy(version)).await;
        let metadata = expect_error(refused, Code::FailedPrecondition, "POLICY_INCOMPATIBLE");
        assert_eq!(metadata.get(key).map(String::as_str), Some(value), "{version}: {metadata:?}");
        assert_eq!(metadata["version"], version.to_string());
    }
    assert_eq!(depot.version().await, 1);
    // Once there is a second boss, and a keeper at the other shelf, the versions that want them fit.
    depot.world.join("ada", &["bea"], "boss").await;
    depot.world.api.write(depot.world.set_policy(4)).await.expect("two bosses");
    let keeper = depot.world.invite("ada", "carl", "shelf:s2", "keeper");
    depot.world.api.write(keeper).await.expect("a boss may");
    depot.world.api.write(depot.world.set_policy(5)).await.expect("a keeper each");
    audited(depot.dir.path(), "acme").await;
}
