//! The first question about a tenant after a start, for which its facts are loaded.

use std::time::Duration;

use crate::{
    client::{Target, framed},
    fixture::{Fixture, SETTINGS},
    names::member,
    plan::{Plan, progress},
    process::{Meter, Process, Used},
    questions::CHECK,
    stats::{Spread, micros, short},
    table::Table,
};

const STARTS: usize = 5;
/// What a server does of its own after its start is over by then.
const SETTLED: Duration = Duration::from_secs(1);

/// Starts each server anew some times, and prints what the first question takes beyond the second.
pub async fn run(plan: &Plan, fixtures: Vec<Fixture>) {
    let mut table =
        Table::new("The first Check after a start, less the second", &["", "CPU, ms", "range", "elapsed, ms", "range"]);
    for Fixture { size, process, world, dir } in fixtures {
        progress(&format!("cold: {}", size.name));
        let question = framed(&world.question(&member(0), "data.view", "site-0"));
        drop(world);
        process.end().await;
        let (mut cpu, mut elapsed) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let process = Process::rollcall(plan.cores.server, dir.path(), SETTINGS).await;
            let mut target = Target::connect(&process, CHECK, vec![question.clone()]).await;
            tokio::time::sleep(SETTLED).await;
            let (first, second) = (call(&mut target).await, call(&mut target).await);
            cpu.push((micros(first.server) - micros(second.server)) / 1000.0);
            elapsed.push((micros(first.wall) - micros(second.wall)) / 1000.0);
            drop(target);
            process.end().await;
        }
        let (cpu, elapsed) = (Spread::of(cpu), Spread::of(elapsed));
        let range = |spread: &Spread| format!("{}–{}", short(spread.low), short(spread.high));
        table.row(size.name, [short(cpu.median), range(&cpu), short(elapsed.median), range(&elapsed)]);
    }
    println!("{table}");
}

async fn call(target: &mut Target) -> Used {
    let meter = Meter::start(target.server);
    target.once().await;
    meter.stop()
}
