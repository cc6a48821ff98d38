//! Governed writes, each durable before it is answered, beside what the disk does of its own.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use prost::bytes::Bytes;
use rollcall::proto::ChangeRoleRequest;

use crate::{
    client::{IN_FLIGHT, Target, framed},
    closed::{self, Round, typical},
    fixture::{SETTINGS, directory, invite, join},
    names::member,
    plan::{Plan, progress},
    process::Process,
    stats::{Percentiles, Spread, micros, percent, short, whole},
    support::{
        Api, WireTenant, resource,
        store::{is_postgres, store_file},
        subject,
    },
    table::Table,
};

/// The method that changes a role.
pub const CHANGE_ROLE: &str = "/rollcall.v1.MembershipService/ChangeRole";
/// The site where the members of a tenant have a role.
pub const SITE: &str = "yard";
/// Where the header of a wal-index has `iChange`, which each transaction that is committed counts up by one.
const CHANGE_COUNT: u64 = 8;

/// Measures writes to one tenant, writes to many, and the disk in turn, and prints what was found.
pub async fn run(plan: &Plan) {
    progress("writes");
    let dir = directory();
    let process = Process::rollcall(plan.cores.server, dir.path(), SETTINGS).await;
    let api = process.api().await;
    let messages = tenant(&api, "one", IN_FLIGHT).await;
    let mut one = Target::of_callers(&process, CHANGE_ROLE, messages).await;
    let mut messages = Vec::new();
    for number in 0..IN_FLIGHT {
        messages.extend(tenant(&api, &format!("many-{number}"), 1).await);
    }
    let mut many = Target::of_callers(&process, CHANGE_ROLE, messages).await;
    process.stop();

    let probe = || transactions(dir.path());
    let (mut syncs, mut ones, mut manys) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=plan.pairs {
        syncs.push(sync_rate(dir.path()));
        ones.push(closed::round_beside(&mut one, IN_FLIGHT, probe).await);
        manys.push(closed::round_beside(&mut many, IN_FLIGHT, probe).await);
    }
    // The first of each does not count.
    let (syncs, ones, manys) = (syncs.split_off(1), ones.split_off(1), manys.split_off(1));
    let mut table = Table::new(
        "ChangeRole, 64 calls under way",
        &[
            "",
            "writes/s",
            "by the disk's syncs",
            "quartiles",
            "range",
            "CPU a write, µs",
            "p50, ms",
            "p99, ms",
            "server busy",
            "writes a transaction",
        ],
    );
    table.row("one tenant", cells(ones, &syncs));
    table.row("64 tenants", cells(manys, &syncs));
    let syncs = Spread::of(syncs);
    println!("{table}");
    println!("The disk of its own, 4 KiB appended and synced at a time: {} syncs/s", whole(syncs.median));
    println!("(quartiles {}–{}).\n", whole(syncs.quarter), whole(syncs.three_quarters));
}

/// Makes a tenant, and for each of its members what changes their role there and back.
pub async fn tenant(api: &Api, name: &str, members: usize) -> Vec<Arc<[Bytes]>> {
    let world = WireTenant::bare(api, name).await;
    let members = (0..members).map(member).collect::<Vec<_>>();
    join(&world, &members).await;
    world.api.write(world.create_site("ada", SITE)).await.expect("an admin creates a site");
    invite(&world, &members, &[(SITE, "viewer")]).await;
    members.iter().map(|member| ["editor", "viewer"].map(|role| change(&world, member, role)).into()).collect()
}

fn change(world: &WireTenant, member: &str, role: &str) -> Bytes {
    framed(&ChangeRoleRequest {
        tenant: world.tenant.clone(),
        actor: Some(subject("ada")),
        member: Some(subject(member)),
        resource: Some(resource(&world.tenant, SITE)),
        role: role.into(),
        ..ChangeRoleRequest::default()
    })
}

/// The cells of rounds, each with the number of its transactions and with the disk's syncs before it.
fn cells(rounds: Vec<(Round, u64)>, syncs: &[f64]) -> Vec<String> {
    let (rounds, transactions): (Vec<_>, Vec<_>) = rounds.into_iter().unzip();
    let writes = rounds.iter().map(|round| round.latencies.len()).sum::<usize>() as f64;
    let times = Percentiles::of(rounds.iter().flat_map(|round| round.latencies.iter().copied()).collect());
    let ratios = Spread::of(rounds.iter().zip(syncs).map(|(round, sync)| round.rate() / sync));
    let mut cells = vec![whole(typical(&rounds, Round::rate))];
    cells.extend(ratios.cells());
    cells.extend([
        short(typical(&rounds, Round::cpu)),
        short(micros(times.p50) / 1000.0),
        short(micros(times.p99) / 1000.0),
        percent(typical(&rounds, Round::busy)),
        if is_postgres() { short(1.0) } else { short(writes / transactions.iter().sum::<u64>() as f64) },
    ]);
    cells
}

/// How many transactions the store has committed since the server opened it. SQLite counts them in the file of its
/// wal-index, in the machine's own order of bytes, so the server need not be asked. In PostgreSQL each write has its own.
fn transactions(dir: &Path) -> u64 {
    if is_postgres() {
        return 0;
    }
    let index = File::open(store_file(dir).with_extension("db-shm")).expect("the server has the store open");
    let mut count = [0; size_of::<u32>()];
    index.read_exact_at(&mut count, CHANGE_COUNT).expect("a wal-index has a header");
    u32::from_ne_bytes(count).into()
}

/// How often a second the disk takes 4 KiB at the end of a file for good.
fn sync_rate(dir: &Path) -> f64 {
    let path = dir.join("syncs");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).expect("the directory can be written");
    let (start, mut count) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0x5a; 4096]).expect("there is room");
        file.sync_data().expect("the disk takes it");
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    fs::remove_file(path).expect("the file is ours");
    rate
}
