//! What the service needs from the views: tenants' facts in memory.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::{Change, Facts, Policy, Revision, UnknownPolicy};
use tokio::sync::OwnedMutexGuard;

use crate::service::ports::StoreError;

/// Why a tenant's facts can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The store failed while they were loaded or brought up to date.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tenant runs a policy that is not loaded.
    #[error(transparent)]
    UnknownPolicy(#[from] UnknownPolicy),
    /// The store answers as of an earlier revision than one that this process has shown: by a connection that sees an old
    /// snapshot, or because it was restored from a backup meanwhile.
    #[error("the store is at revision {found}, and revision {shown} has been shown")]
    Behind {
        /// The revision of the store's answer; 0 when it has no such tenant.
        found: Revision,
        /// The newest revision that this process has shown or acknowledged.
        shown: Revision,
    },
    /// The facts of an earlier revision come of more changes than may be replayed.
    #[error("more than {limit} changes would have to be replayed")]
    TooManyChanges {
        /// How many may be.
        limit: u64,
    },
}

/// Tenants' views: loaded on first use, kept while the process runs.
#[async_trait]
pub trait Views: Send + Sync {
    /// The view of a tenant that is loaded already. Does no I/O and waits for nobody.
    fn warm(&self, tenant: &str) -> Option<Arc<dyn TenantView>>;

    /// The view of a tenant, loaded now if need be; none when there is no such tenant.
    async fn open(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// Waits for a tenant's turn to write: one write a tenant is under way in a process at a time. The tenant need
    /// not exist.
    async fn write_permit(&self, tenant: &str) -> OwnedMutexGuard<()>;

    /// Ends a tenant's turn, and forgets the tenant if there is none.
    fn release_permit(&self, tenant: &str, turn: OwnedMutexGuard<()>);

    /// As [`Views::open`], for whoever holds the tenant's turn.
    async fn open_with_permit(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// A tenant's newest facts under a policy, whichever the tenant runs. For whoever asks only: no write shows in it.
    async fn open_under(&self, tenant: &str, policy: Arc<Policy>) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// A tenant's facts as they were at a revision that there is, under the policy that the tenant ran then. No write
    /// shows in it. None before there was the tenant.
    async fn at_revision(&self, tenant: &str, revision: Revision) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// Brings a view up to the newest revision in the store. None when the tenant is gone.
    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// Notes that a revision of a tenant was committed by this process: no view that is loaded later is older.
    fn acknowledge(&self, tenant: &str, revision: Revision);

    /// Forgets a tenant's view, which is loaded anew at its next use.
    fn forget(&self, tenant: &str);
}

/// One tenant's facts in memory.
pub trait TenantView: Send + Sync {
    /// The revision that the facts are of.
    fn revision(&self) -> Revision;

    /// Lets `reader` look at the facts, all of one revision. The reader must be quick: a write waits for it.
    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, Revision));

    /// Makes changes visible, in order. Those of revisions that the view has seen are passed over. False when the
    /// changes do not follow on what the view has; it must then be forgotten.
    fn apply(&self, changes: &[(Revision, Change)]) -> bool;
}

impl dyn TenantView + '_ {
    /// What `reader` makes of the facts; see [`TenantView::read`].
    pub fn with<T>(&self, reader: impl FnOnce(&dyn Facts, Revision) -> T) -> T {
        let mut reader = Some(reader);
        let mut result = None;
        self.read(&mut |facts, revision| result = reader.take().map(|reader| reader(facts, revision)));
        result.expect("a view calls its reader once")
    }
}
