//! The port of one write's transaction: reads under the tenant's lock, the changes, and the commit.

use async_trait::async_trait;
use rollcall_engine::{
    Change, Grant, Invitation, ResourceKey, ResourceRef, Revision, Subject, SuppressedAddress, Tenant, Timestamp,
};

use crate::service::ports::{
    error::StoreResult,
    log::LogEntry,
    members::{MemberBy, MemberRecord},
    resources::ResourceRecord,
};

/// One write's transaction, which [`Store::begin`](crate::service::ports::Store::begin) opened.
///
/// Everything is read as of the revision before this write's, with what was appended through this transaction. Nobody
/// else sees any of it before the commit, and no other write of the tenant comes between. Dropped, it is rolled back.
///
/// After an error of any method the transaction can only be rolled back or dropped: a later commit fails. What holds
/// for all methods of [`Store`](crate::service::ports::Store) holds here too.
#[async_trait]
pub trait WriteTx: Send {
    /// The tenant; none when there is none, or none yet. One that was appended as created is there at once.
    fn tenant(&self) -> Option<&Tenant>;

    /// The revision that this write will make: the tenant's next, or 1 for a new tenant.
    fn revision(&self) -> Revision;

    /// Every change of the revisions after `revision` and before this write's, in the order of the log, each with its
    /// revision.
    async fn changes_after(&mut self, revision: Revision) -> StoreResult<Vec<(Revision, Change)>>;

    /// One member with all their grants; none when there is no such member. A grant that has ended is among them until
    /// the log has its `role_expired`.
    async fn member(&mut self, by: MemberBy<'_>) -> StoreResult<Option<MemberRecord>>;

    /// One registered resource; none when there is no such resource.
    async fn resource(&mut self, key: ResourceRef<'_>) -> StoreResult<Option<ResourceRecord>>;

    /// The grants at these resources with their holders, at most `limit` of them, in no order. Those that have ended
    /// are among them until the log has their `role_expired`. A resource that there is not has none.
    async fn bindings_at(&mut self, resources: &[ResourceKey], limit: usize) -> StoreResult<Vec<(Subject, Grant)>>;

    /// The invitation whose secret has this SHA-256, in lower-case hexadecimal, whatever its status. None when no
    /// invitation has it now: issuing one again replaces its secret.
    async fn invitation_by_hash(&mut self, token_hash: &str) -> StoreResult<Option<Invitation>>;

    /// The invitation of this id, whatever its status, and the revision that last changed it; none when there is none.
    async fn invitation(&mut self, id: &str) -> StoreResult<Option<(Invitation, Revision)>>;

    /// The open invitation of a normalised email, pending or expired, of which there is one at most; none when there is
    /// none.
    async fn open_invitation(&mut self, email: &str) -> StoreResult<Option<Invitation>>;

    /// The grants that have ended by `now` and whose `role_expired` the log has not, with their holders, at most
    /// `limit`: by the instant of their end, then by holder, resource and role.
    async fn ended_bindings(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<(Subject, Grant)>>;

    /// The invitations whose reminder or expiry is due by `now`, at most `limit`: by the instant when they became due,
    /// then by id.
    async fn due_invitations(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<Invitation>>;

    /// Of the tenant's issues of invitations later than `since`, the time of the one that exactly `newer` came after,
    /// by their times; none when there are `newer` or fewer. Issuing an invitation again is an issue of its own.
    async fn issued_before(&mut self, newer: u64, since: Timestamp) -> StoreResult<Option<Timestamp>>;

    /// The suppressed address of this normalised email; none when it is not suppressed.
    async fn suppressed(&mut self, email: &str) -> StoreResult<Option<SuppressedAddress>>;

    /// The response that a committed write saved under this hash of a request id; none when there was no such write.
    async fn find_response(&mut self, request_hash: &str) -> StoreResult<Option<StoredResponse>>;

    /// Applies the changes to the tables, in order, and appends them to the log under this write's revision, numbered
    /// on from those appended before. A grant of a role that is bound already replaces its end, and an invitation
    /// issued under a known id replaces that one. A commit without any change would be a revision without one, and is a
    /// defect of the caller.
    ///
    /// Ends in `StoreError::Conflict` when a change takes a key or an identifier that is taken, and in
    /// `StoreError::Broken` when what it changes is not there, or when it creates a second tenant, or another than that
    /// of this write.
    async fn append(&mut self, entry: &LogEntry<'_>) -> StoreResult<()>;

    /// Saves the response for retries, to be found from the commit on. Ends in `StoreError::Conflict` when the tenant
    /// has one under this hash already.
    async fn save_response(&mut self, response: &StoredResponse) -> StoreResult<()>;

    /// Makes the write durable and visible, all of it at once. Ends in `StoreError::Broken`, without a commit, when a
    /// method failed before. After any other error it is unknown whether the write happened.
    async fn commit(self: Box<Self>) -> StoreResult<()>;

    /// Undoes the write and releases its locks. They are released after an error too.
    async fn rollback(self: Box<Self>) -> StoreResult<()>;
}

/// The response of a write, stored for retries under the hash of its request id. It is unique in its tenant.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// SHA-256 of the request id, as 64 lower-case hexadecimal digits: the id itself is never stored.
    pub request_hash: String,
    /// SHA-256 of the method and body, as 64 lower-case hexadecimal digits: tells a retry from another request.
    pub body_hash: String,
    /// The response as JSON, with every secret replaced by what it is derived from.
    pub answer: String,
    /// The revision that the write made.
    pub revision: Revision,
    /// The time of the write, as the log has it.
    pub at: Timestamp,
}
