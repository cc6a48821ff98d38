//! Changes as the log stores them: JSON with a `kind`, in which people and addresses are random ids.
//!
//! A kind that was written once is read for ever. A field may be added if it can be left out; what it means never changes.

use rollcall_engine::{Change, FailedGrant, ProfileField, ResourceKey, SuppressedAddress, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    service::ports::{StoreError, StoreResult},
    store::schema::{
        people::{Ids, Names},
        values::{
            AccessRecord, AddressId, FailedGrantRecord, FieldRecord, GrantedByRecord, InvitationRecord, KeyRecord,
            MemberId, MemberRecord, ResourceRecord, TenantRecord,
        },
    },
};

/// One change of the log. Times are microseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "few exist at a time")]
pub(in crate::store) enum ChangeRecord {
    TenantCreated {
        tenant: TenantRecord,
    },
    PolicySet {
        policy: String,
        from: u32,
        to: u32,
    },
    ResourceCreated {
        resource: ResourceRecord,
    },
    ResourceArchived {
        resource: KeyRecord,
    },
    ResourceRestored {
        resource: KeyRecord,
    },
    ResourceMoved {
        resource: KeyRecord,
        from: KeyRecord,
        to: KeyRecord,
    },
    ResourceDeleted {
        resource: ResourceRecord,
    },
    OwnerChanged {
        resource: KeyRecord,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<MemberId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<MemberId>,
    },
    MemberAdded {
        member: MemberRecord,
    },
    MemberUpdated {
        member: MemberRecord,
        before: AccessRecord,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changed_fields: Vec<FieldRecord>,
    },
    MemberRemoved {
        member: MemberRecord,
    },
    RoleGranted {
        holder: MemberId,
        resource: KeyRecord,
        role: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        granted_by: Option<GrantedByRecord>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offer_ends_at: Option<i64>,
    },
    RoleChanged {
        holder: MemberId,
        resource: KeyRecord,
        from: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_expires_at: Option<i64>,
        to: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<i64>,
    },
    RoleRevoked {
        holder: MemberId,
        resource: KeyRecord,
        role: String,
    },
    RoleExpired {
        holder: MemberId,
        resource: KeyRecord,
        role: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_last: bool,
    },
    InvitationIssued {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<InvitationRecord>,
        invitation: InvitationRecord,
    },
    InvitationAccepted {
        id: String,
        address: AddressId,
        member: MemberId,
        at: i64,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        failed: Vec<FailedGrantRecord>,
    },
    InvitationRevoked {
        id: String,
        address: AddressId,
        member: MemberId,
    },
    InvitationDeclined {
        id: String,
        address: AddressId,
        member: MemberId,
    },
    InvitationExpired {
        id: String,
        address: AddressId,
        member: MemberId,
    },
    InvitationReminderDue {
        id: String,
        address: AddressId,
        member: MemberId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<i64>,
    },
    InvitationReminderWithheld {
        id: String,
        address: AddressId,
        member: MemberId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remind_at: Option<i64>,
    },
    AddressSuppressed {
        address: AddressId,
        at: i64,
    },
    AddressCleared {
        address: AddressId,
    },
}

/// The kinds that this version reads.
pub(super) const KINDS: [&str; 24] = [
    "tenant_created",
    "policy_set",
    "resource_created",
    "resource_archived",
    "resource_restored",
    "resource_moved",
    "resource_deleted",
    "owner_changed",
    "member_added",
    "member_updated",
    "member_removed",
    "role_granted",
    "role_changed",
    "role_revoked",
    "role_expired",
    "invitation_issued",
    "invitation_accepted",
    "invitation_revoked",
    "invitation_declined",
    "invitation_expired",
    "invitation_reminder_due",
    "invitation_reminder_withheld",
    "address_suppressed",
    "address_cleared",
];

impl ChangeRecord {
    /// The record of a change that is written.
    #[allow(clippy::too_many_lines, reason = "one arm for each kind")]
    pub(in crate::store) fn of(change: &Change, ids: &Ids) -> StoreResult<Self> {
        let micros = |at: &Option<Timestamp>| at.map(|at| at.0);
        Ok(match change {
            Change::TenantCreated { tenant } => Self::TenantCreated { tenant: TenantRecord::of(tenant) },
            Change::PolicySet { policy, from, to } => Self::PolicySet { policy: policy.clone(), from: *from, to: *to },
            Change::ResourceCreated { resource } => {
                Self::ResourceCreated { resource: ResourceRecord::of(resource, ids)? }
            }
            Change::ResourceArchived { resource } => Self::ResourceArchived { resource: resource.into() },
            Change::ResourceRestored { resource } => Self::ResourceRestored { resource: resource.into() },
            Change::ResourceMoved { resource, from, to } => {
                Self::ResourceMoved { resource: resource.into(), from: from.into(), to: to.into() }
            }
            Change::ResourceDeleted { resource } => {
                Self::ResourceDeleted { resource: ResourceRecord::of(resource, ids)? }
            }
            Change::OwnerChanged { resource, from, to } => Self::OwnerChanged {
                resource: resource.into(),
                from: from.as_ref().map(|owner| ids.member(owner)).transpose()?,
                to: to.as_ref().map(|owner| ids.member(owner)).transpose()?,
            },
            Change::MemberAdded { member } => Self::MemberAdded { member: MemberRecord::of(member, ids)? },
            Change::MemberUpdated { before, member, changed_fields } => Self::MemberUpdated {
                member: MemberRecord::of(member, ids)?,
                before: AccessRecord::of(*before),
                changed_fields: changed_fields.iter().copied().map(FieldRecord::from).collect(),
            },
            Change::MemberRemoved { member } => Self::MemberRemoved { member: MemberRecord::of(member, ids)? },
            Change::RoleGranted { subject, resource, role, expires_at, granted_by, offer_ends_at } => {
                let granted_by = granted_by.as_ref().map(|granted_by| GrantedByRecord::of(granted_by, ids));
                Self::RoleGranted {
                    holder: ids.member(subject)?,
                    resource: resource.into(),
                    role: role.clone(),
                    expires_at: micros(expires_at),
                    granted_by: granted_by.transpose()?,
                    offer_ends_at: micros(offer_ends_at),
                }
            }
            Change::RoleChanged { subject, resource, from, from_expires_at, to, expires_at } => Self::RoleChanged {
                holder: ids.member(subject)?,
                resource: resource.into(),
                from: from.clone(),
                from_expires_at: micros(from_expires_at),
                to: to.clone(),
                expires_at: micros(expires_at),
            },
            Change::RoleRevoked { subject, resource, role } => {
                Self::RoleRevoked { holder: ids.member(subject)?, resource: resource.into(), role: role.clone() }
            }
            Change::RoleExpired { subject, resource, role, is_last } => Self::RoleExpired {
                holder: ids.member(subject)?,
                resource: resource.into(),
                role: role.clone(),
                is_last: *is_last,
            },
            Change::InvitationIssued { before, invitation } => Self::InvitationIssued {
                before: before.as_ref().map(|before| InvitationRecord::of(before, ids)).transpose()?,
                invitation: InvitationRecord::of(invitation, ids)?,
            },
            Change::InvitationAccepted { id, email, subject, at, failed } => Self::InvitationAccepted {
                id: id.clone(),
                address: ids.address(email)?,
                member: ids.member(subject)?,
                at: at.0,
                failed: failed.iter().map(FailedGrantRecord::from).collect(),
            },
            Change::InvitationRevoked { id, member, email } => {
                Self::InvitationRevoked { id: id.clone(), address: ids.address(email)?, member: ids.member(member)? }
            }
            Change::InvitationDeclined { id, member, email } => {
                Self::InvitationDeclined { id: id.clone(), address: ids.address(email)?, member: ids.member(member)? }
            }
            Change::InvitationExpired { id, member, email } => {
                Self::InvitationExpired { id: id.clone(), address: ids.address(email)?, member: ids.member(member)? }
            }
            Change::InvitationReminderDue { id, member, email, remind_at, is_withheld } => {
                let (id, address, member) = (id.clone(), ids.address(email)?, ids.member(member)?);
                let remind_at = micros(remind_at);
                if *is_withheld {
                    Self::InvitationReminderWithheld { id, address, member, remind_at }
                } else {
                    Self::InvitationReminderDue { id, address, member, remind_at }
                }
            }
            Change::AddressSuppressed { address } => {
                Self::AddressSuppressed { address: ids.address(&address.email)?, at: address.created_at.0 }
            }
            Change::AddressCleared { email } => Self::AddressCleared { address: ids.address(email)? },
            Change::Unknown { kind } => {
                let cause = format!("a change of the unknown kind `{kind}` can't be written");
                return Err(StoreError::Broken(cause.into()));
            }
        })
    }

    /// The record in a row of the log; none for a kind that this version does not know.
    pub(in crate::store) fn parse(kind: &str, data: &str) -> StoreResult<Option<Self>> {
        if !KINDS.contains(&kind) {
            return Ok(None);
        }
        serde_json::from_str(data).map(Some).map_err(|error| StoreError::Broken(Box::new(error)))
    }

    /// The record as the log keeps it.
    pub(in crate::store) fn to_json(&self) -> StoreResult<String> {
        serde_json::to_string(self).map_err(|error| StoreError::Broken(Box::new(error)))
    }

    /// What it is about: the id of the member, or of the address. None for one that is about a resource alone.
    pub(in crate::store) fn about(&self) -> Option<&str> {
        match self {
            Self::MemberAdded { member } | Self::MemberUpdated { member, .. } | Self::MemberRemoved { member } => {
                Some(&member.id)
            }
            Self::RoleGranted { holder, .. }
            | Self::RoleChanged { holder, .. }
            | Self::RoleRevoked { holder, .. }
            | Self::RoleExpired { holder, .. } => Some(holder),
            Self::InvitationIssued { invitation, .. } => Some(&invitation.member),
            Self::InvitationAccepted { member, .. }
            | Self::InvitationRevoked { member, .. }
            | Self::InvitationDeclined { member, .. }
            | Self::InvitationExpired { member, .. }
            | Self::InvitationReminderDue { member, .. }
            | Self::InvitationReminderWithheld { member, .. } => Some(member),
            Self::OwnerChanged { from, to, .. } => to.as_deref().or(from.as_deref()),
            Self::AddressSuppressed { address, .. } | Self::AddressCleared { address } => Some(address),
            Self::TenantCreated { .. }
            | Self::PolicySet { .. }
            | Self::ResourceCreated { .. }
            | Self::ResourceArchived { .. }
            | Self::ResourceRestored { .. }
            | Self::ResourceMoved { .. }
            | Self::ResourceDeleted { .. } => None,
        }
    }

    /// Calls `note` with the id of each person that it names.
    pub(in crate::store) fn each_member<'r>(&'r self, mut note: impl FnMut(&'r str)) {
        match self {
            Self::ResourceCreated { resource } | Self::ResourceDeleted { resource } => {
                resource.owner.iter().for_each(|owner| note(owner));
            }
            Self::OwnerChanged { from, to, .. } => from.iter().chain(to).for_each(|owner| note(owner)),
            Self::InvitationIssued { before, invitation } => {
                for invitation in before.iter().chain([invitation]) {
                    note(&invitation.member);
                    note(&invitation.inviter);
                    invitation.accepted.iter().for_each(|accepted| note(&accepted.member));
                }
            }
            Self::RoleGranted { holder, granted_by, .. } => {
                note(holder);
                if let Some(granted_by) = granted_by {
                    note(&granted_by.member);
                }
            }
            Self::AddressSuppressed { .. } | Self::AddressCleared { .. } => {}
            _ => self.about().into_iter().for_each(note),
        }
    }

    /// Calls `note` with the id of each address that it names.
    pub(in crate::store) fn each_address<'r>(&'r self, mut note: impl FnMut(&'r str)) {
        match self {
            Self::InvitationIssued { before, invitation } => {
                before.iter().chain([invitation]).for_each(|invitation| note(&invitation.address));
            }
            Self::InvitationAccepted { address, .. }
            | Self::InvitationRevoked { address, .. }
            | Self::InvitationDeclined { address, .. }
            | Self::InvitationExpired { address, .. }
            | Self::InvitationReminderDue { address, .. }
            | Self::InvitationReminderWithheld { address, .. }
            | Self::AddressSuppressed { address, .. }
            | Self::AddressCleared { address } => note(address),
            _ => {}
        }
    }

    /// The change that it stands for, with people as they are by now.
    #[allow(clippy::too_many_lines, reason = "one arm for each kind")]
    pub(in crate::store) fn into_change(self, names: &Names) -> Change {
        let key = ResourceKey::from;
        let end = |at: Option<i64>| at.map(Timestamp);
        match self {
            Self::TenantCreated { tenant } => Change::TenantCreated { tenant: tenant.into_tenant() },
            Self::PolicySet { policy, from, to } => Change::PolicySet { policy, from, to },
            Self::ResourceCreated { resource } => Change::ResourceCreated { resource: resource.into_resource(names) },
            Self::ResourceArchived { resource } => Change::ResourceArchived { resource: key(resource) },
            Self::ResourceRestored { resource } => Change::ResourceRestored { resource: key(resource) },
            Self::ResourceMoved { resource, from, to } => {
                Change::ResourceMoved { resource: key(resource), from: key(from), to: key(to) }
            }
            Self::ResourceDeleted { resource } => Change::ResourceDeleted { resource: resource.into_resource(names) },
            Self::OwnerChanged { resource, from, to } => Change::OwnerChanged {
                resource: key(resource),
                from: from.map(|owner| names.subject(&owner)),
                to: to.map(|owner| names.subject(&owner)),
            },
            Self::MemberAdded { member } => Change::MemberAdded { member: member.into_member(names) },
            Self::MemberUpdated { member, before, changed_fields } => Change::MemberUpdated {
                before: before.into_access(),
                member: member.into_member(names),
                changed_fields: changed_fields.into_iter().map(ProfileField::from).collect(),
            },
            Self::MemberRemoved { member } => Change::MemberRemoved { member: member.into_member(names) },
            Self::RoleGranted { holder, resource, role, expires_at, granted_by, offer_ends_at } => {
                Change::RoleGranted {
                    subject: names.subject(&holder),
                    resource: key(resource),
                    role,
                    expires_at: end(expires_at),
                    granted_by: granted_by.map(|granted_by| granted_by.into_granted_by(names)),
                    offer_ends_at: end(offer_ends_at),
                }
            }
            Self::RoleChanged { holder, resource, from, from_expires_at, to, expires_at } => Change::RoleChanged {
                subject: names.subject(&holder),
                resource: key(resource),
                from,
                from_expires_at: end(from_expires_at),
                to,
                expires_at: end(expires_at),
            },
            Self::RoleRevoked { holder, resource, role } => {
                Change::RoleRevoked { subject: names.subject(&holder), resource: key(resource), role }
            }
            Self::RoleExpired { holder, resource, role, is_last } => {
                Change::RoleExpired { subject: names.subject(&holder), resource: key(resource), role, is_last }
            }
            Self::InvitationIssued { before, invitation } => Change::InvitationIssued {
                before: before.map(|before| before.into_invitation(names)),
                invitation: invitation.into_invitation(names),
            },
            Self::InvitationAccepted { id, address, member, at, failed } => Change::InvitationAccepted {
                id,
                email: names.email(&address),
                subject: names.subject(&member),
                at: Timestamp(at),
                failed: failed.into_iter().map(FailedGrant::from).collect(),
            },
            Self::InvitationRevoked { id, address, member } => {
                let (member, email) = (names.subject(&member), names.email(&address));
                Change::InvitationRevoked { id, member, email }
            }
            Self::InvitationDeclined { id, address, member } => {
                let (member, email) = (names.subject(&member), names.email(&address));
                Change::InvitationDeclined { id, member, email }
            }
            Self::InvitationExpired { id, address, member } => {
                let (member, email) = (names.subject(&member), names.email(&address));
                Change::InvitationExpired { id, member, email }
            }
            Self::InvitationReminderDue { id, address, member, remind_at } => {
                let (member, email) = (names.subject(&member), names.email(&address));
                Change::InvitationReminderDue { id, member, email, remind_at: end(remind_at), is_withheld: false }
            }
            Self::InvitationReminderWithheld { id, address, member, remind_at } => {
                let (member, email) = (names.subject(&member), names.email(&address));
                Change::InvitationReminderDue { id, member, email, remind_at: end(remind_at), is_withheld: true }
            }
            Self::AddressSuppressed { address, at } => {
                let address = names.address(&address);
                let (email, detail) = (address.email, address.suppressed_for);
                Change::AddressSuppressed { address: SuppressedAddress { email, detail, created_at: Timestamp(at) } }
            }
            Self::AddressCleared { address } => Change::AddressCleared { email: names.email(&address) },
        }
    }
}
