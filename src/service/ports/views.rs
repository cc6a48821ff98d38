//! The ports of views: tenants' facts in memory, as of one moment each.

use std::sync::Arc;

use async_trait::async_trait;
use rollcall_engine::{Commit, Facts, Head, Moment, Policy, Timestamp, UnknownPolicy};

use crate::service::ports::{Snapshot, StoreError};

/// Why the view of a tenant can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The store failed while they were loaded or brought up to date.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tenant runs a policy that is not loaded.
    #[error(transparent)]
    UnknownPolicy(#[from] UnknownPolicy),
    /// A view of an earlier revision would take the replay of too many changes.
    #[error("more than {limit} changes would have to be replayed")]
    TooManyChanges {
        /// The most changes that may be replayed for a view.
        limit: u64,
    },
    /// The tenant's history does not have the commit of the moment.
    #[error("the moment is of another history")]
    OtherHistory,
}

/// Tenants' views: loaded on first use, kept while the process runs, and shared by all who open them.
///
/// All methods may be called at once, and a future may be dropped at any time. A tenant has one view in a process. What is
/// loaded is never older than what was shown or acknowledged before, unless the store itself was put back: then the view
/// is dropped, and what is shown from then on is of the history that the store has.
#[async_trait]
pub trait Views: Send + Sync {
    /// The view of a tenant if it is loaded already. Does no I/O and waits for nobody; no error is possible.
    fn warm(&self, tenant: &str) -> Option<Arc<dyn TenantView>>;

    /// The view of a tenant, loaded now if it is not; none when there is no such tenant. Of two calls at once one loads,
    /// and the other waits and gets the same view. Ends in [`ViewError::Store`] or [`ViewError::UnknownPolicy`]; the next
    /// call tries again.
    async fn open(&self, tenant: &str) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// The facts of a snapshot under a given policy, whichever the tenant runs. Loaded at each call, for the caller only:
    /// it is not shared, and no write shows in it. Ends in [`ViewError::Store`].
    async fn open_under(
        &self,
        snapshot: &mut dyn Snapshot,
        policy: Arc<Policy>,
    ) -> Result<Arc<dyn TenantView>, ViewError>;

    /// The facts of a snapshot under the policy that the tenant runs. Loaded at each call, for the caller only. Ends in
    /// [`ViewError::UnknownPolicy`] or [`ViewError::Store`].
    async fn open_at(&self, snapshot: &mut dyn Snapshot) -> Result<Arc<dyn TenantView>, ViewError>;

    /// A tenant's facts as they were at a moment: after its commit, when its end and the time of the commit had passed,
    /// under the policy that the tenant ran then. No write shows in it. None where there was no such tenant.
    ///
    /// The log is replayed, by a few calls at a time, and the others wait; the views used last are kept, and returned
    /// without another look at the log. Ends in [`ViewError::OtherHistory`], [`ViewError::TooManyChanges`],
    /// [`ViewError::UnknownPolicy`] or [`ViewError::Store`].
    async fn at_moment(&self, tenant: &str, moment: Moment) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// The tenant's view at the newest commit that the store had when this was called, or a later one: `view`, brought up
    /// to it by the log, or one that is loaded anew when `view` can't follow. None when it was loaded anew, and there is no
    /// such tenant. Of two calls at once each applies what the other has not. Ends as [`Views::open`] does.
    async fn refresh(&self, tenant: &str, view: Arc<dyn TenantView>) -> Result<Option<Arc<dyn TenantView>>, ViewError>;

    /// Shows a commit that this process made: what is loaded later is not older. A view that is loaded has it from now on,
    /// or is forgotten where it can't follow.
    fn show(&self, tenant: &str, commit: &Commit);

    /// What is known of a moment without asking the store. No error is possible.
    fn recall(&self, tenant: &str, moment: &Moment) -> Recall;

    /// Forgets a tenant's view, which is loaded anew at its next use. Whoever has it keeps it as it is. Nothing happens
    /// where none is loaded.
    fn forget(&self, tenant: &str);
}

/// Whether a moment is of the history that this process has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// Its commit was shown, and is part of the tenant's history.
    Shown,
    /// Its revision is another commit's, or its commit was lost when the store was put back.
    Lost,
    /// Only the store can tell: it is older than what is remembered, or newer than what was shown.
    Unknown,
}

/// One tenant's facts in memory, at one commit at a time.
pub trait TenantView: Send + Sync {
    /// The commit of the facts. Its revision never falls; another call may raise it at once.
    fn head(&self) -> Head;

    /// Calls `reader` once, with the facts at one moment, from which everything is taken away that has ended by now.
    /// Readers run beside each other. A write waits for them, and later readers for it, so a reader must be quick, and
    /// must neither block nor read or apply again.
    fn read(&self, reader: &mut dyn FnMut(&dyn Facts, &Moment));

    /// When the next role ends that the facts have now; none when no further one does.
    fn next_end(&self) -> Option<Timestamp>;

    /// The facts as they are now, for the caller only: no write shows in them, and nothing ends.
    fn copy(&self) -> Arc<dyn TenantView>;

    /// Takes away what has ended by an instant, which another process's clock may have reached sooner.
    fn expire_by(&self, instant: Timestamp);

    /// Makes commits visible, in the order of the log, all of them at once. Those that the view has seen are passed over.
    /// False when they do not follow on the view, or the view follows none: it must then be forgotten, for a part of them
    /// may be in it.
    fn apply(&self, commits: &[Commit]) -> bool;
}

impl dyn TenantView + '_ {
    /// The result of `reader`, which is called once with the facts; see [`TenantView::read`].
    ///
    /// # Panics
    /// When the view's `read` breaks its contract and does not call `reader`.
    pub fn with<T>(&self, reader: impl FnOnce(&dyn Facts, &Moment) -> T) -> T {
        let mut reader = Some(reader);
        let mut result = None;
        self.read(&mut |facts, moment| result = reader.take().map(|reader| reader(facts, moment)));
        result.expect("a view calls its reader once")
    }
}
