//! What writes and checks of a small tenant wait while a dry run over a large one is under way on the same server.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use prost::bytes::Bytes;
use rollcall::proto::SetPolicyRequest;

use crate::{
    client::{Target, framed},
    closed, crowd,
    fixture::{SETTINGS, directory},
    names::member,
    plan::{Plan, progress},
    process::{Process, resume},
    questions::{ACTIONS, CHECK},
    sections::writes::{self, CHANGE_ROLE, SITE},
    stats::{Percentiles, median, micros, short, whole},
    support::{Api, WireTenant, subject, wire_tenant::OPERATOR},
    table::Table,
};

const SET_POLICY: &str = "/rollcall.v1.TenantService/SetPolicy";
const LARGE: &str = "large";
const SMALL: &str = "small";
/// Members of the large tenant.
const MEMBERS: usize = 100_000;
/// Calls under way, each of another member of the small tenant where they are writes.
const IN_FLIGHT: usize = 4;
/// A round of this length is counted, so that some dry runs fit into it.
const SPAN: Duration = Duration::from_secs(3);

/// What a round with nothing else under way found, and one beside the dry run.
struct Pair {
    /// How long each call took.
    alone: Vec<Duration>,
    beside: Vec<Duration>,
    /// How long each dry run took, those that began or ended while calls did not count included.
    dry_runs: Vec<Duration>,
    /// How many dry runs ended in the time that counts.
    ended: u64,
}

/// Measures writes and checks in turn, each alone and beside the dry run, and prints what was found.
pub async fn run(plan: &Plan) {
    progress("beside");
    let dir = directory();
    crowd::make(dir.path(), LARGE, MEMBERS).await;
    let policies = crowd::write_policies(dir.path());
    let settings = [SETTINGS, &[policies.as_str()]].concat();
    let process = Process::rollcall(plan.cores.server, dir.path(), &settings).await;
    let api = process.api().await;
    let messages = writes::tenant(&api, SMALL, IN_FLIGHT).await;
    let mut change_role = Target::of_callers(&process, CHANGE_ROLE, messages).await;
    let mut check = Target::connect(&process, CHECK, questions(&api)).await;
    let mut dry_run = connect_dry_run(&process, &api).await;
    process.stop();

    let (mut changes, mut checks) = (Vec::new(), Vec::new());
    for _ in 0..=plan.latency_pairs() {
        changes.push(pair(&mut change_role, &mut dry_run).await);
        checks.push(pair(&mut check, &mut dry_run).await);
    }
    // The first of each does not count.
    let (changes, checks) = (changes.split_off(1), checks.split_off(1));
    print(&changes, &checks);
}

fn print(changes: &[Pair], checks: &[Pair]) {
    let millis = |time| micros(time) / 1000.0;
    let mut table = Table::new(
        "A small tenant beside a dry run over a large one, 4 calls under way",
        &["", "alone, p50", "alone, p99", "beside it, p50", "beside it, p99", "ratio of p50"],
    );
    table.row("ChangeRole, ms", cells(changes, millis));
    table.row("Check, µs", cells(checks, micros));
    println!("{table}");
    let pairs = || changes.iter().chain(checks);
    let ended = pairs().map(|pair| pair.ended).sum::<u64>();
    let typical = median(pairs().flat_map(|pair| &pair.dry_runs).map(|&time| millis(time)));
    println!("The dry run, SetPolicy over {} members: {} ms (median);", whole(MEMBERS as f64), short(typical));
    println!("{ended} of them ended while calls beside them were counted.\n");
}

/// Questions about every member of the small tenant and every action.
fn questions(api: &Api) -> Vec<Bytes> {
    let world = WireTenant { api: api.clone(), tenant: SMALL.into() };
    let members = (0..IN_FLIGHT).map(member).collect::<Vec<_>>();
    let of_member = |member: &String| ACTIONS.map(|action| framed(&world.question(member, action, SITE)));
    members.iter().flat_map(of_member).collect()
}

/// What calls the dry run. It is called once before, which loads the tenant, and shows that it is about all members.
async fn connect_dry_run(process: &Process, api: &Api) -> Target {
    let request = SetPolicyRequest {
        tenant: LARGE.into(),
        actor: Some(subject(OPERATOR)),
        validate_only: true,
        policy_version: 2,
        ..SetPolicyRequest::default()
    };
    let answer = api.write(request.clone().into()).await.expect("the second version fits").set_policy();
    assert!(answer.total_effects as usize >= MEMBERS, "{} members gain something", answer.total_effects);
    Target::connect(process, SET_POLICY, vec![framed(&request)]).await
}

/// One round alone and one beside the dry run, of a server that is stopped before and after.
async fn pair(target: &mut Target, dry_run: &mut Target) -> Pair {
    let _running = resume(target.server);
    let (alone, _) = closed::span_beside(target, IN_FLIGHT, SPAN, || 0).await;
    let (count, is_over) = (Cell::new(0), Cell::new(false));
    let calls = async {
        let found = closed::span_beside(target, IN_FLIGHT, SPAN, || count.get()).await;
        is_over.set(true);
        found
    };
    let others = async {
        let mut times = Vec::new();
        while !is_over.get() {
            let start = Instant::now();
            dry_run.once().await;
            times.push(start.elapsed());
            count.set(count.get() + 1);
        }
        times
    };
    // The last dry run is waited for, so that nothing of it is left for the next round.
    let ((beside, ended), dry_runs) = tokio::join!(calls, others);
    Pair { alone: alone.latencies, beside: beside.latencies, dry_runs, ended }
}

fn cells(pairs: &[Pair], unit: fn(Duration) -> f64) -> Vec<String> {
    let times = |side: fn(&Pair) -> &[Duration]| Percentiles::of(pairs.iter().flat_map(side).copied().collect());
    let (alone, beside) = (times(|pair| &pair.alone), times(|pair| &pair.beside));
    let mut cells = [alone.p50, alone.p99, beside.p50, beside.p99].map(|time| short(unit(time))).to_vec();
    cells.push(short(micros(beside.p50) / micros(alone.p50)));
    cells
}
