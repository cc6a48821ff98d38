//! `cargo bench --bench check`: a warm `Check` against an empty unary RPC, side by side.
//!
//! Both servers are processes of their own on 127.0.0.1: the real binary with a tenant of 1,000 members, and this
//! program run again with nothing but an empty method on the same tonic. Client and messages are treated alike: the
//! requests are encoded beforehand and the answers are not decoded. Rounds alternate between the two, and the table
//! has the medians over the rounds; a ratio is the median of the rounds' ratios.

#![allow(clippy::indexing_slicing, reason = "a measurement may fail loudly")]
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]
#![allow(unreachable_pub, reason = "a program exports nothing")]

mod empty;
mod load;
mod setup;
mod summary;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::{env, time::Duration};

use load::Target;
use summary::{Round, Sample};

const ROUNDS: usize = 5;
const SATURATED_FOR: Duration = Duration::from_millis(1500);
const ALONE_FOR: Duration = Duration::from_secs(1);
const HALF_LOADED_FOR: Duration = Duration::from_millis(1500);

#[tokio::main]
async fn main() {
    let arguments = env::args().collect::<Vec<_>>();
    if arguments.iter().any(|argument| argument == empty::ARGUMENT) {
        empty::serve().await;
    } else if arguments.iter().any(|argument| argument == "--bench") {
        compare().await;
    } else {
        println!("run it with `cargo bench --bench check`");
    }
}

async fn compare() {
    let empty_server = empty::Process::start();
    let stage = support::Stage::new().await;
    let questions = setup::furnish(&stage.api).await;
    let empty = Target::connect(empty_server.address, empty::PATH, vec![Vec::new()]).await;
    let check = Target::connect(stage.server.address(), setup::PATH, questions).await;

    for target in [&empty, &check] {
        load::saturate(target, SATURATED_FOR).await;
    }
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round(&empty, &check).await);
    }
    println!("{}", summary::table(&rounds));
}

/// Measures both targets in turn, each way. Half load is the same for both: half of what the slower one can do.
async fn round(empty: &Target, check: &Target) -> Round {
    let throughput = (load::saturate(empty, SATURATED_FOR).await, load::saturate(check, SATURATED_FOR).await);
    let alone = (load::alone(empty, ALONE_FOR).await, load::alone(check, ALONE_FOR).await);
    let rate = throughput.0.min(throughput.1) / 2.0;
    let half = (load::paced(empty, rate, HALF_LOADED_FOR).await, load::paced(check, rate, HALF_LOADED_FOR).await);
    Round {
        rate,
        empty: Sample { throughput: throughput.0, alone: alone.0, half: half.0 },
        check: Sample { throughput: throughput.1, alone: alone.1, half: half.1 },
    }
}
