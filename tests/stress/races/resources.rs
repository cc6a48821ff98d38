//! Races about resources that are given away, archived, created, moved and deleted at the same time.

use super::harness::{Race, run, run_against};
use crate::contrary::Contrary;
use crate::support::{Answer, Api, WireTenant, Write, fixture, names::short, wire_tenant::DEPOT};

/// Who owns a resource: `-` for nobody, `gone` where it is no more.
async fn owner(world: &WireTenant, name: &str) -> String {
    let Some(resource) = world.registered(name).await else { return "gone".into() };
    resource.owner.as_ref().map_or_else(|| "-".into(), short)
}

/// What is above a resource.
async fn parent(world: &WireTenant, name: &str) -> String {
    let resource = world.registered(name).await.expect("a resource that nobody deletes");
    resource.parent.expect("only the root has none").r#type
}

/// Two resources of a round.
fn pair(round: usize) -> [String; 2] {
    [format!("box:a{round}"), format!("box:b{round}")]
}

/// `otto` gives a box to `olga` and deletes it, and so does she.
struct TransferAndDelete;

impl Race for TransferAndDelete {
    const SETTINGS: &[&str] = DEPOT;
    const ORDERS: &str = "
        ABC     | ok                 NOT_PERMITTED      ok                 | gone
        ACB     | ok                 RESOURCE_NOT_FOUND ok                 | gone
        BAC BCA | RESOURCE_NOT_FOUND ok                 RESOURCE_NOT_FOUND | gone
        CAB     | ok                 NOT_PERMITTED      NOT_PERMITTED      | olga
        CBA     | RESOURCE_NOT_FOUND ok                 NOT_PERMITTED      | gone
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::depot(api, tenant, &["otto", "olga"]).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let [name, _] = pair(round);
        world.does(world.create("otto", &name, "depot:")).await;
        vec![world.give("otto", &name, "olga"), world.delete("otto", &name), world.delete("olga", &name)]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        owner(world, &pair(round)[0]).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_is_given_away_and_deleted() {
    run::<TransferAndDelete>("a resource is given away and deleted").await;
}

/// A vault of `paul` is given to `pia` by him and by an Account Admin, and she gives it to him.
struct TwoTransfers;

impl Race for TwoTransfers {
    const ORDERS: &str = "
        ABC | ok            OWNER_UNCHANGED ok            | paul
        ACB | ok            ok              ok            | pia
        BAC | NOT_PERMITTED ok              ok            | paul
        BCA | ok            ok              ok            | pia
        CAB | ok            OWNER_UNCHANGED NOT_PERMITTED | pia
        CBA | NOT_PERMITTED ok              NOT_PERMITTED | pia
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        let lumi = fixture::tenant("lumi-1").named(tenant).person("ada", "account_admin").resource("project:film");
        let lumi = lumi.joined("paul", "project:film", "project_admin").joined("pia", "project:film", "project_admin");
        lumi.by("paul").resource_in("vault:safe", "project:film").wire_on(api).await
    }

    async fn ready(world: &WireTenant, _: usize) -> Vec<Write> {
        if owner(world, "vault:safe").await == "pia" {
            world.does(world.give("ada", "vault:safe", "paul")).await;
        }
        let give = |actor, owner| world.give(actor, "vault:safe", owner);
        vec![give("paul", "pia"), give("ada", "pia"), give("pia", "paul")]
    }

    async fn state(world: &WireTenant, _: usize, _: &[Option<Answer>]) -> String {
        owner(world, "vault:safe").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_and_an_admin_give_away() {
    run::<TwoTransfers>("the owner and an admin give away").await;
}

/// `ada` archives a box while `otto` puts a new one into it.
struct ArchiveAndCreate;

impl Race for ArchiveAndCreate {
    const SETTINGS: &[&str] = DEPOT;
    const ORDERS: &str = "
        AB | ok RESOURCE_ARCHIVED | archived gone
        BA | ok ok                | archived otto
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::depot(api, tenant, &["otto"]).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let [above, below] = pair(round);
        world.does(world.create("otto", &above, "depot:")).await;
        vec![world.archive("ada", &above), world.create("otto", &below, &above)]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        let [above, below] = pair(round);
        let archived = world.registered(&above).await.is_some_and(|resource| resource.archived);
        format!("{} {}", if archived { "archived" } else { "open" }, owner(world, &below).await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_is_created_in_one_that_is_archived() {
    run::<ArchiveAndCreate>("a resource is created in one that is archived").await;
}

/// `otto` deletes a box while `ada` puts a new one into it. The state begins with the number of resources that the
/// deletion reports.
struct DeleteAndCreate;

impl Race for DeleteAndCreate {
    const SETTINGS: &[&str] = DEPOT;
    const ORDERS: &str = "
        AB | ok RESOURCE_NOT_FOUND | 1 gone gone
        BA | ok ok                 | 2 gone gone
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::depot(api, tenant, &["otto"]).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let [above, below] = pair(round);
        world.does(world.create("otto", &above, "depot:")).await;
        vec![world.delete("otto", &above), world.create("ada", &below, &above)]
    }

    async fn state(world: &WireTenant, round: usize, answers: &[Option<Answer>]) -> String {
        let [above, below] = pair(round);
        let deleted = answers[0].clone().map_or(0, |answer| answer.delete_resource().deleted.len());
        format!("{deleted} {} {}", owner(world, &above).await, owner(world, &below).await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_is_created_in_one_that_is_deleted() {
    run::<DeleteAndCreate>("a resource is created in one that is deleted").await;
}

/// Two boxes are put into each other.
struct IntoEachOther;

impl Race for IntoEachOther {
    const SETTINGS: &[&str] = DEPOT;
    const ORDERS: &str = "
        AB | ok RESOURCE_CYCLE | box   depot
        BA | RESOURCE_CYCLE ok | depot box
    ";

    async fn open(api: &Api, tenant: &str) -> WireTenant {
        WireTenant::depot(api, tenant, &["otto"]).await
    }

    async fn ready(world: &WireTenant, round: usize) -> Vec<Write> {
        let [one, other] = pair(round);
        for name in [&one, &other] {
            world.does(world.create("otto", name, "depot:")).await;
        }
        vec![world.put("otto", &one, &other), world.put("ada", &other, &one)]
    }

    async fn state(world: &WireTenant, round: usize, _: &[Option<Answer>]) -> String {
        let [one, other] = pair(round);
        format!("{} {}", parent(world, &one).await, parent(world, &other).await)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_resources_are_moved_into_each_other() {
    run::<IntoEachOther>("two resources are moved into each other").await;
}

/// All of them, on servers to which something is contrary.
pub(super) async fn all_against(contrary: Contrary) {
    run_against::<TransferAndDelete>(contrary).await;
    run_against::<TwoTransfers>(contrary).await;
    run_against::<ArchiveAndCreate>(contrary).await;
    run_against::<DeleteAndCreate>(contrary).await;
    run_against::<IntoEachOther>(contrary).await;
}
