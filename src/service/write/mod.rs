//! Governed writes: each is a plan, made from the facts inside the write's own transaction.

mod accept;
mod answers;
mod archive;
mod by_action;
mod call;
mod change_role;
mod create_resource;
mod create_tenant;
mod decline;
mod delete_resource;
mod invitation;
mod invite;
mod lock;
mod misfits;
mod move_resource;
mod refuse;
mod remove;
mod renewal;
mod resend;
mod revoke;
mod run;
mod secret;
mod session;
mod set_policy;
mod standing;
mod suppress;
mod sweep;
mod transfer;
mod update;

pub use accept::AcceptInvitation;
pub use answers::{
    Accepted, AddressAnswer, CreatedTenant, Deleted, InvitationAnswer, Invited, InviteeResult, MemberAnswer, Offer,
    PolicySet, Removed, ResourceAnswer, Revoked, RoleChanged, RolesChanged,
};
pub use archive::SetArchived;
pub use call::{Call, Caller, RequestKey};
pub use change_role::{ChangeRole, ChangeRoles};
pub use create_resource::CreateResource;
pub use create_tenant::CreateTenant;
pub use decline::DeclineInvitation;
pub use delete_resource::DeleteResource;
pub use invite::{Invite, Invitee, Who};
pub use lock::SetLock;
pub use misfits::Misfits;
pub use move_resource::MoveResource;
pub use remove::RemoveMember;
pub use resend::ResendInvitation;
pub use revoke::RevokeInvitation;
pub use run::{Write, Written};
pub use set_policy::SetPolicy;
pub use standing::SetActive;
pub use suppress::SetSuppressed;
pub(super) use sweep::Sweep;
pub use transfer::TransferOwnership;
pub use update::UpdateMember;
