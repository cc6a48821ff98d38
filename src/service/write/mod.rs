//! Writes: each is planned from the facts of one commit, decided by the policy there, and committed right after it.

pub(crate) mod engine;
pub(crate) mod invitations;
pub(crate) mod members;
pub(crate) mod resources;
pub(crate) mod tenants;

pub use engine::answers::{
    AcceptedInvitation, AddressAnswer, ChangedRole, ChangedRoles, CreatedTenant, DeletedResources, InvitationAnswer,
    InviteResults, InviteeResult, IssuedInvitation, MemberAnswer, PolicyChange, RemovedMember, ResourceAnswer,
    RevokedInvitation,
};
pub(crate) use engine::computation::Computations;
pub use engine::plan::{Write, Written};
pub(crate) use engine::queue::WriteQueues;
pub use engine::request_context::{IdempotencyKey, RequestContext};
pub use invitations::accept::AcceptInvitation;
pub use invitations::decline::DeclineInvitation;
pub use invitations::invite::{Invite, Invitee, Who};
pub use invitations::resend::ResendInvitation;
pub use invitations::revoke::RevokeInvitation;
pub use invitations::suppress::SetSuppressed;
pub use members::activation::SetActive;
pub use members::change_role::{ChangeRole, ChangeRoles};
pub use members::lock::SetLock;
pub use members::remove::RemoveMember;
pub use members::update::UpdateMember;
pub use resources::archive::SetArchived;
pub use resources::create_resource::CreateResource;
pub use resources::delete_resource::DeleteResource;
pub use resources::move_resource::MoveResource;
pub use resources::transfer::TransferOwnership;
pub use tenants::create_tenant::CreateTenant;
pub use tenants::incompatibilities::PolicyIncompatibilities;
pub use tenants::set_policy::SetPolicy;
pub(crate) use tenants::sweep::Sweep;
