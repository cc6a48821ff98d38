//! A store and views that count how often they are asked anything.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use rollcall::{
    cache::Registry,
    service::ports::{
        Batch, Committed, Feed, Glance, Recall, Reservation, Snapshot, Store, StoreIdentity, StoreResult, TenantView,
        ViewError, Views,
    },
    store::SqlStore,
};
use rollcall_engine::{Commit, Head, Moment, Policy, Timestamp};

/// How often something was asked.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// How often it was, since the beginning.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// A real store that counts its calls.
pub struct CountedStore(pub Arc<SqlStore>, pub Count);

/// Real views that count their calls.
pub struct CountedViews(pub Arc<Registry>, pub Count);

#[async_trait]
impl Store for CountedStore {
    async fn ping(&self) -> StoreResult<()> {
        self.1.add();
        self.0.ping().await
    }

    fn check_owned(&self) -> StoreResult<()> {
        self.1.add();
        self.0.check_owned()
    }

    fn can_commit(&self) -> StoreResult<()> {
        self.1.add();
        self.0.can_commit()
    }

    async fn identity(&self) -> StoreResult<StoreIdentity> {
        self.1.add();
        self.0.identity().await
    }

    async fn heads(&self, tenants: &[String]) -> StoreResult<Vec<(String, Head)>> {
        self.1.add();
        self.0.heads(tenants).await
    }

    async fn snapshot(&self, tenant: &str) -> StoreResult<Option<Box<dyn Snapshot>>> {
        self.1.add();
        self.0.snapshot(tenant).await
    }

    async fn glance(&self, tenant: &str, glance: &Glance<'_>) -> StoreResult<Option<Box<dyn Snapshot>>> {
        self.1.add();
        self.0.glance(tenant, glance).await
    }

    async fn commits_after(&self, tenant: &str, after: Head) -> StoreResult<Feed> {
        self.1.add();
        self.0.commits_after(tenant, after).await
    }

    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>> {
        self.1.add();
        self.0.due(now, after, limit).await
    }

    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed> {
        self.1.add();
        self.0.commit(tenant, expected, batch).await
    }

    async fn reserve(&self, tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>> {
        self.1.add();
        self.0.reserve(tenant).await
    }
}

type Found = Result<Option<Arc<dyn TenantView>>, ViewError>;

#[async_trait]
impl Views for CountedViews {
    fn warm(&self, tenant: &str) -> Option<Arc<dyn TenantView>> {
        self.1.add();
        self.0.warm(tenant)
    }

    async fn open(&self, tenant: &str) -> Found {
        self.1.add();
        self.0.open(tenant).await
    }

    async fn open_under(
        &self,
        snapshot: &mut dyn Snapshot,
        policy: Arc<Policy>,
    ) -> Result<Arc<dyn TenantView>, ViewError> {
        self.1.add();
        self.0.open_under(snapshot, policy).await
    }

    async fn open_at(&self, snapshot: &mut dyn Snapshot) -> Result<Arc<dyn TenantView>, ViewError> {
        self.1.add();
        self.0.open_at(snapshot).await
    }

    async fn at_moment(&self, tenant: &str, moment: Moment) -> Found {
        self.1.add();
        self.0.at_moment(tenant, moment).await
    }

    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Found {
        self.1.add();
        self.0.refresh(tenant, view).await
    }

    fn show(&self, tenant: &str, commit: &Commit) {
        self.1.add();
        self.0.show(tenant, commit);
    }

    fn recall(&self, tenant: &str, moment: &Moment) -> Recall {
        self.1.add();
        self.0.recall(tenant, moment)
    }

    fn forget(&self, tenant: &str) {
        self.1.add();
        self.0.forget(tenant);
    }
}
