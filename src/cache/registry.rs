//! The registry of views: one slot for each tenant in use, with its view and the commits that were shown.

use std::sync::Arc;

use async_trait::async_trait;
use hashbrown::HashMap;
use parking_lot::RwLock;
use rollcall_engine::{Change, Commit, Head, Moment, Policy, PolicyStore, View, ViewBuilder};
use tokio::sync::Mutex;

use crate::{
    cache::{
        history::{History, HistoryLimits},
        shared_view::SharedView,
        shown::ShownCommits,
    },
    service::ports::{Clock, Feed, Recall, Snapshot, Store, StoreError, TenantView, ViewError, Views},
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
    /// Locked by whoever loads.
    loading: Mutex<()>,
    shown: Arc<RwLock<ShownCommits>>,
}

/// Guards the use of a slot: dropped, also when a future is abandoned, it removes a slot that nobody needs.
struct SlotUse<'a> {
    registry: &'a Registry,
    tenant: &'a str,
}

impl Registry {
    /// An empty registry: tenants are loaded from `store`, each must run one of `policies`, and `limits` holds for
    /// views of earlier moments.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<PolicyStore>,
        clock: Arc<dyn Clock>,
        limits: HistoryLimits,
    ) -> Self {
        Self { store, policies, clock, slots: RwLock::default(), history: History::new(limits) }
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
            // Before the snapshot, which then has it.
            let shown = slot.shown.read().newest();
            let snapshot = self.store.snapshot(tenant).await?;
            let Some(mut snapshot) = snapshot else {
                slot.check_history(tenant, None, shown).await?;
                return Ok(None);
            };
            slot.check_history(tenant, Some(&mut *snapshot), shown).await?;
            let mut loading = ViewBuilder::new(&*policies);
            snapshot.load(&mut loading).await?;
            let committed_at = snapshot.committed_at();
            drop(snapshot);
            let Some(mut view) = loading.finish()? else { return Ok(None) };
            view.expire_due(committed_at.max(slot.shown.read().passed_end()));
            let head = view.head();
            let shared = Arc::new(self.shared(view, Arc::clone(&slot.shown)));
            {
                // A commit that is shown meanwhile is either known here, or finds this view in its place.
                let mut shown_view = slot.view.write();
                if !slot.show(head) {
                    continue;
                }
                *shown_view = Some(Arc::clone(&shared));
            }
            // `forget_replaced` sees this view only from the line above on, so that a policy replaced before is looked
            // for here.
            if shared.runs_one_of(&self.policies) {
                return Ok(Some(shared));
            }
            slot.view.write().take();
        }
    }

    fn shared(&self, view: View, shown: Arc<RwLock<ShownCommits>>) -> SharedView {
        SharedView::new(view, Arc::clone(&self.clock), shown)
    }

    /// Loads a snapshot into a view of the caller's own.
    async fn load_alone(
        &self,
        snapshot: &mut dyn Snapshot,
        mut loading: ViewBuilder<'_>,
    ) -> Result<Arc<dyn TenantView>, ViewError> {
        snapshot.load(&mut loading).await?;
        let view = loading.finish()?;
        let mut view = view.ok_or_else(|| StoreError::Broken("a snapshot fed no tenant".into()))?;
        view.expire_due(snapshot.committed_at());
        Ok(Arc::new(self.shared(view, Arc::default())))
    }

    /// Forgets every view whose policy was replaced: its next use loads it under the one that is loaded now. A write
    /// under way keeps the view that it decides by.
    pub fn forget_replaced(&self) {
        for slot in self.slots.read().values() {
            let mut view = slot.view.write();
            if view.as_ref().is_some_and(|view| !view.runs_one_of(&self.policies)) {
                *view = None;
            }
        }
    }

    /// Whether the store is this process's, so that the views may be shown.
    pub fn is_answering(&self) -> bool {
        self.store.check_owned().is_ok()
    }

    /// Compares every view with the store, by the newest commit of its tenant. One that is behind follows; one of another
    /// history, as after the store was put back, is forgotten, and loaded anew at its next use.
    ///
    /// # Errors
    /// When the store can't be read. Views go on being shown while the heads can't be.
    pub async fn confirm(&self) -> Result<(), ViewError> {
        let slots: Vec<(String, Arc<Slot>)> =
            self.slots.read().iter().map(|(tenant, slot)| (tenant.clone(), Arc::clone(slot))).collect();
        let loaded = slots.into_iter().filter_map(|(tenant, slot)| Some((tenant, slot.loaded()?)));
        let (tenants, views): (Vec<String>, Vec<Arc<dyn TenantView>>) = loaded.unzip();
        let known: Vec<Head> = views.iter().map(|view| view.head()).collect();
        let found: HashMap<String, Head> = self.store.heads(&tenants).await?.into_iter().collect();
        let mut forgotten = Vec::new();
        for ((tenant, view), head) in tenants.into_iter().zip(views).zip(known) {
            if found.get(&tenant) != Some(&head) && !self.catch_up(&tenant, &*view).await? {
                self.forget(&tenant);
                forgotten.push(tenant);
            }
        }
        // Only then, for it takes a while: none of these views is shown any more.
        for tenant in forgotten {
            let _slot_use = SlotUse { registry: self, tenant: &tenant };
            let slot = self.slot(&tenant);
            let _loading = slot.loading.lock().await;
            let shown = slot.shown.read().newest();
            let mut snapshot = self.store.snapshot(&tenant).await?;
            slot.check_history(&tenant, snapshot.as_deref_mut(), shown).await?;
        }
        Ok(())
    }

    /// Applies to a view what it has not seen; false where it can't follow.
    async fn catch_up(&self, tenant: &str, view: &dyn TenantView) -> Result<bool, StoreError> {
        Ok(match self.store.commits_after(tenant, view.head()).await? {
            Feed::Commits(commits) => view.apply(&commits),
            Feed::OtherHistory(_) => false,
        })
    }

    /// Removes a slot without a view that nobody uses: names that are no tenant's must not pile up in memory.
    fn drop_unused(&self, tenant: &str) {
        // One reference is the map's.
        let is_unused = |slot: &Arc<Slot>| Arc::strong_count(slot) == 1 && !slot.has_view() && slot.has_shown_nothing();
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
    // Two functions, so that nobody has both locks: whoever places a view takes them in the other order.
    fn has_view(&self) -> bool {
        self.view.read().is_some()
    }

    fn has_shown_nothing(&self) -> bool {
        let shown = self.shown.read();
        shown.newest() == Head::default() && !shown.has_lost()
    }

    fn loaded(&self) -> Option<Arc<dyn TenantView>> {
        self.view.read().clone().map(|view| view as Arc<dyn TenantView>)
    }

    /// Notes the commit that was loaded. False when a newer one was shown meanwhile, so that it must be loaded again.
    ///
    /// INVARIANT (never backwards): nothing is shown that is older than what was shown before, in one history.
    fn show(&self, loaded: Head) -> bool {
        let mut shown = self.shown.write();
        shown.note(loaded);
        shown.newest() == loaded
    }

    /// Compares what was shown with a snapshot that was taken later; none where there is no such tenant any more. If the
    /// snapshot has not got it, the store was put back: what follows on the last common commit is lost.
    async fn check_history(
        &self,
        tenant: &str,
        mut snapshot: Option<&mut (dyn Snapshot + 'static)>,
        shown: Head,
    ) -> Result<(), StoreError> {
        if shown == Head::default() {
            return Ok(());
        }
        let head = snapshot.as_ref().map(|snapshot| snapshot.head()).unwrap_or_default();
        if let Some(snapshot) = &mut snapshot
            && (head == shown || snapshot.commit_at(shown.revision).await? == Some(shown))
        {
            return Ok(());
        }
        // Histories have their beginning in common, so the last common commit is found by halving.
        let revisions = self.shown.read().revisions();
        let (mut common, mut first, mut last) = (Head::default(), 0, revisions.len());
        while let (true, Some(snapshot)) = (first < last, &mut snapshot) {
            let middle = first + (last - first) / 2;
            let Some(revision) = revisions.get(middle) else { break };
            match snapshot.commit_at(*revision).await? {
                Some(found) if self.shown.read().is_shown(found) => (common, first) = (found, middle + 1),
                _ => last = middle,
            }
        }
        tracing::error!(
            tenant,
            found = %head.revision,
            shown = %shown.revision,
            common = %common.revision,
            "the store was put back to an earlier state; what came after the common revision is lost"
        );
        self.shown.write().put_back(common);
        Ok(())
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
        // Declared first, so that it is dropped last, when the slot is free.
        let _slot_use = SlotUse { registry: self, tenant };
        let slot = self.slot(tenant);
        let _loading = slot.loading.lock().await;
        self.load(tenant, &slot).await
    }

    async fn open_under(
        &self,
        snapshot: &mut dyn Snapshot,
        policy: Arc<Policy>,
    ) -> Result<Arc<dyn TenantView>, ViewError> {
        self.load_alone(snapshot, ViewBuilder::new(policy)).await
    }

    async fn open_at(&self, snapshot: &mut dyn Snapshot) -> Result<Arc<dyn TenantView>, ViewError> {
        let policies = self.policies.current();
        self.load_alone(snapshot, ViewBuilder::new(&*policies)).await
    }

    async fn at_moment(&self, tenant: &str, moment: Moment) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        let view = self.history.view(&*self.store, &self.policies, tenant, moment).await?;
        Ok(view.map(|view| view as Arc<dyn TenantView>))
    }

    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Option<Arc<dyn TenantView>>, ViewError> {
        if let Feed::Commits(commits) = self.store.commits_after(tenant, view.head()).await?
            && view.apply(&commits)
        {
            return Ok(Some(view));
        }
        self.forget(tenant);
        self.open(tenant).await
    }

    fn show(&self, tenant: &str, commit: &Commit) {
        let slot = self.slot(tenant);
        slot.shown.write().note(commit.head);
        let view = slot.loaded();
        // A view is of one policy: the next use loads one of the other.
        let is_switched = commit.changes.iter().any(|change| matches!(change, Change::PolicySet { .. }));
        if is_switched || view.is_some_and(|view| !view.apply(std::slice::from_ref(commit))) {
            if !is_switched {
                let revision = commit.head.revision;
                tracing::error!(tenant, %revision, "a view has diverged from the store; it will be loaded anew");
            }
            self.forget(tenant);
        }
    }

    fn recall(&self, tenant: &str, moment: &Moment) -> Recall {
        let slot = self.slots.read().get(tenant).cloned();
        slot.map_or(Recall::Unknown, |slot| slot.shown.read().recall(moment))
    }

    fn forget(&self, tenant: &str) {
        if let Some(slot) = self.slots.read().get(tenant) {
            *slot.view.write() = None;
        }
    }
}
