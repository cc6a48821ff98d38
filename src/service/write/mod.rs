//! Governed writes: each is a plan, made from the facts inside the write's own transaction.

mod accept;
mod answers;
mod call;
mod change_role;
mod create_resource;
mod create_tenant;
mod invite;
mod lock;
mod misfits;
mod refuse;
mod remove;
mod run;
mod secret;
mod session;
mod set_policy;
mod update;

pub use accept::AcceptInvitation;
pub use answers::{
    Accepted, CreatedResource, CreatedTenant, Invited, InviteeResult, MemberAnswer, Offer, PolicySet, Removed,
    RoleChanged,
};
pub use call::{Call, Caller, RequestKey};
pub use change_role::ChangeRole;
pub use create_resource::CreateResource;
pub use create_tenant::CreateTenant;
pub use invite::{Invite, Invitee, Who};
pub use lock::SetLock;
pub use misfits::Misfits;
pub use remove::RemoveMember;
pub use run::{Write, Written};
pub use set_policy::SetPolicy;
pub use update::UpdateMember;
