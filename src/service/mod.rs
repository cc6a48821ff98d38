//! The use cases: what each question and each governed write does, over the ports that store and views implement.

use std::sync::Arc;

use tokio::sync::Semaphore;

use rollcall_engine::{PolicySet, PolicyStore};

mod commits;
mod error;
pub mod input;
mod page;
pub mod ports;
mod read;
mod resolve;
mod sweep;
mod write;

pub use error::{Error, ErrorKind, Result, Violation};
pub use page::PageToken;
pub use read::{
    Answer, ChangePage, Consistency, FoundInvitation, FoundMember, InvitationPage, ListChanges, ListInvitations,
    ListMembers, ListedMember, MemberPage, Membership, Question, ResourcePage, SuppressedPage, Watch, WatchBatch,
    WatchFrom, WatchOptions,
};
pub use write::{
    AcceptInvitation, AcceptedInvitation, AddressAnswer, Caller, ChangeRole, ChangeRoles, ChangedRole, ChangedRoles,
    CreateResource, CreateTenant, CreatedTenant, DeclineInvitation, DeleteResource, DeletedResources, IdempotencyKey,
    InvitationAnswer, Invite, InviteResults, Invitee, InviteeResult, IssuedInvitation, MemberAnswer, MoveResource,
    PolicyChange, PolicyIncompatibilities, RemoveMember, RemovedMember, RequestContext, ResendInvitation,
    ResourceAnswer, RevokeInvitation, RevokedInvitation, SetActive, SetArchived, SetLock, SetPolicy, SetSuppressed,
    TransferOwnership, UpdateMember, Who, Write, Written,
};

/// Everything that the service can be asked, over its ports.
pub struct Service {
    store: Arc<dyn ports::Store>,
    views: Arc<dyn ports::Views>,
    policies: Arc<PolicyStore>,
    clock: Arc<dyn ports::Clock>,
    random: Arc<dyn ports::Random>,
    commits: commits::Commits,
    watchers: read::watch::Watchers,
    limits: Quotas,
    /// A permit for each write that has begun.
    writes: Arc<Semaphore>,
}

/// How many writes are under way at a time: a write that has begun is finished whether or not somebody still waits for it.
const WRITES: usize = 64;

/// How much a tenant may do.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// How many invitations may be issued in any 24 hours; issuing one anew counts.
    pub invitations_per_day: u32,
}

impl Default for Quotas {
    fn default() -> Self {
        Self { invitations_per_day: 1000 }
    }
}

impl Service {
    /// The service over these ports, with watchers as told.
    pub fn new(
        store: Arc<dyn ports::Store>,
        views: Arc<dyn ports::Views>,
        policies: Arc<PolicyStore>,
        clock: Arc<dyn ports::Clock>,
        random: Arc<dyn ports::Random>,
        watch: WatchOptions,
    ) -> Self {
        let (commits, watchers) = (commits::Commits::default(), read::watch::Watchers::new(watch));
        let (limits, writes) = (Quotas::default(), Arc::new(Semaphore::new(WRITES)));
        Self { store, views, policies, clock, random, commits, watchers, limits, writes }
    }

    /// The same service with other limits.
    #[must_use]
    pub fn limited(self, limits: Quotas) -> Self {
        Self { limits, ..self }
    }

    /// The policies that are loaded now.
    pub fn policies(&self) -> Arc<PolicySet> {
        self.policies.current()
    }
}
