//! Job sites: who creates them, and who invites, changes and removes their members.

use rollcall::proto::{GetResourceRequest, InviteOutcome};

use crate::support::{
    TestServer, WireTenant,
    decided_writes::matrix,
    names::resource,
    wire_tenant::{OPERATOR, fixture},
};

#[tokio::test]
async fn any_active_member_creates_a_site_and_edits_it() {
    let table = "
                   pier
    ada            ok
    edith          ok
    victor         ok
    olga           ok
    lars           locked
    nina@acme.test invited
    stranger       outside
    operator:root  permit
    ";
    let stage = TestServer::new().await;
    matrix(&stage, table, WireTenant::create_site).await;
    let world = stage.tenant().await;
    world.allowed(world.create_site("victor", "pier")).await;
    assert_eq!(world.grants("victor").await, ["harbour viewer", "pier editor", "workspace user"]);
    assert!(world.may("victor", "data.edit", "pier").await);
    assert!(world.may("ada", "data.edit", "pier").await, "an admin edits every site");
    assert!(!world.may("edith", "data.view", "pier").await);
}

#[tokio::test]
async fn a_created_site_is_registered_below_the_workspace() {
    let (_stage, world) = fixture().await;
    let created = world.allowed(world.create_site("olga", "pier")).await.create_resource().resource;
    let request = GetResourceRequest {
        tenant: world.tenant.clone(),
        resource: Some(resource("acme", "pier")),
        consistency: None,
    };
    let got = world.api.get_resource(request).await.expect("is registered").resource.expect("is in the response");
    assert_eq!(got.key, Some(resource("acme", "pier")));
    assert_eq!(got.parent, Some(resource("acme", "workspace")));
    assert_eq!(got.owner, None);
    assert_eq!(created, Some(got));
    world.refused(world.create_site("edith", "pier"), "RESOURCE_EXISTS").await;
    assert_eq!(world.grants("edith").await, ["harbour editor", "workspace user"]);
}

/// The columns: somebody outside, somebody new, people inside in each role, an admin, and nobody.
const INVITE: &str = "
               olga    new@acme.test edith       victor      ada           stranger
ada            ok      ok            has         has         guard/has     absent
emil           ok      ok            has         has         guard         absent
victor         permit  permit        permit/has  permit/has  permit/guard  permit/absent
olga           permit  permit        permit/has  permit/has  permit/guard  permit/absent
lars           locked  locked        locked/has  locked/has  locked/guard  locked/absent
nina@acme.test invited invited       invited/has invited/has invited/guard invited/absent
stranger       outside outside       outside/has outside/has outside/guard outside/absent
operator:root  permit  permit        permit/has  permit/has  permit/guard  permit/absent
";

#[tokio::test]
async fn editors_and_admins_add_people_as_editors() {
    let stage = TestServer::new().await;
    matrix(&stage, INVITE, |world, actor, whom| world.invite(actor, whom, "harbour", "editor")).await;
}

#[tokio::test]
async fn editors_and_admins_add_people_as_viewers() {
    let stage = TestServer::new().await;
    matrix(&stage, INVITE, |world, actor, whom| world.invite(actor, whom, "harbour", "viewer")).await;
}

#[tokio::test]
async fn an_editor_of_one_site_is_nobody_in_another() {
    let (_stage, world) = fixture().await;
    world.refused(world.invite("edith", "olga", "quarry", "viewer"), "NOT_PERMITTED").await;
    world.refused(world.invite("edith", "edith", "quarry", "viewer"), "NOT_PERMITTED").await;
    world.refused(world.change("edith", "emil", "quarry", "viewer"), "NOT_PERMITTED").await;
    world.refused(world.remove("edith", "emil", "quarry"), "NOT_PERMITTED").await;
}

#[tokio::test]
async fn an_existing_member_is_in_at_once_by_email_or_subject() {
    let (_stage, world) = fixture().await;
    for (whom, role) in [("olga", "viewer"), ("victor@acme.test", "editor"), ("VERA@ACME.TEST", "viewer")] {
        let answer = world.allowed(world.invite("emil", whom, "quarry", role)).await.invite();
        let [result] = answer.results.try_into().expect("one result an invitee");
        assert_eq!(result.outcome(), InviteOutcome::Added);
        assert_eq!((result.invitation, result.invitation_token.as_str()), (None, ""));
    }
    assert!(world.may("olga", "data.view", "quarry").await);
    assert!(!world.may("olga", "data.edit", "quarry").await);
    assert!(world.may("victor", "data.edit", "quarry").await);
    assert_eq!(world.grants("vera").await, ["harbour viewer", "quarry viewer", "workspace user"]);
}

#[tokio::test]
async fn editors_change_their_own_role_and_that_of_all_but_admins() {
    let table = "
                   edith   emil    lars    victor  nina@acme.test ada           olga           stranger
    ada            ok      ok      ok      same    same           guard         norole         absent
    edith          ok      ok      ok      same    same           guard         norole         absent
    emil           ok      ok      ok      same    same           guard         norole         absent
    victor         permit  permit  permit  permit  permit         permit/guard  permit/norole  permit/absent
    olga           permit  permit  permit  permit  permit         permit/guard  permit/norole  permit/absent
    lars           locked  locked  locked  locked  locked         locked/guard  locked/norole  locked/absent
    nina@acme.test invited invited invited invited invited        invited/guard invited/norole invited/absent
    stranger       outside outside outside outside outside        outside/guard outside/norole outside/absent
    operator:root  permit  permit  permit  permit  permit         permit/guard  permit/norole  permit/absent
    ";
    let stage = TestServer::new().await;
    matrix(&stage, table, |world, actor, member| world.change(actor, member, "harbour", "viewer")).await;
}

#[tokio::test]
async fn editors_raise_viewers_and_viewers_raise_nobody() {
    let table = "
                   victor  vera    nina@acme.test alan          olga
    ada            ok      ok      ok             guard         norole
    edith          ok      ok      ok             guard         norole
    victor         permit  permit  permit         permit/guard  permit/norole
    olga           permit  permit  permit         permit/guard  permit/norole
    lars           locked  locked  locked         locked/guard  locked/norole
    nina@acme.test invited invited invited        invited/guard invited/norole
    stranger       outside outside outside        outside/guard outside/norole
    operator:root  permit  permit  permit         permit/guard  permit/norole
    ";
    let stage = TestServer::new().await;
    matrix(&stage, table, |world, actor, member| world.change(actor, member, "harbour", "editor")).await;
}

#[tokio::test]
async fn editors_remove_all_but_admins_and_viewers_only_themselves() {
    let table = "
                   edith   emil    lars    victor  vera    nina@acme.test ada           alan          olga           stranger
    ada            ok      ok      ok      ok      ok      ok             guard         guard         norole         absent
    edith          ok      ok      ok      ok      ok      ok             guard         guard         norole         absent
    emil           ok      ok      ok      ok      ok      ok             guard         guard         norole         absent
    victor         permit  permit  permit  ok      permit  permit         permit/guard  permit/guard  permit/norole  permit/absent
    vera           permit  permit  permit  permit  ok      permit         permit/guard  permit/guard  permit/norole  permit/absent
    olga           permit  permit  permit  permit  permit  permit         permit/guard  permit/guard  permit/norole  permit/absent
    lars           locked  locked  locked  locked  locked  locked         locked/guard  locked/guard  locked/norole  locked/absent
    nina@acme.test invited invited invited invited invited invited        invited/guard invited/guard invited/norole invited/absent
    stranger       outside outside outside outside outside outside        outside/guard outside/guard outside/norole outside/absent
    operator:root  permit  permit  permit  permit  permit  permit         permit/guard  permit/guard  permit/norole  permit/absent
    ";
    let stage = TestServer::new().await;
    matrix(&stage, table, |world, actor, member| world.remove(actor, member, "harbour")).await;
}

#[tokio::test]
async fn an_admin_stays_in_a_site_that_they_created() {
    let (_stage, world) = fixture().await;
    world.allowed(world.create_site("ada", "pier")).await;
    assert_eq!(world.grants("ada").await, ["pier editor", "workspace admin"]);
    for actor in ["ada", "alan"] {
        world.refused(world.remove(actor, "ada", "pier"), "MEMBER_PROTECTED").await;
        world.refused(world.change(actor, "ada", "pier", "viewer"), "MEMBER_PROTECTED").await;
    }
}

#[tokio::test]
async fn a_demoted_admin_is_protected_no_more() {
    let (_stage, world) = fixture().await;
    world.allowed(world.create_site("alan", "pier")).await;
    world.allowed(world.change(OPERATOR, "alan", "workspace", "user")).await;
    assert!(world.may("alan", "data.edit", "pier").await, "by the binding of a creator");
    world.allowed(world.change("ada", "alan", "pier", "viewer")).await;
    world.allowed(world.remove("ada", "alan", "pier")).await;
    assert!(!world.may("alan", "data.view", "pier").await);
}

#[tokio::test]
async fn whoever_leaves_a_site_stays_in_the_workspace() {
    let (_stage, world) = fixture().await;
    let answer = world.allowed(world.remove("edith", "edith", "harbour")).await.remove_member();
    assert_eq!(answer.revoked.len(), 1);
    assert_eq!(world.grants("edith").await, ["workspace user"]);
    assert!(!world.may("edith", "data.view", "harbour").await);
    assert!(world.may("edith", "job_site.create", "workspace").await);
    world.refused(world.invite("edith", "edith", "harbour", "editor"), "NOT_PERMITTED").await;
}

#[tokio::test]
async fn an_editor_who_steps_down_can_not_step_up() {
    let (_stage, world) = fixture().await;
    let answer = world.allowed(world.change("edith", "edith", "harbour", "viewer")).await.change_role();
    assert_eq!(answer.previous_role, "editor");
    world.refused(world.change("edith", "edith", "harbour", "editor"), "NOT_PERMITTED").await;
    assert!(world.may("edith", "data.view", "harbour").await);
    assert!(!world.may("edith", "data.edit", "harbour").await);
}

#[tokio::test]
async fn several_people_to_several_resources_are_all_or_nothing() {
    let (_stage, world) = fixture().await;
    let grants = [("harbour", "viewer"), ("quarry", "viewer")];
    let status = world.refused(world.invite_all("edith", &["olga", "new@acme.test"], &grants), "NOT_PERMITTED").await;
    let fields = crate::support::error::fields_of(&status);
    assert_eq!(fields, ["invitees[0].grants[1]", "invitees[1].grants[1]"]);
    assert_eq!(world.grants("olga").await, ["workspace user"]);

    let answer = world.allowed(world.invite_all("emil", &["olga", "new@acme.test"], &grants)).await.invite();
    let outcomes = answer.results.iter().map(rollcall::proto::InviteResult::outcome).collect::<Vec<_>>();
    assert_eq!(outcomes, [InviteOutcome::Added, InviteOutcome::Invited]);
    assert_eq!(world.grants("olga").await, ["harbour viewer", "quarry viewer", "workspace user"]);
}

#[tokio::test]
async fn a_site_that_is_not_there_takes_nobody() {
    let (_stage, world) = fixture().await;
    world.refused(world.invite("ada", "olga", "nowhere", "viewer"), "RESOURCE_NOT_FOUND").await;
    world.refused(world.change("ada", "olga", "nowhere", "viewer"), "RESOURCE_NOT_FOUND").await;
    world.refused(world.remove("ada", "olga", "nowhere"), "RESOURCE_NOT_FOUND").await;
}
