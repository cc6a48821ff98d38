//! The forced password reset: a lock that an admin puts on a member, and that only an operator ends.

use rollcall::proto::Reason;

use crate::support::{
    TestServer, WireTenant,
    decided_writes::matrix,
    wire_tenant::{OPERATOR, fixture},
};

#[tokio::test]
async fn only_admins_lock() {
    let table = "
                   ada     alan    edith   victor  olga    nina@acme.test lars          stranger
    ada            ok      ok      ok      ok      ok      ok             relock        absent
    edith          permit  permit  permit  permit  permit  permit         permit        permit/absent
    victor         permit  permit  permit  permit  permit  permit         permit        permit/absent
    olga           permit  permit  permit  permit  permit  permit         permit        permit/absent
    lars           locked  locked  locked  locked  locked  locked         locked        locked/absent
    nina@acme.test invited invited invited invited invited invited        invited       invited/absent
    stranger       outside outside outside outside outside outside        outside       outside/absent
    operator:root  permit  permit  permit  permit  permit  permit         permit        permit/absent
    ";
    matrix(&TestServer::new().await, table, WireTenant::lock).await;
}

#[tokio::test]
async fn only_operators_unlock() {
    let table = "
                   lars    edith    stranger
    ada            permit  permit   permit/absent
    edith          permit  permit   permit/absent
    victor         permit  permit   permit/absent
    olga           permit  permit   permit/absent
    lars           locked  locked   locked/absent
    nina@acme.test invited invited  invited/absent
    stranger       outside outside  outside/absent
    operator:root  ok      unlocked absent
    ";
    matrix(&TestServer::new().await, table, WireTenant::unlock).await;
}

#[tokio::test]
async fn a_locked_member_may_only_change_their_password() {
    let (_stage, world) = fixture().await;
    let (workspace, harbour) = ("workspace", "harbour");
    let answer = world.allowed(world.lock("ada", "edith")).await.lock_member();
    assert!(answer.member.expect("the response has the member").locked);
    for (action, resource_name) in [
        ("job_site.create", workspace),
        ("data.view", harbour),
        ("data.edit", harbour),
        ("report.view", harbour),
        ("report.edit", harbour),
        ("member.view", harbour),
        ("account.update", "profile:edith"),
        ("units.update", "profile:edith"),
        ("time_zone.update", "profile:edith"),
    ] {
        assert_eq!(world.check("edith", action, resource_name).await, (false, Reason::MemberLocked), "{action}");
    }
    assert_eq!(world.check("edith", "password.change", "profile:edith").await, (true, Reason::GrantedByRelation));
    assert!(!world.may("edith", "password.change", "profile:emil").await);
    assert_eq!(world.actions("edith", "profile:edith").await, ["password.change"]);
    assert_eq!(world.sites("edith", "data.view").await, [""; 0]);
}

#[tokio::test]
async fn a_locked_member_writes_nothing() {
    let (_stage, world) = fixture().await;
    let profile = crate::support::wire_tenant::profile("lars");
    for write in [
        world.create_site("lars", "pier"),
        world.invite("lars", "olga", "harbour", "viewer"),
        world.change("lars", "lars", "harbour", "viewer"),
        world.remove("lars", "lars", "harbour"),
        world.lock("lars", "edith"),
        world.unlock("lars", "lars"),
        world.update("lars", "lars", profile),
    ] {
        world.refused(write, "ACTOR_LOCKED").await;
    }
}

#[tokio::test]
async fn a_locked_admin_manages_nobody_and_stays_protected() {
    let (_stage, world) = fixture().await;
    world.allowed(world.lock("ada", "alan")).await;
    world.refused(world.invite("alan", "new@acme.test", "workspace", "user"), "ACTOR_LOCKED").await;
    world.refused(world.remove("alan", "edith", "workspace"), "ACTOR_LOCKED").await;
    assert!(!world.may("alan", "user_management.view", "workspace").await);
    assert!(!world.may("alan", "data.edit", "harbour").await);
    world.refused(world.remove("edith", "alan", "harbour"), "MEMBER_PROTECTED").await;
}

#[tokio::test]
async fn a_lock_takes_no_role_away_and_ends_whole() {
    let (_stage, world) = fixture().await;
    let before = world.grants("lars").await;
    assert!(world.names(world.members_at("harbour")).await.contains(&"lars".into()));
    let answer = world.allowed(world.unlock(OPERATOR, "lars")).await.unlock_member();
    assert!(!answer.member.expect("the response has the member").locked);
    assert_eq!(world.grants("lars").await, before);
    assert!(world.may("lars", "data.edit", "harbour").await);
}
