use std::{
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
        ports::{Clock, Random},
    },
    store::{Options, SqlStore},
};
use rollcall_engine::{PolicySet, PolicyStore, Timestamp, compile};
use tempfile::TempDir;

use super::server::store_file;

/// A clock that stands still until it is moved, and chance that counts.
#[derive(Debug, Default)]
pub struct Hand {
    now: AtomicI64,
    drawn: AtomicU64,
}

impl Hand {
    /// Moves the clock on.
    pub fn moved(&self, span: Duration) {
        self.now.fetch_add(i64::try_from(span.as_micros()).expect("a span of tests"), Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }
}

impl Random for Hand {
    fn bytes(&self) -> [u8; 32] {
        let number = self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        std::array::from_fn(|at| number[at % 8] ^ u8::try_from(at).expect("few"))
    }
}

/// A store on a real file, in a directory that goes away with it.
pub async fn store() -> (Arc<SqlStore>, TempDir) {
    let dir = tempfile::tempdir().expect("there is room for a directory");
    let url = format!("sqlite:{}", store_file(dir.path()).display());
    let store = Arc::new(SqlStore::open(&Options::new(url)).await.expect("a file can be opened"));
    store.migrate().await.expect("a new file can be migrated");
    (store, dir)
}

/// A service of its own views on a store, with one policy, whose clock the test moves.
pub fn service(store: &Arc<SqlStore>, hand: &Arc<Hand>, policy: &str) -> Service {
    let mut library = PolicySet::default();
    library.insert(compile("policy.toml", policy).expect("the test's policy is right"));
    let shelf = Arc::new(PolicyStore::new(library));
    let views = Arc::new(Registry::new(store.clone(), shelf.clone(), hand.clone(), HistoryLimits::default()));
    Service::new(store.clone(), views, shelf, hand.clone(), hand.clone(), WatchOptions::default())
}
