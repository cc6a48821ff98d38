//! `./dev bench`: what the service does, beside an empty RPC of the same stack where that tells something.
//!
//! `docs/performance.md` says how it is measured. Servers are processes of their own on 127.0.0.1, all on one core,
//! this program on another; those that are not being measured are stopped.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a measurement may fail loudly")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the tables are what this program is for")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what is counted here is far below what a float or an integer holds"
)]
#![allow(unreachable_pub, reason = "a program exports nothing")]

mod client;
mod closed;
mod crowd;
mod empty;
mod fixture;
mod names;
mod open;
mod pin;
mod plan;
mod process;
mod questions;
mod sections;
mod stats;
#[path = "../../tests/support/mod.rs"]
mod support;
mod table;

use std::{env, fs, process::ExitCode};

use clap::{Parser, ValueEnum};

use client::IN_FLIGHT;
use fixture::{Fixture, LARGE, MILLION, SMALL};
use pin::Cores;
use plan::{Plan, progress};

/// Calls under way on a tenant of a million: a list of it may take long, and waits for no others.
const FEW: usize = 4;

/// Measures the service, and prints tables in Markdown.
#[derive(Debug, Parser)]
#[command(name = "side_by_side")]
struct Arguments {
    /// Measure only these, separated by commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SECTION")]
    only: Vec<Section>,
    /// How many rounds of each count.
    #[arg(long, value_name = "N", default_value_t = 11, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Passed by cargo bench.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the server of the empty RPC.
    #[arg(long, hide = true)]
    serve_empty: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Section {
    /// Check beside an empty RPC.
    Check,
    /// Check of a caller that is known, over TLS, beside that of anybody.
    Secured,
    /// `BatchCheck`.
    Batch,
    /// `ListMembers`, `ListResources` and `ListActions`.
    Lists,
    /// `ChangeRole` beside the disk's own syncs.
    Writes,
    /// `ChangeRole` and `Check` beside a large dry run.
    Beside,
    /// The first question after a start.
    Cold,
    /// Lists, and the first question after a start, of a tenant of a million; only where it is asked for.
    Million,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.serve_empty {
        empty::serve();
        return ExitCode::SUCCESS;
    }
    if !arguments.bench {
        println!("run it with `./dev bench`");
        return ExitCode::SUCCESS;
    }
    // Before the runtime, which may make threads.
    let cores = match pin::pin() {
        Ok(cores) => cores,
        Err(problem) => {
            progress(&problem);
            return ExitCode::FAILURE;
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let plan = Plan { cores, pairs: arguments.rounds as usize };
    runtime.expect("the system has room for a runtime").block_on(measure(&plan, &arguments.only));
    ExitCode::SUCCESS
}

async fn measure(plan: &Plan, only: &[Section]) {
    let is_selected = |section| only.is_empty() || only.contains(&section);
    println!("{}\n", machine(plan.cores));
    if [Section::Check, Section::Batch, Section::Lists, Section::Cold].into_iter().any(is_selected) {
        let small = Fixture::new(plan.cores.server, SMALL).await;
        let large = Fixture::new(plan.cores.server, LARGE).await;
        if is_selected(Section::Check) {
            sections::check::run(plan, &[&small, &large]).await;
        }
        if is_selected(Section::Batch) {
            sections::batch::run(plan, &small, &large).await;
        }
        if is_selected(Section::Lists) {
            sections::lists::run(plan, &small, &large, IN_FLIGHT).await;
        }
        if is_selected(Section::Cold) {
            sections::cold::run(plan, vec![small, large]).await;
        }
    }
    if is_selected(Section::Secured) {
        Box::pin(sections::secured::run(plan)).await;
    }
    if only.contains(&Section::Million) {
        let small = Fixture::new(plan.cores.server, SMALL).await;
        let crowd = Fixture::crowd(plan.cores.server, MILLION).await;
        sections::lists::run(plan, &small, &crowd, FEW).await;
        sections::cold::run(plan, vec![crowd]).await;
    }
    if is_selected(Section::Writes) {
        sections::writes::run(plan).await;
    }
    if is_selected(Section::Beside) {
        sections::beside::run(plan).await;
    }
}

/// What this runs on, and how it was called.
fn machine(cores: Cores) -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let kernel = read("/proc/sys/kernel/osrelease");
    let arguments = env::args().skip(1).filter(|argument| argument != "--bench").collect::<Vec<_>>();
    let command = [vec!["./dev bench".to_owned()], arguments].concat().join(" ");
    let Cores { server, client, usable } = cores;
    let kernel = kernel.trim();
    format!(
        "{usable} cores of {model}, Linux {kernel}; servers on core {server}, the client on core {client}. `{command}`"
    )
}
