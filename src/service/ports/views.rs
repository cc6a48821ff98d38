//! The ports of views: tenants' facts in memory, as of one revision each.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::{Change, Facts, Policy, Revision, UnknownPolicy};
use tokio::sync::OwnedMutexGuard;

use crate::service::ports::StoreError;

/// Why the view of a tenant can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The store failed while they were loaded or brought up to date.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tenant runs a policy that is not loaded.
    #[error(transparent)]
    UnknownPolicy(#[from] UnknownPolicy),
    /// The store answers as of an earlier revision than one that this process has shown: by a connection that sees an
    /// old snapshot, or because it was restored from a backup meanwhile.
    #[error("the store is at revision {found}, and revision {shown} has been shown")]
    Behind {
        /// The revision of the store's answer; 0 when it has no such tenant.
        found: Revision,
        /// The newest revision that this process has shown or acknowledged.
        shown: Revision,
    },
    /// A view of an earlier revision would take the replay of too many changes.
    #[error("more than {limit} changes would have to be replayed")]
    TooManyChanges {
        /// The most changes that may be replayed for a view.
        limit: u64,
    },
}

/// Tenants' views: loaded on first use, kept while the process runs, and shared by all who open them.
///
/// All methods may be called at once, and a future may be dropped at any time. A tenant has one view and one write
/// permit in a process. What is loaded is never older than what was shown or acknowledged before.
#[async_trait]
pub trait Views: Send + Sync {
    /// The view of a tenant if it is loaded already. Does no I/O and waits for nobody; no error is possible.
    fn warm(&self, tenant: &str) -> Option<Arc<dyn TenantView>>;

    /// The view of a tenant, loaded now if it is not; none when there is no such tenant. Of two calls at once one
    /// loads, and the other waits and gets the same view.
    ///
    /// A load waits for the write permit, so whoever has that must call [`Views::open_with_permit`]. Ends in
    /// [`ViewError::Store`], [`ViewError::UnknownPolicy`] or [`ViewError::Behind`]; the next call tries again.
    async fn open(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// Waits for the permit to write a tenant, which need not exist: one write of a tenant is under way in a process,
    /// and no load beside it. Waiters get it in the order of their calls, without a limit of time. Dropping the guard
    /// releases it too, but leaves a name that is no tenant's in memory.
    async fn write_permit(&self, tenant: &str) -> OwnedMutexGuard<()>;

    /// Releases a tenant's write permit to the next who waits, and drops what was remembered of a name that is no
    /// tenant's.
    fn release_permit(&self, tenant: &str, permit: OwnedMutexGuard<()>);

    /// As [`Views::open`], for the holder of the tenant's write permit: waits for nobody.
    async fn open_with_permit(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// A tenant's newest facts under a given policy, whichever the tenant runs; none when there is no such tenant.
    /// Loaded at each call, for the caller only: it is not shared, and no write shows in it. Ends in
    /// [`ViewError::Store`].
    async fn open_under(&self, tenant: &str, policy: Arc<Policy>) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// A tenant's facts as they were at a revision and at its time, under the policy that the tenant ran then; none
    /// when there was no tenant then. No write shows in it. The caller makes sure that the revision is not newer than
    /// the store: one that is gets the newest.
    ///
    /// The log is replayed, by a few calls at a time, and the others wait; the views used last are kept. Ends in
    /// [`ViewError::TooManyChanges`], [`ViewError::UnknownPolicy`] or [`ViewError::Store`].
    async fn at_revision(&self, tenant: &str, revision: Revision) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// The tenant's view at the newest revision that the store had when this was called, or a later one: `view`,
    /// brought up to it by the log, or one that is loaded anew when `view` can't follow. None when it was loaded anew,
    /// and there is no such tenant. Of two calls at once each applies what the other has not. Ends as [`Views::open`]
    /// does.
    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// Notes that this process committed a revision of a tenant: a view that is loaded later and is older is refused
    /// with [`ViewError::Behind`], or loaded again. An older revision than one noted before changes nothing.
    fn acknowledge(&self, tenant: &str, revision: Revision);

    /// Forgets a tenant's view, which is loaded anew at its next use. Whoever has it keeps it as it is. Nothing happens
    /// where none is loaded.
    fn forget(&self, tenant: &str);
}

/// One tenant's facts in memory, at one revision at a time.
pub trait TenantView: Send + Sync {
    /// The revision of the facts. It never falls; another call may raise it at once.
    fn revision(&self) -> Revision;

    /// Calls `reader` once, with the facts at one revision, from which everything is taken away that has ended by now.
    /// Readers run beside each other. A write waits for them, and later readers for it, so a reader must be quick, and
    /// must neither block nor read or apply again.
    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, Revision));

    /// Makes changes visible, in the order of the log, all of them at once. Those of revisions that the view has seen
    /// are passed over. False when the changes do not follow on the view, or the view follows none: it must then be
    /// forgotten, for a part of them may be in it.
    fn apply(&self, changes: &[(Revision, Change)]) -> bool;
}

impl dyn TenantView + '_ {
    /// The result of `reader`, which is called once with the facts; see [`TenantView::read`].
    ///
    /// # Panics
    /// When the view's `read` breaks its contract and does not call `reader`.
    pub fn with<T>(&self, reader: impl FnOnce(&dyn Facts, Revision) -> T) -> T {
        let mut reader = Some(reader);
        let mut result = None;
        self.read(&mut |facts, revision| result = reader.take().map(|reader| reader(facts, revision)));
        result.expect("a view calls its reader once")
    }
}
