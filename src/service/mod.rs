//! The use cases: what each question and each governed write does, over the ports that store and views implement.

use std::sync::Arc;

use tokio::sync::Semaphore;

use rollcall_engine::{Library, Shelf};

mod commits;
mod error;
pub mod input;
mod page;
pub mod ports;
mod read;
mod resolve;
mod sweep;
mod write;

pub use error::{Error, Kind, Result, Violation};
pub use page::PageToken;
pub use read::{
    Answer, ChangePage, Consistency, FoundInvitation, FoundMember, InvitationPage, ListChanges, ListInvitations,
    ListMembers, ListedMember, MemberPage, Membership, Question, ResourcePage, SuppressedPage, Told, Watch, WatchFrom,
    WatchOptions,
};
pub use write::{
    AcceptInvitation, Accepted, AddressAnswer, Call, Caller, ChangeRole, ChangeRoles, CreateResource, CreateTenant,
    CreatedTenant, DeclineInvitation, DeleteResource, Deleted, InvitationAnswer, Invite, Invited, Invitee,
    InviteeResult, MemberAnswer, Misfits, MoveResource, Offer, PolicySet, RemoveMember, Removed, RequestKey,
    ResendInvitation, ResourceAnswer, RevokeInvitation, Revoked, RoleChanged, RolesChanged, SetActive, SetArchived,
    SetLock, SetPolicy, SetSuppressed, TransferOwnership, UpdateMember, Who, Write, Written,
};

/// Everything that the service can be asked, over its ports.
pub struct Service {
    store: Arc<dyn ports::Store>,
    views: Arc<dyn ports::Views>,
    policies: Arc<Shelf>,
    clock: Arc<dyn ports::Clock>,
    random: Arc<dyn ports::Random>,
    commits: commits::Commits,
    watchers: read::watch::Watchers,
    limits: Limits,
    /// A permit for each write that has begun.
    writes: Arc<Semaphore>,
}

/// How many writes are under way at a time: a write that has begun is finished whether or not somebody still waits for it.
const WRITES: usize = 64;

/// How much a tenant may do.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many invitations may be issued in any 24 hours; issuing one anew counts.
    pub invitations_per_day: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { invitations_per_day: 1000 }
    }
}

impl Service {
    /// The service over these ports, with watchers as told.
    pub fn new(
        store: Arc<dyn ports::Store>,
        views: Arc<dyn ports::Views>,
        policies: Arc<Shelf>,
        clock: Arc<dyn ports::Clock>,
        random: Arc<dyn ports::Random>,
        watch: WatchOptions,
    ) -> Self {
        let (commits, watchers) = (commits::Commits::default(), read::watch::Watchers::new(watch));
        let (limits, writes) = (Limits::default(), Arc::new(Semaphore::new(WRITES)));
        Self { store, views, policies, clock, random, commits, watchers, limits, writes }
    }

    /// The same service with other limits.
    #[must_use]
    pub fn limited(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The policies that are loaded now.
    pub fn policies(&self) -> Arc<Library> {
        self.policies.current()
    }
}
