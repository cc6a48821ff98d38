//! The use cases: what each question and each write does, over the ports that the store and the cache implement.

mod commits;
mod error;
pub mod input;
mod page;
pub mod ports;
mod read;
mod resolve;
mod state;
mod sweep;
mod watchers;
mod write;

pub use error::{Error, ErrorKind, Result, Violation};
pub use page::PageToken;
pub use read::{
    ChangePage, CheckOutcome, CheckQuestion, Consistency, FoundInvitation, FoundMember, InvitationPage, ListChanges,
    ListInvitations, ListMembers, ListedMember, MemberPage, Membership, ResourcePage, SuppressedPage, WatchBatch,
    WatchFrom, Watcher,
};
pub use state::{Quotas, Service};
pub use watchers::WatchOptions;
pub use write::{
    AcceptInvitation, AcceptedInvitation, AddressAnswer, Caller, ChangeRole, ChangeRoles, ChangedRole, ChangedRoles,
    CreateResource, CreateTenant, CreatedTenant, DeclineInvitation, DeleteResource, DeletedResources, IdempotencyKey,
    InvitationAnswer, Invite, InviteResults, Invitee, InviteeResult, IssuedInvitation, MemberAnswer, MoveResource,
    PolicyChange, PolicyIncompatibilities, RemoveMember, RemovedMember, RequestContext, ResendInvitation,
    ResourceAnswer, RevokeInvitation, RevokedInvitation, SetActive, SetArchived, SetLock, SetPolicy, SetSuppressed,
    TransferOwnership, UpdateMember, Who, Write, Written,
};
