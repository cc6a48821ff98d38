//! Views of earlier revisions: the log, replayed from its first change.

use std::sync::Arc;

use parking_lot::Mutex;
use rollcall_engine::{
    Change, Diverged, Facts, LogPlace, LoggedChange, Policy, PolicyStore, Revision, Timestamp, UnknownPolicy, View,
};
use tokio::sync::Semaphore;

use crate::service::ports::{LogFilter, LogQuery, Store, StoreError, TenantView, ViewError};

/// How many logs are replayed at a time: each keeps a processor busy.
const AT_A_TIME: usize = 2;
/// How many changes are read at a time.
const CHUNK: u32 = 1000;

/// What looking back may cost.
#[derive(Clone, Copy, Debug)]
pub struct HistoryLimits {
    /// The most changes that are replayed for a view.
    pub changes: u64,
    /// How many views are kept for the next questions at the same revision.
    pub kept: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { changes: 1_000_000, kept: 8 }
    }
}

/// The views of earlier revisions that were asked for last.
pub(super) struct History {
    limits: HistoryLimits,
    /// The one that was used last comes last.
    kept: Mutex<Vec<CachedSnapshot>>,
    turns: Semaphore,
}

/// A view that no write shows in, and in which nothing ends any more.
pub(super) struct HistoricalView(View);

struct CachedSnapshot {
    tenant: String,
    revision: Revision,
    view: Arc<HistoricalView>,
}

impl History {
    pub(super) fn new(limits: HistoryLimits) -> Self {
        Self { limits, kept: Mutex::default(), turns: Semaphore::new(AT_A_TIME) }
    }

    /// A tenant's facts at a revision and at its time, under the policy that it ran then; none before there was the tenant.
    pub(super) async fn view(
        &self,
        store: &dyn Store,
        policies: &PolicyStore,
        tenant: &str,
        revision: Revision,
    ) -> Result<Option<Arc<HistoricalView>>, ViewError> {
        if let Some(view) = self.find(policies, tenant, revision) {
            return Ok(Some(view));
        }
        let too_many = ViewError::TooManyChanges { limit: self.limits.changes };
        // There is no revision without a change.
        if u64::try_from(revision.0).is_ok_and(|revisions| revisions > self.limits.changes) {
            return Err(too_many);
        }
        // Nobody closes the semaphore; without a turn it would only be busier.
        let _turn = self.turns.acquire().await.ok();
        if let Some(view) = self.find(policies, tenant, revision) {
            return Ok(Some(view));
        }
        let Some(policy) = policy_at(store, policies, tenant, revision).await? else { return Ok(None) };
        let mut view = View::new(policy, Revision::default());
        let (mut after, mut count, mut now) = (None, 0, Timestamp::default());
        loop {
            let piece = part(store, tenant, &[], revision, (after, false, CHUNK)).await?;
            let Some(last) = piece.last() else { break };
            (after, now) = (Some(last.place), last.at);
            count += piece.len() as u64;
            if count > self.limits.changes {
                return Err(too_many);
            }
            for LoggedChange { place, change, .. } in &piece {
                view.replay(place.revision, change).map_err(|Diverged| {
                    StoreError::Broken(format!("the log does not add up at revision {}", place.revision).into())
                })?;
            }
        }
        view.expire_due(now);
        let view = Arc::new(HistoricalView(view));
        self.keep(CachedSnapshot { tenant: tenant.to_owned(), revision, view: Arc::clone(&view) });
        Ok(Some(view))
    }

    fn find(&self, policies: &PolicyStore, tenant: &str, revision: Revision) -> Option<Arc<HistoricalView>> {
        let mut kept = self.kept.lock();
        kept.retain(|kept| policies.current().has(kept.view.0.policy_handle()));
        let at = kept.iter().position(|kept| kept.tenant == tenant && kept.revision == revision)?;
        let found = kept.remove(at);
        let view = Arc::clone(&found.view);
        kept.push(found);
        Some(view)
    }

    fn keep(&self, view: CachedSnapshot) {
        let mut kept = self.kept.lock();
        kept.retain(|other| other.tenant != view.tenant || other.revision != view.revision);
        kept.push(view);
        let surplus = kept.len().saturating_sub(self.limits.kept);
        kept.drain(..surplus);
    }
}

/// The policy that a tenant ran at a revision; none before there was the tenant.
async fn policy_at(
    store: &dyn Store,
    policies: &PolicyStore,
    tenant: &str,
    revision: Revision,
) -> Result<Option<Arc<Policy>>, ViewError> {
    let kinds = ["tenant_created", "policy_set"].map(str::to_owned);
    let newest = part(store, tenant, &kinds, revision, (None, true, 1)).await?;
    let (name, version) = match newest.into_iter().next().map(|logged| logged.change) {
        Some(Change::TenantCreated { tenant }) => (tenant.policy, tenant.policy_version),
        Some(Change::PolicySet { policy, to, .. }) => (policy, to),
        _ => return Ok(None),
    };
    match policies.current().get(&name, version) {
        Some(policy) => Ok(Some(Arc::clone(policy))),
        None => Err(UnknownPolicy { name, version }.into()),
    }
}

/// A part of a tenant's log up to a revision.
async fn part(
    store: &dyn Store,
    tenant: &str,
    kinds: &[String],
    up_to: Revision,
    (after, newest_first, limit): (Option<LogPlace>, bool, u32),
) -> Result<Vec<LoggedChange>, StoreError> {
    let filter = LogFilter { kinds, ..LogFilter::default() };
    let query = LogQuery { tenant, filter, revisions: (Revision::default(), up_to), after, newest_first, limit };
    store.log(&query).await
}

impl TenantView for HistoricalView {
    fn revision(&self) -> Revision {
        self.0.revision()
    }

    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, Revision)) {
        reader(&self.0, self.0.revision());
    }

    fn apply(&self, changes: &[(Revision, Change)]) -> bool {
        changes.is_empty()
    }
}
