//! The use cases: what each question and each governed write does, over the ports that store and views implement.

use std::sync::Arc;

use crate::policy::{Library, Shelf};

mod authorize;
mod changes;
mod commits;
mod error;
mod freshness;
pub mod input;
mod lookup;
mod members;
mod page;
pub mod ports;
mod watch;
mod write;

pub use authorize::{Answer, Question, ResourcePage};
pub use changes::{ChangePage, ListChanges};
pub use error::{Error, Kind, Result, Violation};
pub use freshness::Consistency;
pub use lookup::FoundMember;
pub use members::{ListMembers, ListedMember, MemberPage, Membership};
pub use page::PageToken;
pub use watch::{Told, Watch, WatchFrom, WatchOptions};
pub use write::{
    AcceptInvitation, Accepted, Call, Caller, ChangeRole, ChangeRoles, CreateResource, CreateTenant, CreatedTenant,
    DeleteResource, Deleted, Invite, Invited, Invitee, InviteeResult, MemberAnswer, Misfits, MoveResource, Offer,
    PolicySet, RemoveMember, Removed, RequestKey, ResourceAnswer, RoleChanged, RolesChanged, SetActive, SetArchived,
    SetLock, SetPolicy, TransferOwnership, UpdateMember, Who, Write, Written,
};

/// Everything that the service can be asked, over its ports.
pub struct Service {
    store: Arc<dyn ports::Store>,
    views: Arc<dyn ports::Views>,
    policies: Arc<Shelf>,
    clock: Arc<dyn ports::Clock>,
    random: Arc<dyn ports::Random>,
    commits: commits::Commits,
    watchers: watch::Watchers,
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
        let (commits, watchers) = (commits::Commits::default(), watch::Watchers::new(watch));
        Self { store, views, policies, clock, random, commits, watchers }
    }

    /// The policies that are loaded now.
    pub fn policies(&self) -> Arc<Library> {
        self.policies.current()
    }
}
