//! The registry of views: one slot for each tenant in use, with its view, its write queue and the newest revision
//! shown.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use async_trait::async_trait;
use hashbrown::HashMap;
use parking_lot::RwLock;
use rollcall_engine::{Change, Facts, Policy, PolicyStore, Revision, View, ViewBuilder};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{
    cache::history::{History, HistoryLimits},
    service::ports::{Clock, Store, TenantView, ViewError, Views},
};

/// The views of all tenants in use: loads them from the store on first use, and implements [`Views`].
pub struct Registry {
    store: Arc<dyn Store>,
    policies: Arc<PolicyStore>,
    clock: Arc<dyn Clock>,
    slots: RwLock<HashMap<String, Arc<Slot>>>,
    history: History,
}

/// What the registry has of one tenant, or of a name that may become one.
#[derive(Default)]
struct Slot {
    /// None until it is loaded, and after it was forgotten.
    view: RwLock<Option<Arc<SharedView>>>,
    /// Locked by whoever loads or writes, so that no load misses a write of this process.
    write_queue: Arc<Mutex<()>>,
    /// The newest revision that was shown or acknowledged; 0 when none was.
    shown: Arc<AtomicI64>,
}

/// Guards the use of a slot: dropped, also when a future is abandoned, it removes a slot that nobody needs.
struct SlotUse<'a> {
    registry: &'a Registry,
    tenant: &'a str,
}

/// A view that readers and one writer share. The lock is a blocking one, because it is held for microseconds and
/// never across an await.
struct SharedView {
    view: RwLock<View>,
    clock: Arc<dyn Clock>,
    /// When the next binding of the view ends, as the microseconds of a `Timestamp`; `i64::MAX` when none does.
    next_end: AtomicI64,
    /// The `shown` of its slot: what is applied to the view is shown from then on.
    shown: Arc<AtomicI64>,
}

impl Registry {
    /// An empty registry: tenants are loaded from `store`, each must run one of `policies`, and `limits` holds for
    /// views of earlier revisions.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<PolicyStore>,
        clock: Arc<dyn Clock>,
        limits: HistoryLimits,
    ) -> Self {
        Self { store, policies, clock, slots: RwLock::default(), history: History::new(limits) }
    }

    fn shared(&self, view: View, shown: Arc<AtomicI64>) -> SharedView {
        let (clock, next_end) = (Arc::clone(&self.clock), AtomicI64::new(i64::MAX));
        let shared = SharedView { view: RwLock::new(view), clock, next_end, shown };
        shared.note_next_end(&shared.view.read());
        shared
    }

    fn slot(&self, tenant: &str) -> Arc<Slot> {
        if let Some(slot) = self.slots.read().get(tenant) {
            return Arc::clone(slot);
        }
        Arc::clone(self.slots.write().entry_ref(tenant).or_default())
    }

    async fn load(&self, tenant: &str, slot: &Slot) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        if let Some(view) = slot.loaded() {
            return Ok(Some(view));
        }
        loop {
            let policies = self.policies.current();
            let mut loading = ViewBuilder::new(&*policies);
            let shown = slot.shown();
            self.store.load(tenant, &mut loading).await?;
            let view = loading.finish()?;
            if !slot.show(view.as_ref().map_or(Revision::default(), View::revision), shown)? {
                continue;
            }
            let Some(view) = view else { return Ok(None) };
            let shared = Arc::new(self.shared(view, Arc::clone(&slot.shown)));
            *slot.view.write() = Some(Arc::clone(&shared));
            // `forget_replaced` sees this view only from the line above on, so that a policy replaced before is looked
            // for here.
            if shared.runs_one_of(&self.policies) {
                return Ok(Some(shared));
            }
            slot.view.write().take();
        }
    }

    /// Forgets every view whose policy was replaced: its next use loads it under the one that is loaded now. A write
    /// under way keeps the view that it decides by, and whoever loads the tenant waits until it has ended.
    pub fn forget_replaced(&self) {
        for slot in self.slots.read().values() {
            let mut view = slot.view.write();
            if view.as_ref().is_some_and(|view| !view.runs_one_of(&self.policies)) {
                *view = None;
            }
        }
    }

    /// Removes a slot without a view that nobody uses: names that are no tenant's must not pile up in memory. One in
    /// use stays, for its user may be creating the tenant.
    fn drop_unused(&self, tenant: &str) {
        // One reference is the map's.
        let is_unused = |slot: &Arc<Slot>| {
            let is_free = Arc::strong_count(slot) == 1 && Arc::strong_count(&slot.write_queue) == 1;
            is_free && slot.view.read().is_none() && slot.shown() == Revision::default()
        };
        // Nearly always the slot stays, and a read lock is enough to see that.
        if !self.slots.read().get(tenant).is_some_and(is_unused) {
            return;
        }
        let mut slots = self.slots.write();
        if slots.get(tenant).is_some_and(is_unused) {
            slots.remove(tenant);
        }
    }
}

impl Slot {
    fn loaded(&self) -> Option<Arc<dyn TenantView>> {
        self.view.read().clone().map(|view| view as Arc<dyn TenantView>)
    }

    fn shown(&self) -> Revision {
        Revision(self.shown.load(Ordering::Acquire))
    }

    /// Notes the revision of what was loaded after `before` had been shown. False when a newer one was acknowledged
    /// meanwhile, so that it must be loaded again.
    ///
    /// INVARIANT (never backwards): nothing is shown that is older than what was shown or acknowledged before.
    fn show(&self, loaded: Revision, before: Revision) -> Result<bool, ViewError> {
        if loaded < before {
            return Err(ViewError::Behind { found: loaded, shown: before });
        }
        Ok(Revision(self.shown.fetch_max(loaded.0, Ordering::AcqRel)) <= loaded)
    }
}

impl Drop for SlotUse<'_> {
    fn drop(&mut self) {
        self.registry.drop_unused(self.tenant);
    }
}

#[async_trait]
impl Views for Registry {
    fn warm(&self, tenant: &str) -> Option<Arc<dyn TenantView>> {
        self.slots.read().get(tenant)?.loaded()
    }

    async fn open(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        if let Some(view) = self.warm(tenant) {
            return Ok(Some(view));
        }
        // Declared first, so that it is dropped last, when the slot and its queue are free.
        let _slot_use = SlotUse { registry: self, tenant };
        let slot = self.slot(tenant);
        let _permit = slot.write_queue.lock().await;
        self.load(tenant, &slot).await
    }

    async fn write_permit(&self, tenant: &str) -> OwnedMutexGuard<()> {
        let _slot_use = SlotUse { registry: self, tenant };
        Arc::clone(&self.slot(tenant).write_queue).lock_owned().await
    }

    fn release_permit(&self, tenant: &str, permit: OwnedMutexGuard<()>) {
        drop(permit);
        self.drop_unused(tenant);
    }

    async fn open_with_permit(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        let _slot_use = SlotUse { registry: self, tenant };
        let slot = self.slot(tenant);
        self.load(tenant, &slot).await
    }

    async fn open_under(&self, tenant: &str, policy: Arc<Policy>) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        let mut loading = ViewBuilder::new(policy);
        self.store.load(tenant, &mut loading).await?;
        let shared = |view| Arc::new(self.shared(view, Arc::default())) as Arc<dyn TenantView>;
        Ok(loading.finish()?.map(shared))
    }

    async fn at_revision(&self, tenant: &str, revision: Revision) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        let view = self.history.view(&*self.store, &self.policies, tenant, revision).await?;
        Ok(view.map(|view| view as Arc<dyn TenantView>))
    }

    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        let changes = self.store.changes_after(tenant, view.revision()).await?;
        if view.apply(&changes) {
            return Ok(Some(view));
        }
        self.forget(tenant);
        self.open(tenant).await
    }

    fn acknowledge(&self, tenant: &str, revision: Revision) {
        self.slot(tenant).shown.fetch_max(revision.0, Ordering::AcqRel);
    }

    fn forget(&self, tenant: &str) {
        if let Some(slot) = self.slots.read().get(tenant) {
            *slot.view.write() = None;
        }
    }
}

impl SharedView {
    fn runs_one_of(&self, policies: &PolicyStore) -> bool {
        policies.current().has(self.view.read().policy_handle())
    }

    fn note_next_end(&self, view: &View) {
        self.next_end.store(view.next_expiry().map_or(i64::MAX, |end| end.0), Ordering::Relaxed);
    }

    /// Takes bindings away that have ended. Where none ends soon it costs one atomic load, or a look at the clock.
    fn expire_due(&self) {
        let next = self.next_end.load(Ordering::Relaxed);
        if next == i64::MAX {
            return;
        }
        let now = self.clock.now();
        if next <= now.0 {
            let mut view = self.view.write();
            view.expire_due(now);
            self.note_next_end(&view);
        }
    }
}

impl TenantView for SharedView {
    fn revision(&self) -> Revision {
        self.view.read().revision()
    }

    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, Revision)) {
        self.expire_due();
        let view = self.view.read();
        reader(&*view, view.revision());
    }

    fn apply(&self, changes: &[(Revision, Change)]) -> bool {
        if changes.is_empty() {
            return true;
        }
        let mut view = self.view.write();
        let followed = view.follow(changes).is_ok();
        self.note_next_end(&view);
        self.shown.fetch_max(view.revision().0, Ordering::AcqRel);
        followed
    }
}
