use serde::{Deserialize, Serialize};

use crate::domain::{
    Grant, Invitation, Member, Resource, ResourceKey, Revision, Subject, SuppressedAddress, Tenant, Timestamp,
};

/// One fact that a write made true. The log keeps these as JSON; the tables and every view are what comes of
/// applying a tenant's changes in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// The tenant exists.
    TenantCreated {
        /// As it was created.
        tenant: Tenant,
    },
    /// The tenant runs another version of its policy.
    PolicySet {
        /// The policy's name.
        policy: String,
        /// The version before.
        from: u32,
        /// The version now.
        to: u32,
    },
    /// A resource is registered.
    ResourceCreated {
        /// As it was registered.
        resource: Resource,
    },
    /// A resource is archived.
    ResourceArchived {
        /// Which.
        resource: ResourceKey,
    },
    /// A resource is archived no more.
    ResourceRestored {
        /// Which.
        resource: ResourceKey,
    },
    /// A resource hangs from another parent, with all that is below it.
    ResourceMoved {
        /// Which.
        resource: ResourceKey,
        /// The parent before.
        from: ResourceKey,
        /// The parent now.
        to: ResourceKey,
    },
    /// A resource is gone. What was below it is, by changes before this one, and so are the roles bound at it.
    ResourceDeleted {
        /// As it was.
        resource: Resource,
    },
    /// A resource has another owner.
    OwnerChanged {
        /// Which.
        resource: ResourceKey,
        /// The owner before, if it had one.
        from: Option<Subject>,
        /// The owner now; none when they left the tenant.
        to: Option<Subject>,
    },
    /// A member exists, invited or active.
    MemberAdded {
        /// As they were added.
        member: Member,
    },
    /// A member's profile, status or lock is another.
    MemberUpdated {
        /// As they were.
        before: Member,
        /// As they are now.
        member: Member,
    },
    /// A member is gone. Their bindings were revoked by changes before this one.
    MemberRemoved {
        /// As they were.
        member: Member,
    },
    /// A role is bound to a member at a resource.
    RoleGranted {
        /// Who holds it.
        subject: Subject,
        /// Where.
        resource: ResourceKey,
        /// The role's short name.
        role: String,
        /// From this instant on it counts no more; none for one that lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// A member's role at a resource was exchanged for another, or got another end.
    RoleChanged {
        /// Who holds it.
        subject: Subject,
        /// Where.
        resource: ResourceKey,
        /// The short name of the role before.
        from: String,
        /// When that one would have ended; none for one that lasted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_expires_at: Option<Timestamp>,
        /// The short name of the role now; the same one when only its end is another.
        to: String,
        /// From this instant on it counts no more; none for one that lasts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// A role is bound to a member no more.
    RoleRevoked {
        /// Who held it.
        subject: Subject,
        /// Where.
        resource: ResourceKey,
        /// The role's short name.
        role: String,
    },
    /// A role is bound no more because its time is over: its own, or that of the invitation that gave it.
    RoleExpired {
        /// Who held it.
        subject: Subject,
        /// Where.
        resource: ResourceKey,
        /// The role's short name.
        role: String,
    },
    /// An invitation is open, or is issued anew under another secret.
    InvitationIssued {
        /// As it was, if it was open.
        before: Option<Invitation>,
        /// As it is now.
        invitation: Invitation,
    },
    /// An invitation became a membership.
    InvitationAccepted {
        /// The invitation's id.
        id: String,
        /// The email that it was bound to.
        email: String,
        /// Who accepted.
        subject: Subject,
    },
    /// An invitation was taken back.
    InvitationRevoked {
        /// The invitation's id.
        id: String,
        /// The email that it was bound to.
        email: String,
    },
    /// An invitation was turned down.
    InvitationDeclined {
        /// The invitation's id.
        id: String,
        /// The email that it was bound to.
        email: String,
    },
    /// An invitation's time is over.
    InvitationExpired {
        /// The invitation's id.
        id: String,
        /// The email that it is bound to.
        email: String,
    },
    /// It is time to remind somebody of their invitation.
    InvitationReminderDue {
        /// The invitation's id.
        id: String,
        /// The email that it is bound to.
        email: String,
        /// When the next reminder is due; none: this was the last.
        remind_at: Option<Timestamp>,
    },
    /// Nothing may be sent to an address any more. A pending invitation to it has no further reminders.
    AddressSuppressed {
        /// The address, and why.
        address: SuppressedAddress,
    },
    /// An address may be sent to again.
    AddressCleared {
        /// The normalised email.
        email: String,
    },
}

impl Change {
    /// A role is bound to a subject.
    pub fn granted(subject: &Subject, grant: &Grant) -> Self {
        let Grant { resource, role, expires_at } = grant.clone();
        Self::RoleGranted { subject: subject.clone(), resource, role, expires_at }
    }

    /// A role is bound to a subject no more.
    pub fn revoked(subject: &Subject, grant: &Grant) -> Self {
        let Grant { resource, role, .. } = grant.clone();
        Self::RoleRevoked { subject: subject.clone(), resource, role }
    }

    /// The stable name of this kind of change, as the log's `kind` column has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::TenantCreated { .. } => "tenant_created",
            Self::PolicySet { .. } => "policy_set",
            Self::ResourceCreated { .. } => "resource_created",
            Self::ResourceArchived { .. } => "resource_archived",
            Self::ResourceRestored { .. } => "resource_restored",
            Self::ResourceMoved { .. } => "resource_moved",
            Self::ResourceDeleted { .. } => "resource_deleted",
            Self::OwnerChanged { .. } => "owner_changed",
            Self::MemberAdded { .. } => "member_added",
            Self::MemberUpdated { .. } => "member_updated",
            Self::MemberRemoved { .. } => "member_removed",
            Self::RoleGranted { .. } => "role_granted",
            Self::RoleChanged { .. } => "role_changed",
            Self::RoleRevoked { .. } => "role_revoked",
            Self::RoleExpired { .. } => "role_expired",
            Self::InvitationIssued { .. } => "invitation_issued",
            Self::InvitationAccepted { .. } => "invitation_accepted",
            Self::InvitationRevoked { .. } => "invitation_revoked",
            Self::InvitationDeclined { .. } => "invitation_declined",
            Self::InvitationExpired { .. } => "invitation_expired",
            Self::InvitationReminderDue { .. } => "invitation_reminder_due",
            Self::AddressSuppressed { .. } => "address_suppressed",
            Self::AddressCleared { .. } => "address_cleared",
        }
    }

    /// Whom this is about, if anybody. Somebody invited goes by their email.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::MemberAdded { member } | Self::MemberUpdated { member, .. } | Self::MemberRemoved { member } => {
                Some(member.subject.clone())
            }
            Self::RoleGranted { subject, .. }
            | Self::RoleChanged { subject, .. }
            | Self::RoleRevoked { subject, .. }
            | Self::RoleExpired { subject, .. }
            | Self::InvitationAccepted { subject, .. } => Some(subject.clone()),
            Self::InvitationIssued { invitation, .. } => Some(Subject::email(&invitation.email)),
            Self::InvitationRevoked { email, .. }
            | Self::InvitationDeclined { email, .. }
            | Self::InvitationExpired { email, .. }
            | Self::InvitationReminderDue { email, .. }
            | Self::AddressCleared { email } => Some(Subject::email(email)),
            Self::AddressSuppressed { address } => Some(Subject::email(&address.email)),
            Self::OwnerChanged { from, to, .. } => to.as_ref().or(from.as_ref()).cloned(),
            Self::TenantCreated { .. }
            | Self::PolicySet { .. }
            | Self::ResourceCreated { .. }
            | Self::ResourceArchived { .. }
            | Self::ResourceRestored { .. }
            | Self::ResourceMoved { .. }
            | Self::ResourceDeleted { .. } => None,
        }
    }

    /// Where this is, if at a resource.
    pub fn resource(&self) -> Option<&ResourceKey> {
        match self {
            Self::ResourceCreated { resource } | Self::ResourceDeleted { resource } => Some(&resource.key),
            Self::ResourceArchived { resource }
            | Self::ResourceRestored { resource }
            | Self::ResourceMoved { resource, .. }
            | Self::OwnerChanged { resource, .. }
            | Self::RoleGranted { resource, .. }
            | Self::RoleChanged { resource, .. }
            | Self::RoleRevoked { resource, .. }
            | Self::RoleExpired { resource, .. } => Some(resource),
            Self::TenantCreated { .. }
            | Self::PolicySet { .. }
            | Self::MemberAdded { .. }
            | Self::MemberUpdated { .. }
            | Self::MemberRemoved { .. }
            | Self::InvitationIssued { .. }
            | Self::InvitationAccepted { .. }
            | Self::InvitationRevoked { .. }
            | Self::InvitationDeclined { .. }
            | Self::InvitationExpired { .. }
            | Self::InvitationReminderDue { .. }
            | Self::AddressSuppressed { .. }
            | Self::AddressCleared { .. } => None,
        }
    }
}

/// A change as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// Where in the log.
    pub place: LogPlace,
    /// What changed.
    pub change: Change,
    /// On whose behalf.
    pub actor: Subject,
    /// Through which caller.
    pub caller: String,
    /// When.
    pub at: Timestamp,
    /// What allowed it: a policy line such as `lumicon@1:24`, `operator`, `invitation:` and its id, or `time`.
    pub rule: String,
    /// The trace that the request was part of, 32 digits in lower-case hexadecimal.
    pub trace_id: Option<String>,
}

/// A place in a tenant's log. Places are in the order in which things happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogPlace {
    /// The revision.
    pub revision: Revision,
    /// The place within the revision, from 0.
    pub seq: i64,
}
