//! Views of earlier moments: the log, replayed from its first change, and the last of them kept.

use std::sync::Arc;

use parking_lot::Mutex;
use rollcall_engine::{Change, Diverged, Head, Moment, Policy, PolicyStore, Revision, UnknownPolicy, View};
use tokio::sync::Semaphore;

use crate::{
    cache::fixed_view::FixedView,
    service::ports::{LogFilter, LogQuery, Snapshot, Store, StoreError, ViewError},
};

/// How many replays run at a time: each keeps a processor busy.
const CONCURRENT_REPLAYS: usize = 2;
/// How many commits are read at a time.
const CHUNK: u32 = 1000;

/// What questions as of an earlier moment may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// The most changes that are replayed for one view; a question that needs more is refused. The settings allow 1,000
    /// to 1,000,000,000.
    pub changes: u64,
    /// How many views are kept in memory for the next questions of the same moment; zero: none. The settings allow up
    /// to 10,000.
    pub cached: usize,
}

impl Default for HistoryLimits {
    fn default() -> Self {
        Self { changes: 1_000_000, cached: 8 }
    }
}

/// Makes views of earlier moments, and keeps those that were used last.
pub(super) struct History {
    limits: HistoryLimits,
    /// In the order of their last use, the latest last.
    cached: Mutex<Vec<CachedSnapshot>>,
    replay_permits: Semaphore,
}

/// A historical view with the question that it answers.
struct CachedSnapshot {
    tenant: String,
    moment: Moment,
    view: Arc<FixedView>,
}

impl History {
    pub(super) fn new(limits: HistoryLimits) -> Self {
        Self { limits, cached: Mutex::default(), replay_permits: Semaphore::new(CONCURRENT_REPLAYS) }
    }

    /// A tenant's facts at a moment of its history, under the policy that it ran then; none where there is no such tenant.
    pub(super) async fn view(
        &self,
        store: &dyn Store,
        policies: &PolicyStore,
        tenant: &str,
        moment: Moment,
    ) -> Result<Option<Arc<FixedView>>, ViewError> {
        if let Some(view) = self.find(policies, tenant, &moment) {
            return Ok(Some(view));
        }
        let too_many = ViewError::TooManyChanges { limit: self.limits.changes };
        // There is no revision without a change.
        if u64::try_from(moment.revision.0).is_ok_and(|revisions| revisions > self.limits.changes) {
            return Err(too_many);
        }
        // Nobody closes the semaphore, so a permit comes; without one the processors would only be busier.
        let _permit = self.replay_permits.acquire().await.ok();
        if let Some(view) = self.find(policies, tenant, &moment) {
            return Ok(Some(view));
        }
        let Some(mut snapshot) = store.snapshot(tenant).await? else { return Ok(None) };
        let Some(policy) = policy_at(&mut *snapshot, policies, moment.revision).await? else { return Ok(None) };
        let mut view = View::new(policy, Head::default());
        let (mut count, mut now) = (0, moment.passed_end);
        while view.revision() < moment.revision {
            let chunk = snapshot.commits_after(view.revision(), CHUNK).await?;
            if chunk.is_empty() {
                return Err(ViewError::OtherHistory);
            }
            for commit in chunk.iter().take_while(|commit| commit.head.revision <= moment.revision) {
                count += commit.changes.len() as u64;
                if count > self.limits.changes {
                    return Err(too_many);
                }
                now = now.max(commit.at);
                view.replay(commit).map_err(|Diverged| {
                    let revision = commit.head.revision;
                    let cause = format!("the change log has a change that does not apply, at revision {revision}");
                    StoreError::Broken(cause.into())
                })?;
            }
        }
        if view.moment().write_prefix != moment.write_prefix {
            return Err(ViewError::OtherHistory);
        }
        view.expire_due(now);
        let view = Arc::new(FixedView { view, moment });
        self.insert(CachedSnapshot { tenant: tenant.to_owned(), moment, view: Arc::clone(&view) });
        Ok(Some(view))
    }

    fn find(&self, policies: &PolicyStore, tenant: &str, moment: &Moment) -> Option<Arc<FixedView>> {
        let mut cached = self.cached.lock();
        // A view of a policy that was replaced is of no use: the file now says something else.
        cached.retain(|snapshot| policies.current().has(snapshot.view.view.policy_handle()));
        let index = cached.iter().position(|snapshot| snapshot.tenant == tenant && snapshot.moment == *moment)?;
        let found = cached.remove(index);
        let view = Arc::clone(&found.view);
        cached.push(found);
        Some(view)
    }

    fn insert(&self, snapshot: CachedSnapshot) {
        let mut cached = self.cached.lock();
        cached.retain(|other| other.tenant != snapshot.tenant || other.moment != snapshot.moment);
        cached.push(snapshot);
        let surplus = cached.len().saturating_sub(self.limits.cached);
        cached.drain(..surplus);
    }
}

/// The policy that a tenant ran at a revision; none before there was the tenant.
async fn policy_at(
    snapshot: &mut dyn Snapshot,
    policies: &PolicyStore,
    revision: Revision,
) -> Result<Option<Arc<Policy>>, ViewError> {
    let kinds = ["tenant_created", "policy_set"].map(str::to_owned);
    let filter = LogFilter { kinds: &kinds, ..LogFilter::default() };
    let revisions = (Revision::default(), revision);
    let query = LogQuery { filter, revisions, after: None, newest_first: true, limit: 1 };
    let newest = snapshot.log(&query).await?;
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
