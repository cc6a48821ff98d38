//! The store port: tenants' facts and change logs, kept durably.
//!
//! What holds for every method here and in [`Snapshot`], on every database:
//!
//! - **Calls.** All methods may be called at once, from any task. A future may be dropped: of a commit that is abandoned
//!   so, the whole was committed or nothing.
//! - **Isolation.** What is committed is seen by every read and snapshot that begins later; what is not, by nobody.
//! - **Order.** Strings are compared bytewise, with case: never by a locale or a database's collation.
//! - **Names.** Ids and kinds are compared exactly, identifiers and emails in their normalised form. An unknown tenant is
//!   no error: it has nothing.
//! - **People.** Subjects, profiles and addresses are as they are when they are read, also in changes of long ago. Whoever
//!   was erased is a subject of type `erased`, without a profile; an address that was erased is empty.
//! - **Errors.** Each method may end in [`StoreError::Unavailable`] or [`StoreError::Broken`]; what else, it says itself.
//!
//! [`StoreError::Unavailable`]: super::StoreError::Unavailable
//! [`StoreError::Broken`]: super::StoreError::Broken

use async_trait::async_trait;
use rollcall_engine::{Commit, Head, Subject, Timestamp};

use crate::service::{
    hidden::Hidden,
    ports::{
        batch::{Batch, Committed},
        error::StoreResult,
        reservation::Reservation,
        snapshot::Snapshot,
    },
};

/// Where tenants' facts and their change logs are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Succeeds when the store answers a read now, and is this process's to read. Says nothing of whether it takes writes.
    /// Waits for no other read.
    async fn ping(&self) -> StoreResult<()>;

    /// Whether this process may answer from what it knows of the store, by the last look that [`Store::ping`] or a commit
    /// took. Does no I/O.
    ///
    /// # Errors
    /// Ends in [`StoreError::Lost`](super::StoreError::Lost) alone.
    fn check_owned(&self) -> StoreResult<()>;

    /// Whether the store takes commits, by what the last ones came to. Does little I/O.
    ///
    /// # Errors
    /// Ends as a commit would now.
    fn can_commit(&self) -> StoreResult<()>;

    /// What the store is, the same for as long as it exists, for every process on it, and for its copies.
    async fn identity(&self) -> StoreResult<StoreIdentity>;

    /// The newest commits of these tenants, in no order, each as of the call or later; those that do not exist are left
    /// out. The commits of one call may be of several instants.
    async fn heads(&self, tenants: &[String]) -> StoreResult<Vec<(String, Head)>>;

    /// A tenant as of one instant at or after the call; none when there is no such tenant.
    async fn snapshot(&self, tenant: &str) -> StoreResult<Option<Box<dyn Snapshot>>>;

    /// A tenant as [`Store::snapshot`] has it, of which some was read already, at far less cost where nothing else is. What
    /// it is asked for beyond that is of the same commit, or can't be read, for the tenant has moved on meanwhile:
    /// [`Snapshot::has_moved_on`] tells.
    async fn glance(&self, tenant: &str, glance: &Glance<'_>) -> StoreResult<Option<Box<dyn Snapshot>>>;

    /// Every commit of a tenant after `after`, in the order of the log, all as of one instant at or after the call; or that
    /// the tenant's log has no such commit.
    async fn commits_after(&self, tenant: &str, after: Head) -> StoreResult<Feed>;

    /// The ids after `after`, in their order and each once, of at most `limit` tenants in which a binding has ended or an
    /// invitation is due by `now`. An empty `after` begins with the first.
    ///
    /// A hint only, of no one instant: what is due is read again in a snapshot.
    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>>;

    /// Makes a write durable and visible, all of it at once, if the tenant's newest commit is `expected` still; none: if
    /// there is no such tenant, which the first change of the batch then creates. The changes are applied to the tenant's
    /// facts in order, and appended to its log under the next revision. A grant of a role that is bound already replaces
    /// its end, and an invitation issued under a known id replaces that one.
    ///
    /// Of two calls with the same `expected` one at most commits, and the other is told so with [`Committed::Missed`],
    /// which wrote nothing. [`Batch::gate`] is asked just before it begins; if that says no, it ends with
    /// [`Committed::Withdrawn`], which wrote nothing. A future that is dropped before has its commit withdrawn, unless it
    /// has a gate.
    ///
    /// Where it is unknown whether a commit has happened, that is found out first, and what has not happened is tried again.
    /// Meanwhile, no write of the database or of the tenant begins.
    ///
    /// Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, or there is a response
    /// under the same hash; in `StoreError::Broken` when what a change changes is not there, when there is no change, or
    /// when a tenant is created that exists or is another than that of the write: nothing was written. It ends in
    /// `StoreError::Busy` when too many commits wait, or another process has the write lock for longer than the store's
    /// timeout, and in `StoreError::ReadOnly` when the store may not be written: nothing was written. Nor was anything after
    /// `StoreError::Unavailable`. It ends in `StoreError::Unknown` when the store was closed or lost before the outcome was
    /// known: it may have happened.
    async fn commit(&self, tenant: &str, expected: Option<Head>, batch: &Batch<'_>) -> StoreResult<Committed>;

    /// Keeps everybody else from writing a tenant, so that a write of it that was missed again and again can be planned
    /// and made. None where there is no such tenant, or where only this process writes.
    ///
    /// Ends in `StoreError::Busy` when somebody else keeps it for about a second.
    async fn reserve(&self, tenant: &str) -> StoreResult<Option<Box<dyn Reservation>>>;
}

/// What is read of a tenant at a glance.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// Members that are likely to be asked for: [`Snapshot::member`]. Of many, only the first are read.
    pub members: &'a [Subject],
    /// The hash of a request whose response is likely to be asked for: [`Snapshot::find_response`].
    pub response: Option<&'a str>,
}

/// What a store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreIdentity {
    /// Random bytes by which it is told from any other store, and which every token carries.
    pub id: [u8; 16],
    /// A random key that no other store has. Page tokens are sealed with it.
    pub page_key: Hidden<[u8; 32]>,
}

/// What follows on a commit in a tenant's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feed {
    /// The commits after it, in order; empty where it is the newest.
    Commits(Vec<Commit>),
    /// The log has no such commit: another one has its revision, or none has. This is the newest, zero where there is no
    /// such tenant.
    OtherHistory(Head),
}
