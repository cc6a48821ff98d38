//! The use cases: what each question and each write does, over the ports that the store and the cache implement.

mod caller;
mod commits;
mod error;
mod hidden;
pub mod input;
mod page;
pub mod ports;
mod read;
mod resolve;
mod rights;
mod state;
mod sweep;
mod watchers;
mod write;

pub use caller::Caller;
pub use error::{Error, ErrorKind, MAX_REFUSAL_BYTES, Refusal, RefusedFor, Result, Violation};
pub use hidden::Hidden;
pub use page::PageToken;
pub use read::{
    Basis, BatchItem, ChangePage, CheckOutcome, CheckQuestion, Consistency, FoundInvitation, FoundMember,
    InvitationPage, ListChanges, ListInvitations, ListMembers, ListedInvitation, ListedMember, MemberPage, MemberRole,
    Membership, ResourcePage, SuppressedPage, WatchBatch, WatchFrom, Watcher,
};
pub use rights::{Right, Rights, TenantPattern};
pub use state::{Quotas, Service};
pub use watchers::WatchOptions;
pub use write::{
    AcceptInvitation, AcceptedInvitation, AddressAnswer, ChangeRole, ChangeRoles, ChangedRole, ChangedRoles,
    CreateResource, CreateTenant, CreatedTenant, DeclineInvitation, DeleteResource, DeletedResources, IdempotencyKey,
    InvitationAnswer, Invite, InviteResults, Invitee, InviteeResult, IssuedInvitation, MemberAnswer, MoveResource,
    PolicyChange, PolicyIncompatibilities, RemoveMember, RemovedMember, RequestContext, ResendInvitation,
    ResourceAnswer, RevokeInvitation, RevokedInvitation, SetActive, SetArchived, SetLock, SetPolicy, SetSuppressed,
    TransferOwnership, UpdateMember, Who, Write, Written,
};
