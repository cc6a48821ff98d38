//! The parts of stored changes, in the words and forms that are kept.

use rollcall_engine::{
    Acceptance, FailedGrant, GrantedBy, Invitation, InvitationStatus, Member, MemberAccess, MemberStatus, ProfileField,
    Resource, ResourceKey, Tenant, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    service::ports::StoreResult,
    store::schema::people::{Ids, Names},
};

/// The random id of a member, or of whoever else the log names.
pub(in crate::store) type MemberId = String;
/// The random id of an email address.
pub(in crate::store) type AddressId = String;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct TenantRecord {
    id: String,
    display_name: String,
    policy: String,
    policy_version: u32,
    root_type: String,
    created_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct KeyRecord {
    #[serde(rename = "type")]
    pub(in crate::store) resource_type: String,
    pub(in crate::store) id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct ResourceRecord {
    #[serde(flatten)]
    pub(in crate::store) key: KeyRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<KeyRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) owner: Option<MemberId>,
    archived: bool,
    display_name: String,
    created_at: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct FailedGrantRecord {
    resource: KeyRecord,
    role: String,
    reason: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct GrantedByRecord {
    pub(in crate::store) member: MemberId,
    rule: String,
    at: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct MemberRecord {
    pub(in crate::store) id: MemberId,
    #[serde(flatten)]
    access: AccessRecord,
    created_at: i64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(in crate::store) struct AccessRecord {
    status: StatusRecord,
    locked: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StatusRecord {
    Invited,
    Active,
    Deactivated,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum FieldRecord {
    DisplayName,
    Email,
    Username,
    Phone,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct InvitationRecord {
    id: String,
    pub(in crate::store) member: MemberId,
    pub(in crate::store) address: AddressId,
    token_hash: String,
    pub(in crate::store) inviter: MemberId,
    status: InvitationStatusRecord,
    expires_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remind_at: Option<i64>,
    issued_at: i64,
    created_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) accepted: Option<AcceptanceRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::store) struct AcceptanceRecord {
    pub(in crate::store) member: MemberId,
    at: i64,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum InvitationStatusRecord {
    Pending,
    Accepted,
    Revoked,
    Declined,
    Expired,
}

impl TenantRecord {
    pub(super) fn of(tenant: &Tenant) -> Self {
        let Tenant { id, display_name, policy, policy_version, root_type, created_at } = tenant.clone();
        Self { id, display_name, policy, policy_version, root_type, created_at: created_at.0 }
    }

    pub(super) fn into_tenant(self) -> Tenant {
        let Self { id, display_name, policy, policy_version, root_type, created_at } = self;
        Tenant { id, display_name, policy, policy_version, root_type, created_at: Timestamp(created_at) }
    }
}

impl From<&ResourceKey> for KeyRecord {
    fn from(key: &ResourceKey) -> Self {
        Self { resource_type: key.kind.clone(), id: key.id.clone() }
    }
}

impl From<KeyRecord> for ResourceKey {
    fn from(key: KeyRecord) -> Self {
        Self { kind: key.resource_type, id: key.id }
    }
}

impl ResourceRecord {
    pub(super) fn of(resource: &Resource, ids: &Ids) -> StoreResult<Self> {
        Ok(Self {
            key: (&resource.key).into(),
            parent: resource.parent.as_ref().map(KeyRecord::from),
            owner: resource.owner.as_ref().map(|owner| ids.member(owner)).transpose()?,
            archived: resource.archived,
            display_name: resource.display_name.clone(),
            created_at: resource.created_at.0,
        })
    }

    pub(super) fn into_resource(self, names: &Names) -> Resource {
        Resource {
            key: self.key.into(),
            parent: self.parent.map(ResourceKey::from),
            owner: self.owner.map(|owner| names.subject(&owner)),
            archived: self.archived,
            display_name: self.display_name,
            created_at: Timestamp(self.created_at),
        }
    }
}

impl From<&FailedGrant> for FailedGrantRecord {
    fn from(FailedGrant { resource, role, reason }: &FailedGrant) -> Self {
        Self { resource: resource.into(), role: role.clone(), reason: reason.clone() }
    }
}

impl From<FailedGrantRecord> for FailedGrant {
    fn from(FailedGrantRecord { resource, role, reason }: FailedGrantRecord) -> Self {
        Self { resource: resource.into(), role, reason }
    }
}

impl GrantedByRecord {
    pub(super) fn of(granted_by: &GrantedBy, ids: &Ids) -> StoreResult<Self> {
        let GrantedBy { subject, rule, at } = granted_by;
        Ok(Self { member: ids.member(subject)?, rule: rule.clone(), at: at.0 })
    }

    pub(super) fn into_granted_by(self, names: &Names) -> GrantedBy {
        GrantedBy { subject: names.subject(&self.member), rule: self.rule, at: Timestamp(self.at) }
    }
}

impl MemberRecord {
    pub(super) fn of(member: &Member, ids: &Ids) -> StoreResult<Self> {
        let access = AccessRecord::of(member.access());
        Ok(Self { id: ids.member(&member.subject)?, access, created_at: member.created_at.0 })
    }

    /// The member as they were, under the name and with the profile that they have by now.
    pub(super) fn into_member(self, names: &Names) -> Member {
        let MemberAccess { status, locked } = self.access.into_access();
        let (subject, profile) = (names.subject(&self.id), names.profile(&self.id));
        Member { subject, profile, status, locked, created_at: Timestamp(self.created_at) }
    }
}

impl AccessRecord {
    pub(super) fn of(access: MemberAccess) -> Self {
        let status = match access.status {
            MemberStatus::Invited => StatusRecord::Invited,
            MemberStatus::Active => StatusRecord::Active,
            MemberStatus::Deactivated => StatusRecord::Deactivated,
        };
        Self { status, locked: access.locked }
    }

    pub(super) fn into_access(self) -> MemberAccess {
        let status = match self.status {
            StatusRecord::Invited => MemberStatus::Invited,
            StatusRecord::Active => MemberStatus::Active,
            StatusRecord::Deactivated => MemberStatus::Deactivated,
        };
        MemberAccess { status, locked: self.locked }
    }
}

impl From<ProfileField> for FieldRecord {
    fn from(field: ProfileField) -> Self {
        match field {
            ProfileField::DisplayName => Self::DisplayName,
            ProfileField::Email => Self::Email,
            ProfileField::Username => Self::Username,
            ProfileField::Phone => Self::Phone,
        }
    }
}

impl From<FieldRecord> for ProfileField {
    fn from(field: FieldRecord) -> Self {
        match field {
            FieldRecord::DisplayName => Self::DisplayName,
            FieldRecord::Email => Self::Email,
            FieldRecord::Username => Self::Username,
            FieldRecord::Phone => Self::Phone,
        }
    }
}

impl InvitationRecord {
    pub(super) fn of(invitation: &Invitation, ids: &Ids) -> StoreResult<Self> {
        let acceptance = invitation.acceptance.as_ref();
        let accepted = acceptance
            .map(|Acceptance { subject, at }| ids.member(subject).map(|member| AcceptanceRecord { member, at: at.0 }));
        let status = match invitation.status {
            InvitationStatus::Pending => InvitationStatusRecord::Pending,
            InvitationStatus::Accepted => InvitationStatusRecord::Accepted,
            InvitationStatus::Revoked => InvitationStatusRecord::Revoked,
            InvitationStatus::Declined => InvitationStatusRecord::Declined,
            InvitationStatus::Expired => InvitationStatusRecord::Expired,
        };
        Ok(Self {
            id: invitation.id.clone(),
            member: ids.member(&invitation.member)?,
            address: ids.address(&invitation.email)?,
            token_hash: invitation.token_hash.clone(),
            inviter: ids.member(&invitation.inviter)?,
            status,
            expires_at: invitation.expires_at.0,
            remind_at: invitation.remind_at.map(|at| at.0),
            issued_at: invitation.issued_at.0,
            created_at: invitation.created_at.0,
            accepted: accepted.transpose()?,
        })
    }

    pub(super) fn into_invitation(self, names: &Names) -> Invitation {
        let status = match self.status {
            InvitationStatusRecord::Pending => InvitationStatus::Pending,
            InvitationStatusRecord::Accepted => InvitationStatus::Accepted,
            InvitationStatusRecord::Revoked => InvitationStatus::Revoked,
            InvitationStatusRecord::Declined => InvitationStatus::Declined,
            InvitationStatusRecord::Expired => InvitationStatus::Expired,
        };
        let acceptance = self
            .accepted
            .map(|AcceptanceRecord { member, at }| Acceptance { subject: names.subject(&member), at: Timestamp(at) });
        Invitation {
            id: self.id,
            member: names.subject(&self.member),
            email: names.email(&self.address),
            token_hash: self.token_hash,
            inviter: names.subject(&self.inviter),
            status,
            expires_at: Timestamp(self.expires_at),
            remind_at: self.remind_at.map(Timestamp),
            issued_at: Timestamp(self.issued_at),
            created_at: Timestamp(self.created_at),
            acceptance,
        }
    }
}
