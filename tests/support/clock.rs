//! The parts of a service in this process: a store on a real file, and a clock that the test moves.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use rollcall::{
    cache::{HistoryLimits, Registry},
    service::{
        Service, WatchOptions,
        ports::{Clock, Random, Reading, Store},
    },
    store::{Options, SqlStore},
};
use rollcall_engine::{Policy, PolicySet, PolicyStore, Timestamp};
use tempfile::TempDir;

use super::store::store_options;

/// A clock that stands still until it is moved, and a source of randomness that counts.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicI64,
    /// What is believed; where it is 0, what the clock shows.
    believed: AtomicI64,
    drawn: AtomicU64,
}

impl ManualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.now
            .fetch_add(i64::try_from(by.as_micros()).expect("a test moves by less than centuries"), Ordering::SeqCst);
    }

    /// Sets the clock, back or forth.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::SeqCst);
    }

    /// Has the clock not be believed, as after a jump from this time on; none: it is believed again.
    pub fn disbelieve(&self, since: Option<Timestamp>) {
        self.believed.store(since.unwrap_or_default().0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn reading(&self) -> Reading {
        let (now, believed) = (self.now(), Timestamp(self.believed.load(Ordering::SeqCst)));
        Reading { now, believed: if believed == Timestamp::default() { now } else { believed } }
    }
}

impl Random for ManualClock {
    fn bytes(&self) -> [u8; 32] {
        let number = self.drawn.fetch_add(1, Ordering::SeqCst) + 1;
        // An odd factor spreads the numbers over all bytes, each to a place of its own.
        let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
        std::array::from_fn(|at| spread[at % 8] ^ u8::try_from(at).expect("few"))
    }
}

/// A migrated store on a new file, and its directory, which is removed when it is dropped.
pub async fn store() -> (Arc<SqlStore>, TempDir) {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    (Arc::new(store_in(dir.path()).await), dir)
}

/// A migrated store where a server started in `dir` would have it.
pub async fn store_in(dir: &Path) -> SqlStore {
    let store = SqlStore::open(&store_options(dir)).await.expect("the store can be opened");
    store.migrate().await.expect("a new one can be migrated");
    store
}

/// A service on a store with views of its own and these policies, whose clock the test moves.
pub async fn service(store: &Arc<SqlStore>, clock: &Arc<ManualClock>, policies: &[Arc<Policy>]) -> Service {
    service_over(store.clone(), clock.clone(), policies).await
}

/// A service on any store, with any clock.
pub async fn service_over(store: Arc<dyn Store>, clock: Arc<dyn Clock>, policies: &[Arc<Policy>]) -> Service {
    let mut set = PolicySet::default();
    for policy in policies {
        set.insert(Arc::clone(policy));
    }
    let policies = Arc::new(PolicyStore::new(set));
    let views = Arc::new(Registry::new(store.clone(), policies.clone(), clock.clone(), HistoryLimits::default()));
    let identity = store.identity().await.expect("the store is migrated");
    let random = Arc::new(ManualClock::default());
    Service::new((store, identity), views, policies, clock, random, WatchOptions::default())
}
