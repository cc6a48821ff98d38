//! `BatchCheck` of 1,000 questions: how often, and processor time a decision.

use crate::{
    client::{IN_FLIGHT, Target, framed},
    closed::{self, Round, typical},
    fixture::Fixture,
    plan::{Plan, progress},
    process::resume,
    questions::{assert_mixed, batch, different},
    stats::{percent, short, whole},
    table::Table,
};

const METHOD: &str = "/rollcall.v1.AuthorizationService/BatchCheck";
const ITEMS: usize = 1000;
const BATCHES: usize = 16;

/// Measures a small and a large tenant in turn, and prints what was found.
pub async fn run(plan: &Plan, small: &Fixture, large: &Fixture) {
    progress("batch");
    let (mut first, mut second) = (target(small).await, target(large).await);
    let (firsts, seconds) = closed::alternate(&mut first, &mut second, IN_FLIGHT, plan.pairs).await;
    let mut table = Table::new(
        "BatchCheck of 1,000 questions, 64 calls under way",
        &["", "calls/s", "decisions/s", "CPU a call, µs", "CPU a decision, µs", "server busy"],
    );
    for (fixture, rounds) in [(small, &firsts), (large, &seconds)] {
        let (rate, cpu) = (typical(rounds, Round::rate), typical(rounds, Round::cpu));
        let items = ITEMS as f64;
        let busy = percent(typical(rounds, Round::busy));
        table.row(fixture.size.name, [short(rate), whole(rate * items), whole(cpu), short(cpu / items), busy]);
    }
    println!("{table}");
}

async fn target(fixture: &Fixture) -> Target {
    let questions = different(fixture, ITEMS * BATCHES);
    assert_mixed(fixture, &questions).await;
    let messages = questions.chunks(ITEMS).map(|questions| framed(&batch(questions))).collect();
    let _running = resume(fixture.process.id);
    let mut target = Target::connect(&fixture.process, METHOD, messages).await;
    target.once().await;
    target
}
