//! `Check` beside the empty RPC: throughput, processor time, and latency at half load.

use crate::{
    client::{Access, IN_FLIGHT, Target, framed},
    closed::{self, Round, cpu_cells, typical},
    empty,
    fixture::Fixture,
    open,
    plan::{Plan, progress},
    process::Process,
    questions::{CHECK, assert_mixed, different},
    stats::{Percentiles, Spread, median, micros, percent, short, whole},
    table::Table,
};

const DIFFERENT: usize = 65_536;
/// Below this, a server waited for the client.
const FULL: f64 = 0.95;

/// Measures tenants of some sizes, and prints what was found.
pub async fn run(plan: &Plan, fixtures: &[&Fixture]) {
    let empty = Process::empty(plan.cores.server);
    empty.stop();
    let ratio = ["ratio", "quartiles", "range"];
    let mut throughput = Table::new(
        "Check, throughput with 64 calls under way",
        &[&["", "empty RPC, calls/s", "Check, calls/s"][..], &ratio, &["servers busy", "client busy"]].concat(),
    );
    let mut cpu =
        Table::new("Check, processor time a call", &[&["", "empty RPC, µs", "Check, µs"][..], &ratio].concat());
    let mut latency = Table::new(
        "Check, latency at half load",
        &["", "calls/s", "percentile", "empty RPC, µs", "Check, µs", "ratio", "quartiles", "range"],
    );
    let mut idle = Vec::new();
    for fixture in fixtures {
        let questions = different(fixture, DIFFERENT);
        assert_mixed(fixture, &questions).await;
        let messages = questions.iter().map(framed).collect::<Vec<_>>();
        for (kind, messages) in [("hot", vec![messages[0].clone()]), ("different", messages)] {
            let name = format!("{kind}, {}", fixture.size.name);
            progress(&format!("check: {name}"));
            let access = Access::default();
            let mut first = Target::warm(&access, &empty, empty::PATH, vec![framed(&())]).await;
            let mut second = Target::warm(&access, &fixture.process, CHECK, messages).await;
            let (firsts, seconds) = closed::alternate(&mut first, &mut second, IN_FLIGHT, plan.pairs).await;
            throughput.row(&name, throughput_cells(&firsts, &seconds));
            cpu.row(&name, cpu_cells(&firsts, &seconds));
            if typical(&firsts, Round::busy).min(typical(&seconds, Round::busy)) < FULL {
                idle.push(name.clone());
            }
            let rate = typical(&firsts, Round::rate).min(typical(&seconds, Round::rate)) / 2.0;
            match open::alternate(&first, &second, rate, plan.latency_pairs()).await {
                Some((firsts, seconds)) => latency_rows(&mut latency, &name, rate, &firsts, &seconds),
                None => latency.row(&name, [whole(rate), "the rate can't be sustained".to_owned()]),
            }
        }
    }
    println!("{throughput}\n{cpu}\n{latency}");
    if !idle.is_empty() {
        let idle = idle.join("; ");
        println!("A server was on its core for less than {} of the time ({idle}): there the ratio of", percent(FULL));
        println!("throughputs says little, and processor time a call counts.\n");
    }
}

fn throughput_cells(firsts: &[Round], seconds: &[Round]) -> Vec<String> {
    let mut cells = vec![whole(typical(firsts, Round::rate)), whole(typical(seconds, Round::rate))];
    cells.extend(Spread::of_ratios(firsts, seconds, Round::rate).cells());
    let both = |measure: fn(&Round) -> f64| {
        format!("{} / {}", percent(typical(firsts, measure)), percent(typical(seconds, measure)))
    };
    cells.extend([both(Round::busy), both(Round::client_busy)]);
    cells
}

fn latency_rows(table: &mut Table, name: &str, rate: f64, firsts: &[Percentiles], seconds: &[Percentiles]) {
    type Measure = fn(&Percentiles) -> f64;
    let measures: [(&str, Measure); 4] = [
        ("p50", |times| micros(times.p50)),
        ("p90", |times| micros(times.p90)),
        ("p99", |times| micros(times.p99)),
        ("p99.9", |times| micros(times.p999)),
    ];
    for (percentile, measure) in measures {
        let typical = |rounds: &[Percentiles]| short(median(rounds.iter().map(measure)));
        let mut cells = vec![whole(rate), percentile.to_owned(), typical(firsts), typical(seconds)];
        cells.extend(Spread::of_ratios(firsts, seconds, measure).cells());
        table.row(name, cells);
    }
}
