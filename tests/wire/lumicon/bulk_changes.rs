//! Bulk changes of roles: all of them are made, or none.

use rollcall::proto::{BatchChangeRoleRequest, RoleExchange};
use tonic_types::StatusExt as _;

use crate::support::{
    TestServer, WireTenant, Write,
    names::{resource, subject},
    wire_tenant::{OPERATOR, fixture},
};

fn bulk(world: &WireTenant, actor: &str, changes: &[(&str, &str, &str)]) -> Write {
    let exchange = |(member, resource_name, role): &(&str, &str, &str)| RoleExchange {
        member: Some(subject(member)),
        resource: Some(resource(&world.tenant, resource_name)),
        role: (*role).into(),
        ..RoleExchange::default()
    };
    Write::from(BatchChangeRoleRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject(actor)),
        changes: changes.iter().map(exchange).collect(),
        ..BatchChangeRoleRequest::default()
    })
}

#[tokio::test]
async fn roles_are_exchanged_together() {
    let (_stage, world) = fixture().await;
    let changes = [("victor", "harbour", "editor"), ("vera", "harbour", "editor"), ("emil", "harbour", "viewer")];
    let answer = world.allowed(bulk(&world, "edith", &changes)).await.batch_change_role();
    let before: Vec<_> = answer.results.iter().map(|result| result.previous_role.as_str()).collect();
    assert_eq!(before, ["viewer", "viewer", "editor"]);
    assert!(world.may("vera", "data.edit", "harbour").await && !world.may("emil", "data.edit", "harbour").await);
}

#[tokio::test]
async fn one_that_is_refused_keeps_the_others_from_being_made() {
    let (_stage, world) = fixture().await;
    let changes = [
        ("victor", "harbour", "editor"),
        ("alan", "harbour", "viewer"),
        ("vera", "harbour", "editor"),
        ("olga", "harbour", "viewer"),
    ];
    let status = world.refused(bulk(&world, "edith", &changes), "MEMBER_PROTECTED").await;
    let violations = status.get_details_bad_request().expect("each refused one is named").field_violations;
    let named: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert_eq!(named, ["changes[1]", "changes[3]"]);
    assert!(!world.may("victor", "data.edit", "harbour").await);
    world.refused(bulk(&world, "edith", &[]), "FIELD_REQUIRED").await;
    world.refused(bulk(&world, "victor", &changes[..1]), "NOT_PERMITTED").await;
}

/// Not even if one of the two changes names the present role, and the other does not.
#[tokio::test]
async fn no_role_is_exchanged_twice() {
    let (_stage, world) = fixture().await;
    let twice = bulk(&world, "edith", &[("victor", "harbour", "editor"), ("victor", "harbour", "editor")]);
    world.refused(twice.clone(), "FIELD_INVALID").await;
    let Write::BatchChangeRole(mut twice) = twice else { panic!("it is one") };
    twice.changes[1].from_role = "viewer".into();
    world.refused(twice.into(), "FIELD_INVALID").await;
}

/// No single change takes the last admin, but both together would.
#[tokio::test]
async fn the_last_admins_are_not_lost_together() {
    let (_stage, world) = fixture().await;
    let both = [("ada", "workspace", "user"), ("alan", "workspace", "user")];
    let status = world.refused(bulk(&world, OPERATOR, &both), "LAST_HOLDER").await;
    let violations = status.get_details_bad_request().expect("it is named").field_violations;
    assert_eq!(violations[0].field, "changes[1]");
    world.allowed(bulk(&world, OPERATOR, &both[..1])).await;
    world.refused(bulk(&world, OPERATOR, &both[1..]), "LAST_HOLDER").await;
    let stage = TestServer::new().await;
    let world = stage.tenant().await;
    world.join(OPERATOR, &["anna"], "admin").await;
    world.allowed(bulk(&world, OPERATOR, &both)).await;
}
