//! What many numbers come to, and how they are written.

use std::time::Duration;

/// Where numbers lie.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub low: f64,
    pub quarter: f64,
    pub median: f64,
    pub three_quarters: f64,
    pub high: f64,
}

/// How long calls took.
#[derive(Clone, Copy, Debug)]
pub struct Percentiles {
    pub p50: Duration,
    pub p90: Duration,
    pub p99: Duration,
    pub p999: Duration,
}

impl Spread {
    /// Of some numbers, one at least.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut numbers = numbers.into_iter().collect::<Vec<_>>();
        numbers.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = share * (numbers.len() - 1) as f64;
            let (below, above) = (numbers[rank.floor() as usize], numbers[rank.ceil() as usize]);
            below + (above - below) * rank.fract()
        };
        Self { low: at(0.0), quarter: at(0.25), median: at(0.5), three_quarters: at(0.75), high: at(1.0) }
    }

    /// Of what two measures come to, pair by pair: the second by the first.
    pub fn of_ratios<T>(first: &[T], second: &[T], measure: impl Fn(&T) -> f64) -> Self {
        Self::of(first.iter().zip(second).map(|(first, second)| measure(second) / measure(first)))
    }

    /// The median, the quartiles and the range of ratios, each for a column.
    pub fn cells(&self) -> [String; 3] {
        [
            format!("{:.2}", self.median),
            format!("{:.2}–{:.2}", self.quarter, self.three_quarters),
            format!("{:.2}–{:.2}", self.low, self.high),
        ]
    }
}

impl Percentiles {
    /// Of some times, one at least.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |per_mille: usize| times[(times.len() * per_mille / 1000).min(times.len() - 1)];
        Self { p50: at(500), p90: at(900), p99: at(990), p999: at(999) }
    }
}

/// The middle of some numbers, one at least.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    Spread::of(numbers).median
}

/// A time in microseconds.
pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// A number without a fraction, with a comma between thousands.
pub fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with three digits or more.
pub fn short(number: f64) -> String {
    if number >= 100.0 {
        whole(number)
    } else if number >= 10.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
