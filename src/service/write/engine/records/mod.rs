//! Answers as they are stored for retries: records with forms of their own, so that answers and the domain may change and
//! what is stored stays readable.
//!
//! A form that was written once is read for as long as responses are kept. A field may be added if it can be left out;
//! what it means never changes. They are here and not with the tables of the store, for the store sees them sealed.

#[cfg(test)]
mod golden;
mod values;

use serde::{Deserialize, Serialize};

use crate::service::{
    error::Result,
    hidden::Hidden,
    write::engine::{
        answers::{
            AcceptedInvitation, AddressAnswer, ChangedRole, ChangedRoles, CreatedTenant, DeletedResources,
            InvitationAnswer, InviteResults, InviteeResult, IssuedInvitation, MemberAnswer, PolicyChange,
            RemovedMember, ResourceAnswer, RevokedInvitation, SweepResult,
        },
        recorded::{Recorded, records},
    },
};

records! {
    pub CreatedTenantRecord of CreatedTenant { tenant: values::Tenant, first_member: MemberAnswer }
    pub PolicyChangeRecord of PolicyChange { tenant: values::Tenant, effects: Vec<values::Effect>, total: u64 }
    pub ResourceAnswerRecord of ResourceAnswer { resource: values::Resource, changed_at: values::Head }
    pub DeletedResourcesRecord of DeletedResources { resources: Vec<values::ResourceKey> }
    pub MemberAnswerRecord of MemberAnswer { member: values::Member, changed_at: values::Head }
    pub InviteResultsRecord of InviteResults { results: Vec<InviteeResult> }
    pub InviteeResultRecord of InviteeResult {
        member: MemberAnswer,
        grants: Vec<values::Grant>,
        issued: Option<IssuedInvitation>,
    }
    pub InvitationAnswerRecord of InvitationAnswer { invitation: values::Invitation, changed_at: values::Head }
    pub RevokedInvitationRecord of RevokedInvitation { invitation: InvitationAnswer, revoked: Vec<values::Grant> }
    pub AddressAnswerRecord of AddressAnswer { address: values::SuppressedAddress }
    pub AcceptedInvitationRecord of AcceptedInvitation {
        member: MemberAnswer,
        grants: Vec<values::Grant>,
        #[serde(default)]
        failed: Vec<values::FailedGrant>,
    }
    pub ChangedRoleRecord of ChangedRole { member: MemberAnswer, previous_role: String }
    pub ChangedRolesRecord of ChangedRoles { results: Vec<ChangedRole> }
    pub RemovedMemberRecord of RemovedMember { revoked: Vec<values::Grant> }
    pub(crate) SweepResultRecord of SweepResult { changes: u64, more: bool }
}

/// [`IssuedInvitation`] as it is stored: without its token, which is derived anew from the nonce and the request's secret.
#[derive(Debug, Serialize, Deserialize)]
pub struct IssuedInvitationRecord {
    invitation: InvitationAnswerRecord,
    nonce: String,
}

impl Recorded for IssuedInvitation {
    type Record = IssuedInvitationRecord;

    fn to_record(&self) -> IssuedInvitationRecord {
        IssuedInvitationRecord { invitation: self.invitation.to_record(), nonce: self.nonce.clone() }
    }

    fn from_record(record: IssuedInvitationRecord) -> Result<Self> {
        let invitation = InvitationAnswer::from_record(record.invitation)?;
        Ok(Self { invitation, nonce: record.nonce, token: Hidden::default() })
    }
}
