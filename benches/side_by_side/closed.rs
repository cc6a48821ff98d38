//! The closed loop: each caller calls again as soon as it is answered. It finds what a server can do at most.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::{
    client::Target,
    process::{Meter, Used, resume},
    stats::{Spread, median, micros, short},
};

/// A round of this length is counted,
pub const SPAN: Duration = Duration::from_secs(1);
/// after one of this length that is not, while the processor's caches fill again.
const LEAD: Duration = Duration::from_millis(200);

/// What a round found.
pub struct Round {
    pub used: Used,
    /// How long each call took.
    pub latencies: Vec<Duration>,
}

impl Round {
    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.used.wall.as_secs_f64()
    }

    /// Processor time of the server a call, in microseconds.
    pub fn cpu(&self) -> f64 {
        micros(self.used.server) / self.latencies.len() as f64
    }

    /// The share of the time that the server was on its core.
    pub fn busy(&self) -> f64 {
        self.used.server.as_secs_f64() / self.used.wall.as_secs_f64()
    }

    /// The share of the time that the client was on its core.
    pub fn client_busy(&self) -> f64 {
        self.used.client.as_secs_f64() / self.used.wall.as_secs_f64()
    }
}

/// The median of a measure over rounds.
pub fn typical(rounds: &[Round], measure: fn(&Round) -> f64) -> f64 {
    median(rounds.iter().map(measure))
}

/// Cells of a table: the processor time a call of both, and how the second compares with the first.
pub fn cpu_cells(firsts: &[Round], seconds: &[Round]) -> Vec<String> {
    let mut cells = vec![short(typical(firsts, Round::cpu)), short(typical(seconds, Round::cpu))];
    cells.extend(Spread::of_ratios(firsts, seconds, Round::cpu).cells());
    cells
}

/// Rounds of two targets in turn, after one of each that does not count.
pub async fn alternate(
    first: &mut Target,
    second: &mut Target,
    in_flight: usize,
    pairs: usize,
) -> (Vec<Round>, Vec<Round>) {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..=pairs {
        firsts.push(round(first, in_flight).await);
        seconds.push(round(second, in_flight).await);
    }
    (firsts.split_off(1), seconds.split_off(1))
}

/// One round, of a server that is stopped before and after.
pub async fn round(target: &mut Target, in_flight: usize) -> Round {
    round_beside(target, in_flight, || 0).await.0
}

/// One round, of a server that is stopped before and after, and by how much the number that a probe reads has grown in
/// the time that counts.
pub async fn round_beside(target: &mut Target, in_flight: usize, probe: impl Fn() -> u64) -> (Round, u64) {
    let _running = resume(target.server);
    span_beside(target, in_flight, SPAN, probe).await
}

/// As [`round_beside`], of a server that runs, and of any length.
pub async fn span_beside(
    target: &mut Target,
    in_flight: usize,
    span: Duration,
    probe: impl Fn() -> u64,
) -> (Round, u64) {
    drive(target, in_flight, LEAD).await;
    let before = probe();
    let meter = Meter::start(target.server);
    let latencies = drive(target, in_flight, span).await;
    let used = meter.stop();
    (Round { used, latencies }, probe() - before)
}

/// Calls for some time, and waits for the answers of the last calls.
async fn drive(target: &mut Target, in_flight: usize, span: Duration) -> Vec<Duration> {
    let end = Instant::now() + span;
    let mut tasks = JoinSet::new();
    for mut caller in target.callers.drain(..in_flight) {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            let mut start = Instant::now();
            while start < end {
                caller.call().await;
                let now = Instant::now();
                latencies.push(now - start);
                start = now;
            }
            (caller, latencies)
        });
    }
    let mut all = Vec::new();
    for (caller, latencies) in tasks.join_all().await {
        target.callers.push(caller);
        all.extend(latencies);
    }
    all
}
