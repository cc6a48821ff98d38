//! The answers of writes.

use rollcall_engine::{
    Effect, FailedGrant, Grant, Head, Invitation, Member, Resource, ResourceKey, SuppressedAddress, Tenant,
};

use crate::service::{
    hidden::Hidden,
    write::engine::{recorded::Recorded, secret::Secret},
};

/// An answer that can be stored for retries.
pub trait StorableResponse: Recorded + Send + Sync + 'static {
    /// Fills in what is derived from the request's secret and not stored; nothing by default.
    fn reveal(&mut self, _secret: &Secret) {}
}

/// The answer to the creation of a tenant.
#[derive(Clone, Debug)]
pub struct CreatedTenant {
    /// The tenant as it was created.
    pub tenant: Tenant,
    /// The first member, who is active.
    pub first_member: MemberAnswer,
}

/// The answer to a switch of a tenant to another version of its policy.
#[derive(Clone, Debug)]
pub struct PolicyChange {
    /// The tenant, under the new version.
    pub tenant: Tenant,
    /// Who gains and loses what: the first 1,000 effects.
    pub effects: Vec<Effect>,
    /// How many effects there are in all.
    pub total: u64,
}

/// A resource as it is after the write.
#[derive(Clone, Debug)]
pub struct ResourceAnswer {
    /// The resource as it will be stored.
    pub resource: Resource,
    /// The commit that last changed it.
    pub changed_at: Head,
}

/// The answer to the deletion of a resource and its subtree.
#[derive(Clone, Debug)]
pub struct DeletedResources {
    /// Every deleted resource, children before parents.
    pub resources: Vec<ResourceKey>,
}

/// A member as they are after the write.
#[derive(Clone, Debug)]
pub struct MemberAnswer {
    /// The member as they will be stored.
    pub member: Member,
    /// The commit that last changed them or one of their bindings.
    pub changed_at: Head,
}

/// The answer to an invitation of people to roles.
#[derive(Clone, Debug)]
pub struct InviteResults {
    /// One result for each invitee, in the order of the request.
    pub results: Vec<InviteeResult>,
}

/// What became of one invitee.
#[derive(Clone, Debug)]
pub struct InviteeResult {
    /// The member: active, or invited until they accept.
    pub member: MemberAnswer,
    /// The roles that this request gave them, the joining role included; roles that they had already are left out.
    pub grants: Vec<Grant>,
    /// The invitation that was issued; none for a member who is active.
    pub issued: Option<IssuedInvitation>,
}

/// An invitation as it is after the write.
#[derive(Clone, Debug)]
pub struct InvitationAnswer {
    /// The invitation as it will be stored.
    pub invitation: Invitation,
    /// The commit that last changed it.
    pub changed_at: Head,
}

/// An invitation that was issued under a new token, which only its issuer sees.
#[derive(Clone, Debug)]
pub struct IssuedInvitation {
    /// The invitation, which is pending.
    pub invitation: InvitationAnswer,
    /// What the token is derived from, beside the request's secret.
    pub(crate) nonce: String,
    /// The token that accepts it, 43 characters of URL-safe base64. Filled in when the answer is sent, never stored.
    pub token: Hidden<String>,
}

/// The answer to the revocation of an invitation.
#[derive(Clone, Debug)]
pub struct RevokedInvitation {
    /// The invitation, whose status is revoked.
    pub invitation: InvitationAnswer,
    /// The roles that the invited member would have got.
    pub revoked: Vec<Grant>,
}

/// The answer to the suppression or clearing of an address.
#[derive(Clone, Debug)]
pub struct AddressAnswer {
    /// The address as it is suppressed, or was before it was cleared.
    pub address: SuppressedAddress,
}

/// The answer to the acceptance of an invitation.
#[derive(Clone, Debug)]
pub struct AcceptedInvitation {
    /// The member who accepted.
    pub member: MemberAnswer,
    /// The roles that the invitation gave them; what they could not take is left out.
    pub grants: Vec<Grant>,
    /// Those that it offered, and that who offered them may not give any more.
    pub failed: Vec<FailedGrant>,
}

/// The answer to a change of a role.
#[derive(Clone, Debug)]
pub struct ChangedRole {
    /// The member whose role was changed.
    pub member: MemberAnswer,
    /// The short name of the role that was replaced.
    pub previous_role: String,
}

/// The answer to several changes of roles.
#[derive(Clone, Debug)]
pub struct ChangedRoles {
    /// One result for each change, in the order of the request.
    pub results: Vec<ChangedRole>,
}

/// The answer to a removal from a resource or the tenant.
#[derive(Clone, Debug)]
pub struct RemovedMember {
    /// The roles that were revoked.
    pub revoked: Vec<Grant>,
}

/// The answer to a sweep.
#[derive(Clone, Debug)]
pub(crate) struct SweepResult {
    /// How many changes it made.
    pub(crate) changes: u64,
    /// Whether more is due than one write handles.
    pub(crate) more: bool,
}

impl StorableResponse for CreatedTenant {}
impl StorableResponse for PolicyChange {}
impl StorableResponse for ResourceAnswer {}
impl StorableResponse for DeletedResources {}
impl StorableResponse for MemberAnswer {}
impl StorableResponse for AcceptedInvitation {}
impl StorableResponse for ChangedRole {}
impl StorableResponse for ChangedRoles {}
impl StorableResponse for RemovedMember {}
impl StorableResponse for InvitationAnswer {}
impl StorableResponse for RevokedInvitation {}
impl StorableResponse for AddressAnswer {}
impl StorableResponse for SweepResult {}

impl StorableResponse for IssuedInvitation {
    fn reveal(&mut self, secret: &Secret) {
        self.token = Hidden::new(secret.token(&self.nonce));
    }
}

impl StorableResponse for InviteResults {
    fn reveal(&mut self, secret: &Secret) {
        for issued in self.results.iter_mut().filter_map(|result| result.issued.as_mut()) {
            issued.reveal(secret);
        }
    }
}
