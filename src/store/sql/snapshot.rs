//! One tenant in one read transaction.

use std::{
    collections::{BTreeSet, HashMap},
    pin::Pin,
};

use async_trait::async_trait;
use rollcall_engine::{
    Commit, Grant, Head, Invitation, LoggedChange, Resource, ResourceKey, ResourceRef, Revision, SnapshotSink, Subject,
    SuppressedAddress, Tenant, Timestamp,
};
use tokio::runtime::Handle;

use crate::{
    service::ports::{
        InvitationQuery, InvitationRecord, LogQuery, MemberBy, MemberQuery, MemberRecord, ResourceRecord, Snapshot,
        StoreResult, StoredResponse,
    },
    store::{
        connections::Lease,
        error::{defect, unavailable},
        sql::{
            due, feed, invitations, list, load, log,
            look::Seen,
            member,
            newest::{Newest, newest},
            people, read, subtree,
        },
    },
};

/// A tenant as of the instant at which its transaction began, or at which it was looked at.
pub(in crate::store) struct SqlSnapshot {
    /// None while all that was read was seen in the look, and while it is dropped.
    tx: Option<Lease>,
    /// What the look saw, and how a transaction is begun for what it did not see.
    look: Option<(Seen, Begin)>,
    has_moved_on: bool,
    tenant: Tenant,
    head: Head,
    committed_at: Timestamp,
    /// Whether every statement so far was run to its end and succeeded. Otherwise its connection is closed.
    is_intact: bool,
}

/// Begins a read transaction.
pub(in crate::store) type Begin =
    Box<dyn Fn() -> Pin<Box<dyn Future<Output = StoreResult<Lease>> + Send>> + Send + Sync>;

/// Runs a read in the snapshot's transaction, and notes its outcome. A future that is dropped in between notes nothing, and
/// so the snapshot stays broken.
macro_rules! reading {
    ($self:ident, |$tx:ident, $tenant:ident| $read:expr) => {
        reading!($self, true, |$tx, $tenant| $read)
    };
    ($self:ident, $is_limited:expr, |$tx:ident, $tenant:ident| $read:expr) => {{
        $self.open().await?;
        $self.is_intact = false;
        let ($tx, $tenant) = ($self.tx.as_ref().ok_or_else(|| defect("the snapshot is closed"))?, &*$self.tenant.id);
        let found = if $is_limited {
            $tx.limited($read).await
        } else {
            $tx.take_limit_off().await?;
            $read.await
        };
        $self.is_intact = found.is_ok();
        found
    }};
}

impl SqlSnapshot {
    /// The tenant, read first in this transaction; none when there is no such tenant, and the transaction is over.
    pub(in crate::store) async fn begin(tx: Lease, tenant: &str) -> StoreResult<Option<Self>> {
        let Some(Newest { tenant, head, committed_at }) = tx.limited(newest(&*tx, tenant)).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let (tx, look, has_moved_on) = (Some(tx), None, false);
        Ok(Some(Self { tx, look, has_moved_on, tenant, head, committed_at, is_intact: true }))
    }

    /// The tenant as it was seen. No transaction is open for it until something else is read.
    pub(in crate::store) fn seen(seen: Seen, begin: Begin) -> Self {
        let Newest { tenant, head, committed_at } = seen.newest.clone();
        let (tx, look, has_moved_on) = (None, Some((seen, begin)), false);
        Self { tx, look, has_moved_on, tenant, head, committed_at, is_intact: true }
    }

    /// Makes sure that there is a transaction, in which the tenant is where it was.
    async fn open(&mut self) -> StoreResult<()> {
        let (None, Some((_, begin))) = (&self.tx, &self.look) else { return Ok(()) };
        let tx = begin().await?;
        let head = tx.limited(newest(&*tx, &self.tenant.id)).await?.map(|newest| newest.head);
        if head != Some(self.head) {
            // Not kept: what it reads is of another commit.
            self.has_moved_on = true;
            tx.rollback().await?;
            return Err(unavailable("the tenant has moved on since it was looked at"));
        }
        self.tx = Some(tx);
        Ok(())
    }
}

#[async_trait]
impl Snapshot for SqlSnapshot {
    fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    fn head(&self) -> Head {
        self.head
    }

    fn committed_at(&self) -> Timestamp {
        self.committed_at
    }

    fn has_moved_on(&self) -> bool {
        self.has_moved_on
    }

    async fn load(&mut self, sink: &mut dyn SnapshotSink) -> StoreResult<()> {
        let whole = (self.tenant.clone(), self.head);
        reading!(self, false, |tx, _tenant| load::load(tx, whole, sink))
    }

    async fn commits_after(&mut self, revision: Revision, limit: u32) -> StoreResult<Vec<Commit>> {
        reading!(self, false, |tx, tenant| feed::commits(&**tx, tenant, revision, Some(limit)))
    }

    async fn commit_at(&mut self, revision: Revision) -> StoreResult<Option<Head>> {
        let found = reading!(self, |tx, tenant| read::commit_at(&**tx, tenant, revision));
        Ok(found?.map(|(head, _)| head))
    }

    async fn log(&mut self, query: &LogQuery<'_>) -> StoreResult<Vec<LoggedChange>> {
        reading!(self, |tx, tenant| log::page(&**tx, tenant, query))
    }

    async fn revisions_between(
        &mut self,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> StoreResult<Option<(Revision, Revision)>> {
        reading!(self, |tx, tenant| log::revisions_between(&**tx, tenant, from, until))
    }

    async fn subject_of_email(&mut self, email: &str) -> StoreResult<Option<Subject>> {
        reading!(self, |tx, tenant| read::subject_of_email(&**tx, tenant, email))
    }

    async fn member(&mut self, by: MemberBy<'_>) -> StoreResult<Option<MemberRecord>> {
        if let Some(seen) = self.look.as_ref().and_then(|(seen, _)| seen.member(by)) {
            return Ok(seen.clone());
        }
        reading!(self, |tx, tenant| member::one(&**tx, tenant, by))
    }

    async fn subjects(&mut self, ids: &BTreeSet<&str>) -> StoreResult<HashMap<String, Subject>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        reading!(self, |tx, tenant| people::subjects(&**tx, tenant, ids))
    }

    async fn list_members(&mut self, query: &MemberQuery) -> StoreResult<Vec<MemberRecord>> {
        reading!(self, |tx, tenant| list::members(tx, tenant, query))
    }

    async fn resource(&mut self, key: ResourceRef<'_>) -> StoreResult<Option<ResourceRecord>> {
        reading!(self, |tx, tenant| read::resource(&**tx, tenant, key))
    }

    async fn resources_below(&mut self, key: ResourceRef<'_>, limit: usize) -> StoreResult<Vec<Resource>> {
        reading!(self, |tx, tenant| subtree::below(&**tx, tenant, key, limit))
    }

    async fn bindings_at(&mut self, resources: &[ResourceKey], limit: usize) -> StoreResult<Vec<(Subject, Grant)>> {
        reading!(self, |tx, tenant| read::bindings_at(&**tx, tenant, resources, limit))
    }

    async fn invitation(&mut self, id: &str) -> StoreResult<Option<InvitationRecord>> {
        reading!(self, |tx, tenant| invitations::one(tx, tenant, id))
    }

    async fn invitation_by_hash(&mut self, token_hash: &str) -> StoreResult<Option<Invitation>> {
        reading!(self, |tx, tenant| read::invitation_by_hash(&**tx, tenant, token_hash))
    }

    async fn open_invitation(&mut self, email: &str) -> StoreResult<Option<Invitation>> {
        reading!(self, |tx, tenant| read::open_invitation(&**tx, tenant, email))
    }

    async fn list_invitations(&mut self, query: &InvitationQuery<'_>) -> StoreResult<Vec<InvitationRecord>> {
        reading!(self, |tx, tenant| invitations::list(tx, tenant, query))
    }

    async fn suppressed(&mut self, email: &str) -> StoreResult<Option<SuppressedAddress>> {
        reading!(self, |tx, tenant| read::suppressed(&**tx, tenant, email))
    }

    async fn list_suppressed(
        &mut self,
        after: Option<&str>,
        limit: u32,
    ) -> StoreResult<Vec<(String, SuppressedAddress)>> {
        reading!(self, |tx, tenant| read::suppressed_page(&**tx, tenant, after, limit))
    }

    async fn ended_bindings(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<(Subject, Grant)>> {
        reading!(self, |tx, tenant| due::ended_bindings(&**tx, tenant, now, limit))
    }

    async fn due_invitations(&mut self, now: Timestamp, limit: u32) -> StoreResult<Vec<InvitationRecord>> {
        reading!(self, |tx, tenant| due::due_invitations(tx, tenant, now, limit))
    }

    async fn issued_before(&mut self, newer: u64, since: Timestamp) -> StoreResult<Option<Timestamp>> {
        reading!(self, |tx, tenant| read::issued_before(&**tx, tenant, newer, since))
    }

    async fn find_response(&mut self, request_hash: &str) -> StoreResult<Option<StoredResponse>> {
        if let Some(seen) = self.look.as_ref().and_then(|(seen, _)| seen.response(request_hash)) {
            return Ok(seen.clone());
        }
        reading!(self, |tx, tenant| read::find_response(&**tx, tenant, request_hash))
    }
}

/// Gives the connection back, in a task of its own, for a transaction is ended by a statement.
impl Drop for SqlSnapshot {
    fn drop(&mut self) {
        if let (Some(tx), true, Ok(runtime)) = (self.tx.take(), self.is_intact, Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = tx.rollback().await {
                    tracing::warn!(%error, "a read transaction was not ended cleanly; its connection is closed");
                }
            });
        }
    }
}
