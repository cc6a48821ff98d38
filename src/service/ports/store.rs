//! The store port: a tenant's facts and change log, kept durably.
//!
//! What holds for every method, on every database:
//!
//! - **Calls.** All methods may be called at once, from any task. A future may be dropped: of a write that is abandoned
//!   so, the whole was committed or nothing.
//! - **Isolation.** Whatever comes with a revision is read as of one instant at which the tenant was at that revision.
//!   What is committed is seen by every read that begins later; what is not, by no other transaction.
//! - **Order.** Strings are compared bytewise, with case: never by a locale or a database's collation.
//! - **Names.** Ids and kinds are compared exactly, identifiers and emails in their normalised form. An unknown tenant
//!   is no error: it has nothing, and lists of it are of revision 0.
//! - **Errors.** Each method may end in [`StoreError::Unavailable`] or [`StoreError::Broken`]; what else, it says
//!   itself.
//!
//! [`StoreError::Unavailable`]: crate::service::ports::StoreError::Unavailable
//! [`StoreError::Broken`]: crate::service::ports::StoreError::Broken

use async_trait::async_trait;
use rollcall_engine::{
    Change, LoggedChange, ResourceRef, Revision, SnapshotSink, SuppressedAddress, Tenant, Timestamp,
};

use crate::service::ports::{
    error::StoreResult,
    invitations::{InvitationQuery, InvitationRecord},
    log::LogQuery,
    members::{MemberBy, MemberQuery, MemberRecord},
    resources::ResourceRecord,
    write_tx::WriteTx,
};

/// Where tenants' facts and their change log are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Succeeds when the store answers a read now. Says nothing of whether it takes writes.
    async fn ping(&self) -> StoreResult<()>;

    /// The store's own random key, the same for as long as the store exists and for every process on it. Page tokens are
    /// sealed with it.
    async fn page_key(&self) -> StoreResult<[u8; 32]>;

    /// The tenant and its newest revision; none when there is no such tenant.
    async fn tenant(&self, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>>;

    /// Feeds a tenant's facts, all as of one revision, into `snapshot`: the tenant first, all else in any order. A
    /// binding that has ended is fed until the log has its `role_expired`.
    ///
    /// False when there is no such tenant; nothing was fed then. After an error a part may have been fed, and the
    /// snapshot is of no use.
    async fn load(&self, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<bool>;

    /// Every change of the revisions after `revision`, in the order of the log, each with its revision. Empty when
    /// there is none, or no such tenant. A revision is in it whole or not at all.
    async fn changes_after(&self, tenant: &str, revision: Revision) -> StoreResult<Vec<(Revision, Change)>>;

    /// A page of a tenant's log, at most `query.limit` changes by revision and number, or backwards. Empty after the
    /// last change, and for an unknown tenant.
    ///
    /// A revision is in the log from its commit on, and then whole, so that a reader who has seen a revision has missed
    /// no earlier one. A page is as of one instant, also one of several kinds.
    async fn log(&self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>>;

    /// The first and the last revision of a tenant with a change no earlier than `from` and earlier than `until`, of
    /// which each is no limit when none. None when there is no such change. A revision between the two may be of
    /// another time, for clocks are set back.
    async fn revisions_between(
        &self,
        tenant: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>>;

    /// One registered resource, and the revision at which it was read. None when there is no such resource or no such
    /// tenant. The root has an id like any other.
    async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> StoreResult<Option<(ResourceRecord, Revision)>>;

    /// One member with all their grants, and the revision at which they were read. None when there is no such member or
    /// no such tenant. A grant that has ended is among them until the log has its `role_expired`.
    async fn member(&self, tenant: &str, by: MemberBy<'_>) -> StoreResult<Option<(MemberRecord, Revision)>>;

    /// A page of members, at most `query.limit` of them in the order of `query.order`, and the revision at which it was
    /// read. `grants` of each has only those that `query.scopes` names and that have not ended by `query.now`. Empty
    /// after the last member, and for an unknown tenant.
    ///
    /// Each page is read at its own revision: a member whose sort value changes between two may be on both or neither.
    ///
    /// A cursor whose value is no number, in an order that sorts by one, is an error: `StoreError::Broken`.
    async fn list_members(&self, query: &MemberQuery<'_>) -> StoreResult<(Vec<MemberRecord>, Revision)>;

    /// One invitation by its id, whatever its status, and the revision at which it was read. None when there is no such
    /// invitation or no such tenant.
    async fn invitation(&self, tenant: &str, id: &str) -> StoreResult<Option<(InvitationRecord, Revision)>>;

    /// A page of invitations, at most `query.limit` of them in the order of `query.order`, and the revision at which it
    /// was read. Empty after the last invitation, and for an unknown tenant. Each page is read at its own revision.
    async fn list_invitations(&self, query: &InvitationQuery<'_>) -> StoreResult<(Vec<InvitationRecord>, Revision)>;

    /// The tenant's suppressed addresses whose email comes after `after`, in the order of their email, at most `limit`
    /// of them, and the revision at which they were read. An empty `after` begins with the first.
    async fn list_suppressed(
        &self,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> StoreResult<(Vec<SuppressedAddress>, Revision)>;

    /// The ids after `after`, in their order and each once, of at most `limit` tenants in which a binding has ended or
    /// an invitation is due by `now`. An empty `after` begins with the first.
    ///
    /// A hint only, of no one instant: what is due is read again under the tenant's lock, as [`WriteTx`] has it.
    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>>;

    /// Begins a write of a tenant, which need not exist, and takes its next revision. Dropping the transaction rolls it
    /// back.
    ///
    /// The tenant's row is locked until the transaction ends: of two calls for one tenant the second waits for the end
    /// of the first, and gets the revision after it if that was committed. A database with one write lock makes the
    /// writes of all tenants wait for each other. A tenant that does not exist has no row to lock: two writes may
    /// create it at once, and the later of them ends in `StoreError::Conflict`. A wait of longer than the store's
    /// timeout ends in `StoreError::Unavailable`.
    async fn begin(&self, tenant: &str) -> StoreResult<Box<dyn WriteTx>>;
}
