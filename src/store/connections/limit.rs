//! How long what runs on a connection may go on.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// The end of what runs on a connection. A driver that is asked now and then whether it is over stops there.
#[derive(Debug)]
pub(in crate::store) struct Limit {
    made: Instant,
    /// In milliseconds since then.
    end: AtomicU64,
}

/// Never.
const NEVER: u64 = u64::MAX;

impl Default for Limit {
    fn default() -> Self {
        Self { made: Instant::now(), end: AtomicU64::new(NEVER) }
    }
}

impl Limit {
    /// It may go on for so long from now; for ever, if none.
    pub(super) fn set(&self, longest: Option<Duration>) {
        let end = longest.map_or(NEVER, |longest| millis(self.made.elapsed().saturating_add(longest)));
        self.end.store(end, Ordering::Relaxed);
    }

    /// It has gone on for long enough.
    pub(super) fn end(&self) {
        self.end.store(0, Ordering::Relaxed);
    }

    /// Whether it has to end.
    pub(in crate::store) fn is_over(&self) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        end != NEVER && millis(self.made.elapsed()) >= end
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER)
}
