//! User management: who invites people to the workspace, changes their role there, and removes them.

use crate::support::{
    TestServer, WireTenant,
    decided_writes::matrix,
    names::short,
    wire_tenant::{OPERATOR, fixture},
};

#[tokio::test]
async fn only_admins_and_operators_invite_new_people() {
    let table = "
                   newcomer@acme.test stranger       alan
    ada            ok                 absent         has
    edith          permit             permit/absent  permit/has
    victor         permit             permit/absent  permit/has
    olga           permit             permit/absent  permit/has
    lars           locked             locked/absent  locked/has
    nina@acme.test invited            invited/absent invited/has
    stranger       outside            outside/absent outside/has
    operator:root  ok                 absent         has
    ";
    matrix(&TestServer::new().await, table, |world, actor, whom| world.invite(actor, whom, "workspace", "user")).await;
}

#[tokio::test]
async fn only_operators_invite_admins() {
    let table = "
                   newcomer@acme.test olga        nina@acme.test
    ada            permit             permit/has  permit/has
    edith          permit             permit/has  permit/has
    victor         permit             permit/has  permit/has
    olga           permit             permit/has  permit/has
    lars           locked             locked/has  locked/has
    stranger       outside            outside/has outside/has
    operator:root  ok                 has         has
    ";
    matrix(&TestServer::new().await, table, |world, actor, whom| world.invite(actor, whom, "workspace", "admin")).await;
}

#[tokio::test]
async fn nobody_but_an_operator_makes_an_admin() {
    let table = "
                   olga    edith   nina@acme.test alan    stranger
    ada            permit  permit  permit         permit  permit/absent
    edith          permit  permit  permit         permit  permit/absent
    victor         permit  permit  permit         permit  permit/absent
    olga           permit  permit  permit         permit  permit/absent
    lars           locked  locked  locked         locked  locked/absent
    nina@acme.test invited invited invited        invited invited/absent
    stranger       outside outside outside        outside outside/absent
    operator:root  ok      ok      ok             same    absent
    ";
    matrix(&TestServer::new().await, table, |world, actor, member| world.change(actor, member, "workspace", "admin"))
        .await;
}

#[tokio::test]
async fn nobody_but_an_operator_turns_an_admin_into_a_user() {
    let table = "
                   alan    ada     olga
    ada            permit  permit  permit
    edith          permit  permit  permit
    victor         permit  permit  permit
    olga           permit  permit  permit
    lars           locked  locked  locked
    nina@acme.test invited invited invited
    stranger       outside outside outside
    operator:root  ok      ok      same
    ";
    matrix(&TestServer::new().await, table, |world, actor, member| world.change(actor, member, "workspace", "user"))
        .await;
}

#[tokio::test]
async fn admins_remove_users_and_admins_from_the_workspace() {
    let table = "
                   ada     alan    edith   victor  olga    lars    nina@acme.test stranger
    ada            ok      ok      ok      ok      ok      ok      ok             absent
    edith          permit  permit  permit  permit  permit  permit  permit         permit/absent
    victor         permit  permit  permit  permit  permit  permit  permit         permit/absent
    olga           permit  permit  permit  permit  permit  permit  permit         permit/absent
    lars           locked  locked  locked  locked  locked  locked  locked         locked/absent
    nina@acme.test invited invited invited invited invited invited invited        invited/absent
    stranger       outside outside outside outside outside outside outside        outside/absent
    operator:root  permit  permit  permit  permit  permit  permit  permit         permit/absent
    ";
    matrix(&TestServer::new().await, table, |world, actor, member| world.remove(actor, member, "workspace")).await;
}

#[tokio::test]
async fn the_last_admin_stays() {
    let (_stage, world) = fixture().await;
    world.allowed(world.remove("ada", "alan", "workspace")).await;
    for write in [world.remove("ada", "ada", "workspace"), world.change(OPERATOR, "ada", "workspace", "user")] {
        let status = world.refused(write, "LAST_HOLDER").await;
        let failure = tonic_types::StatusExt::get_details_precondition_failure(&status).expect("says what is amiss");
        assert_eq!(failure.violations.len(), 1, "{failure:?}");
    }
    world.allowed(world.change(OPERATOR, "edith", "workspace", "admin")).await;
    world.allowed(world.remove("ada", "ada", "workspace")).await;
    world.refused(world.remove("edith", "edith", "workspace"), "LAST_HOLDER").await;
}

#[tokio::test]
async fn removing_someone_takes_all_that_they_hold() {
    let (_stage, world) = fixture().await;
    let answer = world.allowed(world.remove("ada", "emil", "workspace")).await.remove_member();
    let mut revoked =
        answer.revoked.into_iter().map(|grant| (grant.resource.expect("is there").id, grant.role)).collect::<Vec<_>>();
    revoked.sort();
    let expected = [("harbour", "editor"), ("quarry", "editor"), (world.tenant.as_str(), "user")];
    let mut expected = expected.map(|(id, role)| (id.to_owned(), role.to_owned()));
    expected.sort();
    assert_eq!(revoked, expected);

    assert!(world.member("emil").await.is_err());
    assert!(!world.may("emil", "data.view", "quarry").await);
    assert!(!world.may("emil", "password.change", "profile:emil").await);
    assert_eq!(world.sites("emil", "data.view").await, [""; 0]);
    world.refused(world.create_site("emil", "pier"), "ACTOR_NOT_A_MEMBER").await;
}

#[tokio::test]
async fn someone_removed_can_be_invited_again_and_has_nothing_left() {
    let (_stage, world) = fixture().await;
    world.allowed(world.remove("ada", "emil", "workspace")).await;
    world.join("ada", &["emil"], "user").await;
    assert_eq!(world.grants("emil").await, ["workspace user"]);
    assert!(!world.may("emil", "data.view", "quarry").await);
}

#[tokio::test]
async fn a_new_admin_is_an_editor_everywhere_and_a_demoted_one_is_not() {
    let (_stage, world) = fixture().await;
    world.allowed(world.change(OPERATOR, "olga", "workspace", "admin")).await;
    assert_eq!(world.grants("olga").await, ["workspace admin"]);
    assert!(world.may("olga", "data.edit", "harbour").await);
    assert!(world.may("olga", "user_management.view", "workspace").await);

    let answer = world.allowed(world.change(OPERATOR, "olga", "workspace", "user")).await.change_role();
    assert_eq!(answer.previous_role, "admin");
    assert!(!world.may("olga", "data.view", "harbour").await);
    assert!(!world.may("olga", "user_management.view", "workspace").await);
}

#[tokio::test]
async fn an_operator_is_no_member_and_sees_nothing() {
    let (_stage, world) = fixture().await;
    assert!(world.member(OPERATOR).await.is_err());
    let everybody = world.names(world.members_at("workspace")).await;
    assert!(everybody.iter().all(|name| !name.contains("root")), "{everybody:?}");
}

#[tokio::test]
async fn the_first_member_of_a_tenant_is_an_admin() {
    let stage = TestServer::new().await;
    let world = WireTenant { api: stage.api.clone(), tenant: "globex".into() };
    let dry = world.api.write(world.create_tenant("ada").dry()).await.expect("would be allowed");
    let missing = rollcall::proto::GetTenantRequest { tenant: "globex".into(), consistency: None };
    assert!(world.api.get_tenant(missing).await.is_err(), "a dry run creates nothing");
    let real = world.api.write(world.create_tenant("ada")).await.expect("an operator may");
    assert_eq!(dry.settled(), real.clone().settled());

    let answer = real.create_tenant();
    let tenant = answer.tenant.expect("the response has the tenant");
    assert_eq!((tenant.policy.as_str(), tenant.policy_version, tenant.root_type.as_str()), ("lumicon", 1, "workspace"));
    let member = answer.first_member.expect("the response has the member");
    assert_eq!(short(&member.subject.expect("has a subject")), "ada");
    assert_eq!(world.grants("ada").await, ["workspace admin"]);
}

#[tokio::test]
async fn only_an_operator_creates_a_tenant() {
    let (stage, world) = fixture().await;
    let other = WireTenant { api: stage.api.clone(), tenant: "globex".into() };
    for actor in ["ada", "edith", "stranger"] {
        let crate::support::Write::CreateTenant(mut request) = other.create_tenant("ada") else { unreachable!() };
        request.actor = Some(crate::support::subject(actor));
        for write in [crate::support::Write::from(request.clone()).dry(), request.into()] {
            let status = world.api.write(write).await.expect_err("only an operator may");
            assert_eq!(status.code(), tonic::Code::PermissionDenied, "{status:?}");
        }
    }
}
