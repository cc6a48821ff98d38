//! What writes answer. Answers are kept as JSON for retries, so they hold nothing that must not be stored.

use rollcall_engine::{Effect, Grant, Invitation, Member, Resource, ResourceKey, Revision, SuppressedAddress, Tenant};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::service::write::engine::secret::Secret;

/// An answer that can be kept for retries.
pub trait StorableResponse: Serialize + DeserializeOwned + Send + 'static {
    /// Puts in what is not stored.
    fn reveal(&mut self, _secret: &Secret) {}
}

/// A tenant was created.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedTenant {
    /// The tenant.
    pub tenant: Tenant,
    /// The type of its root resource.
    pub root_type: String,
    /// Its first member.
    pub first_member: MemberAnswer,
}

/// A tenant was moved to another version of its policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyChange {
    /// The tenant.
    pub tenant: Tenant,
    /// The type of its root resource.
    pub root_type: String,
    /// Who gains and loses what: the first effects.
    pub effects: Vec<Effect>,
    /// How many effects there are.
    pub total: u64,
}

/// A resource as it is after the write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResourceAnswer {
    /// The resource.
    pub resource: Resource,
    /// The revision that last changed it.
    pub changed_at: Revision,
}

/// A resource was deleted, with all that was below it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeletedResources {
    /// Every resource that is gone, what is below before what is above.
    pub resources: Vec<ResourceKey>,
}

/// A member as they are after the write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberAnswer {
    /// The member.
    pub member: Member,
    /// The revision that last changed them or one of their bindings.
    pub changed_at: Revision,
}

/// People were given roles.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InviteResults {
    /// One result an invitee, in the order of the request.
    pub results: Vec<InviteeResult>,
}

/// What became of one invitee.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InviteeResult {
    /// The member, added or invited.
    pub member: MemberAnswer,
    /// The roles that this call gave them.
    pub grants: Vec<Grant>,
    /// For somebody invited, the pending invitation.
    pub issued: Option<IssuedInvitation>,
}

/// An invitation as it is after the write.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InvitationAnswer {
    /// The invitation.
    pub invitation: Invitation,
    /// The revision that last changed it.
    pub changed_at: Revision,
}

/// An invitation under a new secret, as it is told to whoever issued it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssuedInvitation {
    /// The pending invitation.
    pub invitation: InvitationAnswer,
    /// What the token is derived from.
    pub(crate) nonce: String,
    /// The secret that accepts it: put in when the answer goes out, never stored.
    #[serde(skip)]
    pub token: String,
}

/// An invitation was taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevokedInvitation {
    /// The invitation.
    pub invitation: InvitationAnswer,
    /// The roles that it would have given.
    pub revoked: Vec<Grant>,
}

/// An address was suppressed, or cleared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddressAnswer {
    /// The address, as it is or was suppressed.
    pub address: SuppressedAddress,
}

/// An invitation became a membership.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcceptedInvitation {
    /// The member.
    pub member: MemberAnswer,
    /// The roles that the invitation gave.
    pub grants: Vec<Grant>,
}

/// A role was exchanged for another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedRole {
    /// The member.
    pub member: MemberAnswer,
    /// The short name of the role before.
    pub previous_role: String,
}

/// Several roles were exchanged.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChangedRoles {
    /// One result a change, in the order of the request.
    pub results: Vec<ChangedRole>,
}

/// Somebody was taken out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RemovedMember {
    /// The roles that they held and hold no more.
    pub revoked: Vec<Grant>,
}

/// What had come due has happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SweepResult {
    /// How many changes that were.
    pub(crate) changes: u64,
    /// Whether there is more than one write makes.
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
        self.token = secret.token(&self.nonce);
    }
}

impl StorableResponse for InviteResults {
    fn reveal(&mut self, secret: &Secret) {
        for offer in self.results.iter_mut().filter_map(|result| result.issued.as_mut()) {
            offer.reveal(secret);
        }
    }
}
