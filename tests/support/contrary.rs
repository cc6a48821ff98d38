//! A store and a clock that are contrary: commits miss, calls are overtaken or parked, time jumps.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use rollcall::{
    service::ports::{
        Batch, Clock, Committed, Feed, Glance, Reading, Reservation, Snapshot, Store, StoreError, StoreIdentity,
        StoreResult,
    },
    store::SqlStore,
};
use rollcall_engine::{Head, Timestamp};
use tokio::sync::Notify;

/// What is done between two steps of a call.
type Hook = Box<dyn Fn() + Send + Sync>;

/// A real store, of which a test says what happens on the way to it.
pub struct ContraryStore {
    store: Arc<SqlStore>,
    /// Whether the first commit of every write of a tenant misses.
    misses: AtomicBool,
    /// Whether every commit misses.
    misses_all: AtomicBool,
    missed: Mutex<HashSet<String>>,
    look_hook: OnceLock<Hook>,
    commit_hook: OnceLock<Hook>,
    parking: Mutex<Option<(String, Arc<Parking>)>>,
}

/// A call that waits until it is released.
#[derive(Default)]
pub struct Parking {
    arrived: Notify,
    released: Notify,
}

impl Parking {
    /// Waits until the call is there.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Lets the call go on.
    pub fn release(&self) {
        self.released.notify_one();
    }
}

impl ContraryStore {
    /// A store that is not contrary yet.
    pub fn over(store: Arc<SqlStore>) -> Arc<Self> {
        Arc::new(Self {
            store,
            misses: AtomicBool::default(),
            misses_all: AtomicBool::default(),
            missed: Mutex::default(),
            look_hook: OnceLock::new(),
            commit_hook: OnceLock::new(),
            parking: Mutex::default(),
        })
    }

    /// Has the first commit of every write miss, as if another process had been faster.
    pub fn miss_every_first(&self) {
        self.misses.store(true, Ordering::SeqCst);
    }

    /// Has every commit miss.
    pub fn miss_all(&self) {
        self.misses_all.store(true, Ordering::SeqCst);
    }

    /// Runs this once somebody has looked at the store, and before it is returned.
    pub fn after_each_look(&self, hook: impl Fn() + Send + Sync + 'static) {
        assert!(self.look_hook.set(Box::new(hook)).is_ok());
    }

    /// Runs this when a plan is about to be committed.
    pub fn before_commit(&self, hook: impl Fn() + Send + Sync + 'static) {
        assert!(self.commit_hook.set(Box::new(hook)).is_ok());
    }

    /// Parks the next call that looks at a tenant, once it has.
    pub fn park_next(&self, tenant: &str) -> Arc<Parking> {
        let parking = Arc::<Parking>::default();
        *self.parking.lock().unwrap() = Some((tenant.to_owned(), Arc::clone(&parking)));
        parking
    }

    /// What happens once somebody has looked at the store.
    async fn after_look(&self, tenant: &str) {
        if let Some(hook) = self.look_hook.get() {
            hook();
        }
        if let Some(parking) = self.parking_of(tenant) {
            parking.arrived.notify_one();
            parking.released.notified().await;
        }
    }

    fn parking_of(&self, tenant: &str) -> Option<Arc<Parking>> {
        let mut parking = self.parking.lock().unwrap();
        parking.take_if(|(parked, _)| parked == tenant).map(|(_, parking)| parking)
    }
}

#[async_trait]
impl Store for ContraryStore {
    async fn ping(&self) -> StoreResult<()> {
        self.store.ping().await
    }

    fn check_owned(&self) -> StoreResult<()> {
        self.store.check_owned()
    }

    fn can_commit(&self) -> StoreResult<()> {
        self.store.can_commit()
    }

    async fn identity(&self) -> StoreResult<StoreIdentity> {
        self.store.identity().await
    }

    async fn heads(&self, tenants: &[String]) -> StoreResult<Vec<(String, Head)>> {
        self.store.heads(tenants).await
    }

    async fn snapshot(&self, tenant: &str) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let found = self.store.snapshot(tenant).await;
        self.after_look(tenant).await;
        found
    }

    async fn glance(&self, tenant: &str, glance: &Glance<'_>) -> StoreResult<Option<Box<dyn Snapshot>>> {
        let found = self.store.glance(tenant, glance).await;
        self.after_look(tenant).await;
        found
    }

    async fn commits_after(&self, tenant: &str, after: Head) -> StoreResult<Feed> {
        self.store.commits_after(tenant, after).await
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        self.store.due(now, after, limit).await
    }

    async fn reserve(&self, tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>> {
        if self.misses_all.load(Ordering::SeqCst) {
            return Err(StoreError::Busy("another process has the tenant".into()));
        }
        self.store.reserve(tenant).await
    }

    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed> {
        if let Some(hook) = self.commit_hook.get() {
            hook();
        }
        if self.misses_all.load(Ordering::SeqCst) {
            return Ok(Committed::Missed);
        }
        // One write of a tenant is under way at a time, so every second one is the repetition of the first.
        if self.misses.load(Ordering::SeqCst) && !self.missed.lock().unwrap().remove(tenant) {
            self.missed.lock().unwrap().insert(tenant.to_owned());
            return Ok(Committed::Missed);
        }
        self.store.commit(tenant, expected, batch).await
    }
}

/// A clock that goes on by a little, and jumps by up to five seconds, back or forth, at each look.
#[derive(Debug, Default)]
pub struct JumpingClock {
    looks: AtomicU64,
}

impl Clock for JumpingClock {
    fn now(&self) -> Timestamp {
        let look = self.looks.fetch_add(1, Ordering::SeqCst);
        let jump = look.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let micros = 1_795_676_400_000_000 + look * 100 + jump % 5_000_000;
        Timestamp(i64::try_from(micros).expect("it is this century"))
    }

    fn reading(&self) -> Reading {
        let now = self.now();
        Reading { now, believed: now }
    }
}
