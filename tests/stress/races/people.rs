//! Races about members who are changed and removed, and about the last holders of a role.

use super::harness::{Race, run, run_against};
use crate::contrary::Contrary;
use crate::support::{Answer, Api, WireTenant, Write, fixture, names::email_of, wire_tenant::OPERATOR};

struct TwoAdmins;

impl Race for TwoAdmins {
    const ORDERS: &str = "
        AB | ok ACTOR_NOT_A_MEMBER | ada
        BA | ACTOR_NOT_A_MEMBER ok | alan
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::bare(api, tenant).await
    }

    async fn ready(world: &WireTenant, _: usize) -> Vec<Write> {
        for admin in ["ada", "alan"] {
            if world.member(admin).await.is_err() {
                world.join(OPERATOR, &[admin], "admin").await;
            }
        }
        vec![world.remove("ada", "alan", "workspace"), world.remove("alan", "ada", "workspace")]
    }

    async fn state(world: &WireTenant, _: usize, _: &[Option<Answer>]) -> String {
        world.names(world.members_at("workspace")).await.join(" ")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_remove_each_other() {
    run::<TwoAdmins>("two admins remove each other").await;
}

/// `edith` makes `victor` an editor, `emil` removes him, and he invites `olga`, which only an editor may.
struct ChangeAndRemove;

impl Race for ChangeAndRemove {
    const ORDERS: &str = "
        ABC CAB     | ok           ok NOT_PERMITTED | - -
        ACB         | ok           ok ok            | - viewer
        BAC BCA CBA | ROLE_NOT_BOUND ok NOT_PERMITTED | - -
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::seeded(api, tenant).await
    }

    async fn ready(world: &WireTenant, _: usize) -> Vec<Write> {
        if world.role("victor", "harbour").await == "-" {
            world.does(world.invite("edith", "victor", "harbour", "viewer")).await;
        }
        if world.role("olga", "harbour").await != "-" {
            world.does(world.remove("edith", "olga", "harbour")).await;
        }
        vec![
            world.change("edith", "victor", "harbour", "editor"),
            world.remove("emil", "victor", "harbour"),
            world.invite("victor", "olga", "harbour", "viewer"),
        ]
    }

    async fn state(world: &WireTenant, _: usize, _: &[Option<Answer>]) -> String {
        format!("{} {}", world.role("victor", "harbour").await, world.role("olga", "harbour").await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_changed_and_removed() {
    run::<ChangeAndRemove>("a member is changed and removed").await;
}

/// The last two Account Admins of an organization each step down.
struct LastTwo;

impl Race for LastTwo {
    const ORDERS: &str = "
        AB | ok LAST_HOLDER | - account_admin
        BA | LAST_HOLDER ok | account_admin -
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        let lumi = fixture::tenant("lumi-1").named(tenant).person("ada", "account_admin");
        lumi.person("alan", "account_admin").wire_on(api).await
    }

    async fn ready(world: &WireTenant, _: usize) -> Vec<Write> {
        for (other, admin) in [("ada", "alan"), ("alan", "ada")] {
            if world.grants(admin).await.is_empty() {
                world.does(world.invite(other, admin, "organization:", "account_admin")).await;
            }
        }
        ["ada", "alan"].map(|admin| world.demote(admin, admin, "organization:", "account_admin")).into()
    }

    async fn state(world: &WireTenant, _: usize, _: &[Option<Answer>]) -> String {
        format!("{} {}", world.role("ada", &world.tenant).await, world.role("alan", &world.tenant).await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_two_holders_step_down() {
    run::<LastTwo>("the last two holders step down").await;
}

/// `ada` deactivates `alan`, who changes what `tom` is and invites somebody.
struct Deactivated;

impl Race for Deactivated {
    const ORDERS: &str = "
        ABC ACB | ok ACTOR_DEACTIVATED ACTOR_DEACTIVATED | team_member   -
        BAC     | ok ok                ACTOR_DEACTIVATED | project_admin -
        CAB     | ok ACTOR_DEACTIVATED ok                | team_member   team_member
        BCA CBA | ok ok                ok                | project_admin team_member
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        let lumi = fixture::tenant("lumi-1").named(tenant).person("ada", "account_admin").resource("project:film");
        lumi.joined("tom", "project:film", "team_member").person("alan", "account_admin").wire_on(api).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        if round > 0 {
            world.does(world.reactivate("ada", "alan")).await;
            world.does(world.invite("ada", "alan", "organization:", "account_admin")).await;
        }
        if world.role("tom", "film").await == "project_admin" {
            world.does(world.change("ada", "tom", "project:film", "team_member")).await;
        }
        vec![
            world.deactivate("ada", "alan"),
            world.change("alan", "tom", "project:film", "project_admin"),
            world.invite("alan", &email(round), "project:film", "team_member"),
        ]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        assert!(world.grants("alan").await.is_empty(), "who is deactivated holds nothing");
        format!("{} {}", world.role("tom", "film").await, world.role(&email(round), "film").await)
    }
}

fn email(round: usize) -> String {
    email_of(&format!("guest-{round}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_deactivated_while_they_write() {
    run::<Deactivated>("somebody is deactivated while they write").await;
}

/// All of them, on servers to which something is contrary.
pub(super) async fn all_against(contrary: Contrary) {
    run_against::<TwoAdmins>(contrary).await;
    run_against::<ChangeAndRemove>(contrary).await;
    run_against::<LastTwo>(contrary).await;
    run_against::<Deactivated>(contrary).await;
}
