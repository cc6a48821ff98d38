//! The table at the end.

use std::{fmt::Write as _, time::Duration};

use crate::load::Latency;

/// What one round found.
pub struct Round {
    /// Half load, in calls a second.
    pub rate: f64,
    pub empty: Sample,
    pub check: Sample,
}

/// What one round found about one target.
pub struct Sample {
    /// Calls a second.
    pub throughput: f64,
    pub alone: Latency,
    pub half: Latency,
}

/// Medians over the rounds, and the median of their ratios.
pub fn table(rounds: &[Round]) -> String {
    type Measure = fn(&Sample) -> f64;
    let rows: [(&str, Measure); 5] = [
        ("throughput, calls a second", |sample| sample.throughput),
        ("one call at a time, p50 in µs", |sample| micros(sample.alone.p50)),
        ("one call at a time, p99 in µs", |sample| micros(sample.alone.p99)),
        ("half load, p50 in µs", |sample| micros(sample.half.p50)),
        ("half load, p99 in µs", |sample| micros(sample.half.p99)),
    ];
    let mut text = format!("{:<32}{:>12}{:>12}{:>8}\n", "", "empty RPC", "Check", "ratio");
    for (name, measure) in rows {
        let empty = median(rounds.iter().map(|round| measure(&round.empty)));
        let check = median(rounds.iter().map(|round| measure(&round.check)));
        let ratio = median(rounds.iter().map(|round| measure(&round.check) / measure(&round.empty)));
        let digits = usize::from(empty < 1000.0);
        writeln!(text, "{name:<32}{empty:>12.digits$}{check:>12.digits$}{ratio:>8.2}").expect("a text takes all");
    }
    let rate = median(rounds.iter().map(|round| round.rate));
    write!(text, "\nmedians of {} rounds; half load is {rate:.0} calls a second", rounds.len()).expect("as above");
    text
}

fn micros(span: Duration) -> f64 {
    span.as_secs_f64() * 1e6
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
