//! `./dev instructions`: how many instructions the hot path takes, counted by callgrind and held against those that are kept
//! in `counts.toml`. Unlike times they are the same on a busy machine.
//!
//! What is counted is done so and so many times, and then more often: the difference is that of what is counted alone.

#![allow(clippy::indexing_slicing, clippy::panic, reason = "a measurement may fail loudly")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what this program is for")]
#![allow(unreachable_pub, reason = "a program exports nothing")]

mod callgrind;
mod counts;
mod decision;
mod rpc;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;

use clap::Parser;

use counts::Counts;

/// Counts the instructions of the hot path.
#[derive(Debug, Parser)]
#[command(name = "instructions")]
struct Arguments {
    /// Keep what is counted, instead of holding it against what is kept.
    #[arg(long)]
    write: bool,
    /// Only decide so many questions: this is what callgrind runs.
    #[arg(long, hide = true)]
    decide: Option<usize>,
    /// Passed by cargo bench.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(count) = arguments.decide {
        decision::decide(count);
        return ExitCode::SUCCESS;
    }
    if !arguments.bench {
        println!("run it with `./dev instructions`");
        return ExitCode::SUCCESS;
    }
    let mut counted = Counts::default();
    counted.add("decision", decision::count());
    for (name, count) in rpc::count().await {
        counted.add(name, count);
    }
    if arguments.write {
        counted.keep();
        println!("{}", counted.table(&counted));
        return ExitCode::SUCCESS;
    }
    let kept = Counts::kept();
    println!("{}", counted.table(&kept));
    match counted.moved(&kept) {
        None => ExitCode::SUCCESS,
        Some(moved) => {
            println!("{moved}; if that is meant, keep it: `./dev instructions --write`");
            ExitCode::FAILURE
        }
    }
}
