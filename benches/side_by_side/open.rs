//! The open loop: calls come at a fixed rate, whether or not those before have been answered, as they do from many
//! clients that know nothing of each other. It finds how long a caller waits.

use std::time::{Duration, Instant};

use tokio::task::{JoinSet, yield_now};

use crate::{client::Target, process::resume, stats::Percentiles};

/// A round of this length is counted,
const SPAN: Duration = Duration::from_secs(3);
/// after one of this length that is not, while the processor's caches fill again.
const LEAD: Duration = Duration::from_millis(200);
/// So many calls without an answer show that the server does not keep up.
const OVERRUN: usize = 4096;

/// Rounds of two targets in turn at a rate, in calls a second, after one of each that does not count. `None` when one
/// of them does not keep up.
pub async fn alternate(
    first: &Target,
    second: &Target,
    rate: f64,
    pairs: usize,
) -> Option<(Vec<Percentiles>, Vec<Percentiles>)> {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for _ in 0..=pairs {
        firsts.push(round(first, rate).await?);
        seconds.push(round(second, rate).await?);
    }
    Some((firsts.split_off(1), seconds.split_off(1)))
}

/// One round, of a server that is stopped before and after. A call's time counts from the instant at which it was due:
/// one that is sent late, because of the server or of this client, has waited all the same. None of those that were due
/// after the lead is left out.
async fn round(target: &Target, rate: f64) -> Option<Percentiles> {
    let _running = resume(target.server);
    let lead = (rate * LEAD.as_secs_f64()) as usize;
    let calls = (rate * (LEAD + SPAN).as_secs_f64()) as usize;
    let mut latencies = Vec::<Duration>::with_capacity(calls);
    let mut tasks = JoinSet::<Option<Duration>>::new();
    let start = Instant::now();
    for number in 0..calls {
        let due = start + Duration::from_secs_f64(number as f64 / rate);
        loop {
            // A timer is good to a millisecond only, so we wait by going round: each time the sockets are looked at.
            yield_now().await;
            while let Some(latency) = tasks.try_join_next() {
                latencies.extend(latency.expect("the call succeeds"));
            }
            if Instant::now() >= due {
                break;
            }
        }
        if tasks.len() > OVERRUN {
            return None;
        }
        let caller = &target.callers[number % target.callers.len()];
        let (mut method, message) = (caller.method(), caller.message(number));
        tasks.spawn(async move {
            method.call(message).await;
            (number >= lead).then(|| due.elapsed())
        });
    }
    latencies.extend(tasks.join_all().await.into_iter().flatten());
    Some(Percentiles::of(latencies))
}
