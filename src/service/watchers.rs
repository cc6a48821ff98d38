//! What all watches of this server share: how they are served, how many there may be, and when they end.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Semaphore, watch};

/// How watches of the change log are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// How long a watch may be silent before it gets a batch without changes, whose token says how far the log was
    /// read; zero: it gets none.
    pub heartbeat: Duration,
    /// How often each watch reads the log without a commit of this process, for other processes may write to the store;
    /// zero: never.
    pub poll: Duration,
    /// How long a watcher may leave a batch unread before its watch is ended with `WATCH_TOO_SLOW`.
    pub timeout: Duration,
    /// The most watches at a time, over all tenants; a further one is refused. The settings allow 1 to 100,000.
    pub watchers: usize,
}

impl Default for WatchOptions {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { heartbeat: seconds(10), poll: seconds(1), timeout: seconds(30), watchers: 1000 }
    }
}

/// The options, permits and shutdown signal that all watchers share.
pub(crate) struct Watchers {
    pub(super) options: WatchOptions,
    pub(super) permits: Arc<Semaphore>,
    pub(super) draining: watch::Sender<bool>,
}

impl Watchers {
    pub(crate) fn new(options: WatchOptions) -> Self {
        let permits = Arc::new(Semaphore::new(options.watchers));
        Self { options, permits, draining: watch::Sender::new(false) }
    }
}
