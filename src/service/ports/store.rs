//! What the service needs from a store.

use std::error::Error as StdError;

use async_trait::async_trait;
use rollcall_engine::{
    Change, Grant, Invitation, LoggedChange, Member, MemberStatus, Resource, ResourceKey, ResourceRef, Revision,
    Snapshot, Subject, SubjectRef, SuppressedAddress, Tenant, Timestamp,
};

use crate::service::ports::{
    invitations::{InvitationQuery, InvitationRecord},
    log::{LogEntry, LogQuery},
};

/// Why the store could not do what it was asked. What the driver said stays inside, for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store can't be reached, or is too busy; a retry may help.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn StdError + Send + Sync>),
    /// Another write took a unique key first.
    #[error("another write took the same key first")]
    Conflict(#[source] Box<dyn StdError + Send + Sync>),
    /// A row does not mean anything, or a statement failed for good: a defect.
    #[error("the store is broken")]
    Broken(#[source] Box<dyn StdError + Send + Sync>),
}

/// The result of asking the store.
pub type StoreResult<T> = Result<T, StoreError>;

/// Where tenants' facts and their change log are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Whether the store answers at all.
    async fn ping(&self) -> StoreResult<()>;

    /// The tenant and its newest revision.
    async fn tenant(&self, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>>;

    /// Feeds a tenant's facts, all as of one revision, into `snapshot`. False when there is no such tenant; the
    /// snapshot has then been told nothing.
    async fn load(&self, tenant: &str, snapshot: &mut dyn Snapshot) -> StoreResult<bool>;

    /// The changes after a revision, in order, with the revision that each belongs to.
    async fn changes_after(&self, tenant: &str, revision: Revision) -> StoreResult<Vec<(Revision, Change)>>;

    /// A part of a tenant's log, in the order asked for. A revision is in it from its commit on, and then whole.
    async fn log(&self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>>;

    /// The first and the last revision of a tenant with a change no earlier than `from` and earlier than `until`; none
    /// when there is none.
    async fn revisions_between(
        &self,
        tenant: &str,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>>;

    /// One registered resource, and the revision at which it was read.
    async fn resource(&self, tenant: &str, key: ResourceRef<'_>) -> StoreResult<Option<(ResourceRecord, Revision)>>;

    /// One member with everything that they hold, and the revision at which they were read.
    async fn member(&self, tenant: &str, by: MemberBy<'_>) -> StoreResult<Option<(MemberRecord, Revision)>>;

    /// A page of members, at most `query.limit` of them, and the revision at which it was read. `held` of each
    /// has only the bindings that `query.reach` names.
    async fn list_members(&self, query: &MemberQuery<'_>) -> StoreResult<(Vec<MemberRecord>, Revision)>;

    /// One invitation by its id, and the revision at which it was read.
    async fn invitation(&self, tenant: &str, id: &str) -> StoreResult<Option<(InvitationRecord, Revision)>>;

    /// A page of invitations, at most `query.limit` of them, and the revision at which it was read.
    async fn list_invitations(&self, query: &InvitationQuery<'_>) -> StoreResult<(Vec<InvitationRecord>, Revision)>;

    /// The tenant's suppressed addresses after the email `after`, in the order of their email, at most `limit` of
    /// them, and the revision at which they were read.
    async fn list_suppressed(
        &self,
        tenant: &str,
        after: &str,
        limit: u32,
    ) -> StoreResult<(Vec<SuppressedAddress>, Revision)>;

    /// The ids after `after`, in their order, of at most `limit` tenants in which something has come due by `now`.
    async fn due(&self, now: Timestamp, after: &str, limit: u32) -> StoreResult<Vec<String>>;

    /// Opens a write: locks the tenant's row, if it exists, until the transaction ends. Dropping the transaction
    /// rolls it back.
    async fn begin(&self, tenant: &str) -> StoreResult<Box<dyn WriteTx>>;
}

/// One write's transaction. Everything read through it is as of the tenant's newest revision.
#[async_trait]
pub trait WriteTx: Send {
    /// The tenant; none when it does not exist (yet).
    fn tenant(&self) -> Option<&Tenant>;

    /// The revision that this write will make: the tenant's next, or 1 for a new tenant.
    fn revision(&self) -> Revision;

    /// The changes after a revision, in order, up to the one before this write's.
    async fn changes_after(&mut self, revision: Revision) -> StoreResult<Vec<(Revision, Change)>>;

    /// One member with everything that they hold.
    async fn member(&mut self, by: MemberBy<'_>) -> StoreResult<Option<MemberRecord>>;

    /// One registered resource.
    async fn resource(&mut self, key: ResourceRef<'_>) -> StoreResult<Option<ResourceRecord>>;

    /// The roles bound at some resources, at most `limit` of them, with who holds them.
    async fn bindings_at(&mut self, resources: &[ResourceKey], limit: usize) -> StoreResult<Vec<(Subject, Grant)>>;

    /// The invitation whose secret has this hash, whatever its status.
    async fn invitation_by_hash(&mut self, token_hash: &str) -> StoreResult<Option<Invitation>>;

    /// The invitation of this id, and the revision that last changed it.
    async fn invitation(&mut self, id: &str) -> StoreResult<Option<(Invitation, Revision)>>;

    /// The open invitation of an email: pending or expired.
    async fn open_invitation(&mut self, email: &str) -> StoreResult<Option<Invitation>>;

    /// The roles that have ended by `now` and whose holders have them still, what ended first before the others, at most
    /// `limit`.
    async fn ended_bindings(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<(Subject, Grant)>>;

    /// The invitations of which something has come due by `now`, what came first before the others, at most `limit`.
    async fn due_invitations(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<Invitation>>;

    /// When the invitation was issued after which `newer` others were, if that was after `since`. Issuing one anew
    /// counts as issuing another.
    async fn issued_before(&mut self, newer: u64, since: Timestamp) -> StoreResult<Option<Timestamp>>;

    /// The suppressed address of this email.
    async fn suppressed(&mut self, email: &str) -> StoreResult<Option<SuppressedAddress>>;

    /// What an earlier write under this request id answered.
    async fn find_response(&mut self, request: &str) -> StoreResult<Option<StoredResponse>>;

    /// Applies the changes to the tables and appends them to the log under this write's revision.
    async fn append(&mut self, entry: &LogEntry<'_>) -> StoreResult<()>;

    /// Keeps the answer for retries.
    async fn save_response(&mut self, answered: &StoredResponse) -> StoreResult<()>;

    /// Makes it durable. After an error it is unknown whether the write happened.
    async fn commit(self: Box<Self>) -> StoreResult<()>;

    /// Undoes it.
    async fn rollback(self: Box<Self>) -> StoreResult<()>;
}

/// What a member is looked up by. Identifiers are normalised.
#[derive(Clone, Copy, Debug)]
pub enum MemberBy<'a> {
    /// The subject.
    Subject(SubjectRef<'a>),
    /// The email.
    Email(&'a str),
    /// The username.
    Username(&'a str),
    /// The phone number.
    Phone(&'a str),
}

/// A resource as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRecord {
    /// The resource.
    pub resource: Resource,
    /// The revision that last changed it.
    pub changed_at: Revision,
}

/// A member as the store has them.
#[derive(Clone, Debug)]
pub struct MemberRecord {
    /// The member.
    pub member: Member,
    /// The revision that last changed them or one of their bindings.
    pub changed_at: Revision,
    /// Bindings of theirs, in the order of resource type, resource id and role.
    pub held: Vec<Grant>,
}

/// Which members to list.
#[derive(Clone, Debug)]
pub struct MemberQuery<'a> {
    /// The tenant's id.
    pub tenant: &'a str,
    /// The bindings that count: of which a member must hold one at least, and which are returned.
    pub reach: Vec<MemberScope>,
    /// Every member is listed, whether they hold one of the bindings or not.
    pub everybody: bool,
    /// Only members who hold one of these roles too, given by place and short name; none: all.
    pub belonging: Option<Vec<(ResourceKey, String)>>,
    /// Members of these subject types are left out, and so is whoever stands for everybody of a type.
    pub people_but: Option<Vec<String>>,
    /// Bindings that have ended by then count no more.
    pub now: Timestamp,
    /// The statuses wanted; none named: all.
    pub statuses: Vec<MemberStatus>,
    /// What a name, email or username must contain, in lower case; empty: anything.
    pub text: String,
    /// The order.
    pub order: MemberOrder,
    /// Start after this place.
    pub after: Option<MemberCursor>,
    /// The most members to return.
    pub limit: u32,
}

/// A binding that makes its holder count as a member of the place asked about.
#[derive(Clone, Debug)]
pub struct MemberScope {
    /// Where it is.
    pub resource: ResourceKey,
    /// The role's short name.
    pub role: String,
    /// Its place in [`MemberOrder::Role`]; a member sorts by their smallest.
    pub rank: i32,
}

impl MemberScope {
    /// The rank of a member who holds nothing that counts.
    pub const NO_RANK: i32 = i32::MAX;
}

/// The orders in which members can be listed; ties go by subject type and id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberOrder {
    /// By display name in lower case.
    Name,
    /// By email; those without one first.
    Email,
    /// By the smallest [`Reach::rank`] that they hold; those who hold none, by [`Reach::NO_RANK`], last.
    Role,
    /// By [`MemberStatus::code`].
    Status,
}

impl MemberOrder {
    /// Whether the value that members are sorted by is a text, and not a number.
    pub fn sorts_by_text(self) -> bool {
        matches!(self, Self::Name | Self::Email)
    }
}

/// A place in a list of members: the sort value and subject of the member before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCursor {
    /// The member's sort value: the text, or the number in decimal.
    pub value: String,
    /// The member.
    pub subject: Subject,
}

/// A request id and what was answered under it.
#[derive(Clone, Debug)]
pub struct StoredResponse {
    /// SHA-256 of the request id, in lower-case hexadecimal: the id itself is never kept.
    pub request: String,
    /// SHA-256 of the method and body, in lower-case hexadecimal.
    pub body: String,
    /// The answer as JSON, with every secret replaced by what it is derived from.
    pub answer: String,
    /// The revision that the write made.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
}
