//! Lists that are short whatever the tenant's size: what a large tenant costs beyond a small one.

use prost::bytes::Bytes;
use rollcall::proto::{ListActionsRequest, ListResourcesRequest};

use crate::{
    client::{Target, framed},
    closed::{self, Round, typical},
    fixture::{Fixture, SMALL_SITE},
    names,
    plan::{Plan, progress},
    process::resume,
    stats::{Percentiles, Spread, micros, percent, short, whole},
    support::{WireTenant, resource, subject},
    table::Table,
};

/// Whose lists they are: a member of the small site, of 2 of 20 sites or of 10 of 625.
const MEMBER: usize = 5;

/// A list, its method, and what makes a request for it, given the id of a member.
type List = (&'static str, &'static str, fn(&WireTenant, &str) -> Bytes);

const LISTS: [List; 3] = [
    ("ListMembers of 17", "/rollcall.v1.MembershipService/ListMembers", members),
    ("ListResources of one's own", "/rollcall.v1.AuthorizationService/ListResources", resources),
    ("ListActions", "/rollcall.v1.AuthorizationService/ListActions", actions),
];

/// Measures a small and a large tenant in turn, with so many calls under way, and prints what was found.
pub async fn run(plan: &Plan, small: &Fixture, large: &Fixture, in_flight: usize) {
    look(small).await;
    look(large).await;
    let mut table = Table::new(
        &format!("Lists, with {in_flight} calls under way and with one"),
        &["", "", "calls/s", "CPU a call, µs", "server busy", "alone, p50 µs", "alone, p99 µs"],
    );
    let mut growth = Table::new("Lists, the large tenant by the small one", &["", "CPU a call", "quartiles", "range"]);
    for (name, method, request) in LISTS {
        progress(&format!("lists: {name}"));
        let mut first = connect(small, method, request).await;
        let mut second = connect(large, method, request).await;
        let (firsts, seconds) = closed::alternate(&mut first, &mut second, in_flight, plan.pairs).await;
        let alone = closed::alternate(&mut first, &mut second, 1, plan.latency_pairs()).await;
        for (fixture, rounds, alone) in [(small, &firsts, &alone.0), (large, &seconds, &alone.1)] {
            table.row(name, cells(fixture, rounds, alone));
        }
        growth.row(name, Spread::of_ratios(&firsts, &seconds, Round::cpu).cells());
    }
    println!("{table}\n{growth}");
}

fn cells(fixture: &Fixture, rounds: &[Round], alone: &[Round]) -> [String; 6] {
    let alone = Percentiles::of(alone.iter().flat_map(|round| round.latencies.iter().copied()).collect());
    [
        fixture.size.name.to_owned(),
        whole(typical(rounds, Round::rate)),
        short(typical(rounds, Round::cpu)),
        percent(typical(rounds, Round::busy)),
        short(micros(alone.p50)),
        short(micros(alone.p99)),
    ]
}

/// Makes sure that the lists are what they are said to be.
async fn look(fixture: &Fixture) {
    let _running = resume(fixture.process.id);
    let (world, member) = (&fixture.world, names::member(MEMBER));
    let members = world.list(world.members_at(SMALL_SITE)).await.len();
    assert_eq!(members, 17, "the members of the small site, and the admin");
    // One site more: the small one.
    assert_eq!(world.sites(&member, "data.view").await.len(), fixture.size.sites_each() + 1, "the sites of a member");
    assert_eq!(world.actions(&member, SMALL_SITE).await.len(), 3, "the actions of a viewer");
}

async fn connect(fixture: &Fixture, method: &str, request: fn(&WireTenant, &str) -> Bytes) -> Target {
    let _running = resume(fixture.process.id);
    let message = request(&fixture.world, &names::member(MEMBER));
    let mut target = Target::connect(&fixture.process, method, vec![message]).await;
    target.once().await;
    target
}

fn members(world: &WireTenant, _: &str) -> Bytes {
    framed(&world.members_at(SMALL_SITE))
}

fn resources(world: &WireTenant, member: &str) -> Bytes {
    framed(&ListResourcesRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject(member)),
        action: "data.view".into(),
        resource_type: "job_site".into(),
        ..ListResourcesRequest::default()
    })
}

fn actions(world: &WireTenant, member: &str) -> Bytes {
    framed(&ListActionsRequest {
        tenant: world.tenant.clone(),
        subject: Some(subject(member)),
        resource: Some(resource(&world.tenant, SMALL_SITE)),
        ..ListActionsRequest::default()
    })
}
