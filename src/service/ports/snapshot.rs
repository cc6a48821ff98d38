//! The port of one tenant as of one instant: everything that is read of it there belongs together.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use rollcall_engine::{
    Commit, Grant, Head, Invitation, LoggedChange, Resource, ResourceKey, ResourceRef, Revision, SnapshotSink, Subject,
    SuppressedAddress, Tenant, Timestamp,
};

use crate::service::ports::{
    batch::StoredResponse,
    error::StoreResult,
    invitations::{InvitationQuery, InvitationRecord},
    log::LogQuery,
    members::{MemberBy, MemberQuery, MemberRecord},
    resources::ResourceRecord,
};

/// One tenant as of the instant at which [`Store::snapshot`](super::Store::snapshot) was called, whatever is committed
/// meanwhile. What holds for all methods of [`Store`](super::Store) holds here too. After an error it can only be dropped.
///
/// A database keeps what was there for as long as a snapshot of it is open, so it is dropped soon.
#[async_trait]
pub trait Snapshot: Send {
    /// The tenant, with the version of its policy as of that instant.
    fn tenant(&self) -> &Tenant;

    /// The tenant's newest commit.
    fn head(&self) -> Head;

    /// When the newest commit was made.
    fn committed_at(&self) -> Timestamp;

    /// Whether a read failed because the tenant was not at that commit any more: never so unless [`Store::glance`] made it.
    ///
    /// [`Store::glance`]: super::Store::glance
    fn has_moved_on(&self) -> bool;

    /// Feeds the tenant's facts into `sink`: the tenant first, all else in any order. A binding that has ended is fed until
    /// the log has its `role_expired`. After an error a part may have been fed, and the sink is of no use.
    async fn load(&mut self, sink: &mut dyn SnapshotSink) -> StoreResult<()>;

    /// At most `limit` commits after this revision, in the order of the log.
    async fn commits_after(&mut self, revision: Revision, limit: u32) -> StoreResult<Vec<Commit>>;

    /// The commit of a revision; none when the log has none.
    async fn commit_at(&mut self, revision: Revision) -> StoreResult<Option<Head>>;

    /// A page of the change log, at most `query.limit` changes in the order of the log, or backwards. Empty when there are
    /// no more. A page may end within a revision.
    async fn log(&mut self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>>;

    /// The first and the last revision with a commit at `from` or later and before `until`; none when there is none.
    async fn revisions_between(
        &mut self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>>;

    /// The subject that has this normalised email: an active, deactivated or invited member; none when nobody has.
    async fn subject_of_email(&mut self, email: &str) -> StoreResult<Option<Subject>>;

    /// One member with all their grants; none when there is no such member. A grant that has ended is among them until the
    /// log has its `role_expired`.
    async fn member(&mut self, by: MemberBy<'_>) -> StoreResult<Option<MemberRecord>>;

    /// The subjects behind these random ids of members, and of whoever else wrote in the tenant; of whom was erased one of
    /// type `erased`.
    async fn subjects(&mut self, ids: &BTreeSet<&str>) -> StoreResult<HashMap<String, Subject>>;

    /// A page of members, at most `query.limit` of them in the order of `query.order`. Empty after the last member. Whoever
    /// was erased is in none. A position that can't be found any more ends in `StoreError::LostPosition`.
    async fn list_members(&mut self, query: &MemberQuery) -> StoreResult<Vec<MemberRecord>>;

    /// One registered resource; none when there is no such resource.
    async fn resource(&mut self, key: ResourceRef<'_>) -> StoreResult<Option<ResourceRecord>>;

    /// A registered resource and what is below it, each after its parent, at most `limit` of them. Empty when there is no
    /// such resource.
    async fn resources_below(&mut self, key: ResourceRef<'_>, limit: usize) -> StoreResult<Vec<Resource>>;

    /// The grants at these resources with their holders, at most `limit` of them, in no order. Those that have ended are
    /// among them until the log has their `role_expired`. A resource that there is not has none.
    async fn bindings_at(&mut self, resources: &[ResourceKey], limit: usize) -> StoreResult<Vec<(Subject, Grant)>>;

    /// The invitation of this id, whatever its status, with its member's name and grants; none when there is none.
    async fn invitation(&mut self, id: &str) -> StoreResult<Option<InvitationRecord>>;

    /// The invitation of whose links one has this secret's SHA-256, in lower-case hexadecimal, whatever its status. None
    /// when no link has it now: issuing an invitation again replaces its links.
    async fn invitation_by_hash(&mut self, token_hash: &str) -> StoreResult<Option<Invitation>>;

    /// The open invitation of a normalised email, pending or expired, of which there is one at most; none when there is
    /// none.
    async fn open_invitation(&mut self, email: &str) -> StoreResult<Option<Invitation>>;

    /// A page of invitations, at most `query.limit` of them in the order of `query.order`. Empty after the last one. After an
    /// address that was erased it ends in `StoreError::LostPosition`.
    async fn list_invitations(&mut self, query: &InvitationQuery<'_>) -> StoreResult<Vec<InvitationRecord>>;

    /// The suppressed address of this normalised email; none when it is not suppressed.
    async fn suppressed(&mut self, email: &str) -> StoreResult<Option<SuppressedAddress>>;

    /// The suppressed addresses after the one with this id, in the order of their email, at most `limit` of them, each with
    /// its id. None begins with the first. After an address that was erased it ends in `StoreError::LostPosition`.
    async fn list_suppressed(
        &mut self,
        after: Option<&str>,
        limit: u32,
    ) -> StoreResult<Vec<(String, SuppressedAddress)>>;

    /// The grants that have ended by `now` and whose `role_expired` the log has not, with their holders, at most `limit`:
    /// by the instant of their end, then in no order that matters.
    async fn ended_bindings(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<(Subject, Grant)>>;

    /// The invitations whose reminder or expiry is due by `now`, at most `limit`: by the instant when they became due, then
    /// by id.
    async fn due_invitations(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<InvitationRecord>>;

    /// Of the tenant's issues of invitations later than `since`, the time of the one that exactly `newer` came after, by
    /// their times; none when there are `newer` or fewer. Issuing an invitation again is an issue of its own.
    async fn issued_before(&mut self, newer: u64, since: Timestamp) -> StoreResult<Option<Timestamp>>;

    /// The response that a committed write saved under this hash of a request id; none when there was no such write.
    async fn find_response(&mut self, request_hash: &str) -> StoreResult<Option<StoredResponse>>;
}
