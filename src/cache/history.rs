//! Views of earlier revisions: the log, replayed from its first change, and the last of them kept.

use std::sync::Arc;

use parking_lot::Mutex;
use rollcall_engine::{
    Change, Diverged, Facts, LogPosition, LoggedChange, Policy, PolicyStore, Revision, Timestamp, UnknownPolicy, View,
};
use tokio::sync::Semaphore;

use crate::service::ports::{LogFilter, LogQuery, Store, StoreError, TenantView, ViewError};

/// How many replays run at a time: each keeps a processor busy.
const CONCURRENT_REPLAYS: usize = 2;
/// How many changes are read at a time.
const CHUNK: u32 = 1000;

/// What questions as of an earlier revision may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The most changes that are replayed for one view; a question that needs more is refused. The settings allow 1,000
    /// to 1,000,000,000.
    pub changes: u64,
    /// How many views are kept in memory for the next questions at the same revision; zero: none. The settings allow up
    /// to 10,000.
    pub cached: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { changes: 1_000_000, cached: 8 }
    }
}

/// Makes views of earlier revisions, and keeps those that were used last.
pub(super) struct History {
    limits: HistoryLimits,
    /// In the order of their last use, the latest last.
    cached: Mutex<Vec<CachedSnapshot>>,
    replay_permits: Semaphore,
}

/// A view of an earlier revision: it follows no write, and nothing ends in it any more.
pub(super) struct HistoricalView(View);

/// A historical view with the question that it answers.
struct CachedSnapshot {
    tenant: String,
    revision: Revision,
    view: Arc<HistoricalView>,
}

impl History {
    pub(super) fn new(limits: HistoryLimits) -> Self {
        Self { limits, cached: Mutex::default(), replay_permits: Semaphore::new(CONCURRENT_REPLAYS) }
    }

    /// A tenant's facts at a revision and at its time, under the policy that it ran then; none before there was the
    /// tenant.
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
        // Nobody closes the semaphore, so a permit comes; without one the processors would only be busier.
        let _permit = self.replay_permits.acquire().await.ok();
        if let Some(view) = self.find(policies, tenant, revision) {
            return Ok(Some(view));
        }
        let Some(policy) = policy_at(store, policies, tenant, revision).await? else { return Ok(None) };
        let mut view = View::new(policy, Revision::default());
        let (mut after, mut count, mut now) = (None, 0, Timestamp::default());
        loop {
            let chunk = log_page(store, tenant, &[], revision, (after, false, CHUNK)).await?;
            let Some(last) = chunk.last() else { break };
            (after, now) = (Some(last.position), last.at);
            count += chunk.len() as u64;
            if count > self.limits.changes {
                return Err(too_many);
            }
            for LoggedChange { position, change, .. } in &chunk {
                view.replay(position.revision, change).map_err(|Diverged| {
                    let cause =
                        format!("the change log has a change that does not apply, at revision {}", position.revision);
                    StoreError::Broken(cause.into())
                })?;
            }
        }
        view.expire_due(now);
        let view = Arc::new(HistoricalView(view));
        self.insert(CachedSnapshot { tenant: tenant.to_owned(), revision, view: Arc::clone(&view) });
        Ok(Some(view))
    }

    fn find(&self, policies: &PolicyStore, tenant: &str, revision: Revision) -> Option<Arc<HistoricalView>> {
        let mut cached = self.cached.lock();
        // A view of a policy that was replaced is of no use: the file now says something else.
        cached.retain(|snapshot| policies.current().has(snapshot.view.0.policy_handle()));
        let index = cached.iter().position(|snapshot| snapshot.tenant == tenant && snapshot.revision == revision)?;
        let found = cached.remove(index);
        let view = Arc::clone(&found.view);
        cached.push(found);
        Some(view)
    }

    fn insert(&self, snapshot: CachedSnapshot) {
        let mut cached = self.cached.lock();
        cached.retain(|other| other.tenant != snapshot.tenant || other.revision != snapshot.revision);
        cached.push(snapshot);
        let surplus = cached.len().saturating_sub(self.limits.cached);
        cached.drain(..surplus);
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
    let newest = log_page(store, tenant, &kinds, revision, (None, true, 1)).await?;
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

/// A page of a tenant's log up to a revision.
async fn log_page(
    store: &dyn Store,
    tenant: &str,
    kinds: &[String],
    up_to: Revision,
    (after, newest_first, limit): (Option<LogPosition>, bool, u32),
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
