//! What a write can change in a tenant.

use crate::domain::{
    FailedGrant, Grant, GrantedBy, Invitation, Member, MemberAccess, ProfileField, Resource, ResourceKey, Subject,
    SuppressedAddress, Tenant, Timestamp,
};

/// One fact that a write made true. The tables and every view are the result of applying a tenant's changes in order.
///
/// A store keeps people apart from its log. So a change that is read from there has subjects, names and addresses as they
/// are by then, and of a person who was erased none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "a box would be one more look-up for the changes that are most")]
pub enum Change {
    /// The tenant was created. Its root resource is registered by a change of the same revision.
    TenantCreated {
        /// The tenant as it was created.
        tenant: Tenant,
    },
    /// The tenant was moved to another version of its policy.
    PolicySet {
        /// The name of the policy, which is the same before and after.
        policy: String,
        /// The version that the tenant ran before.
        from: u32,
        /// The version that it runs from now on.
        to: u32,
    },
    /// A resource was registered.
    ResourceCreated {
        /// The resource as it was registered.
        resource: Resource,
    },
    /// A resource was archived. Those below it are archived with it, without a change of their own.
    ResourceArchived {
        /// The resource that was archived.
        resource: ResourceKey,
    },
    /// A resource is no longer archived.
    ResourceRestored {
        /// The resource that was restored.
        resource: ResourceKey,
    },
    /// A resource was moved to another parent, with all that is below it.
    ResourceMoved {
        /// The resource that was moved.
        resource: ResourceKey,
        /// The parent that it had before.
        from: ResourceKey,
        /// The parent that it has now.
        to: ResourceKey,
    },
    /// A resource was deleted. The changes before this one deleted what was below it and revoked the roles bound at it.
    ResourceDeleted {
        /// The resource as it was before.
        resource: Resource,
    },
    /// A resource got another owner, or lost the one it had.
    OwnerChanged {
        /// The resource whose owner changed.
        resource: ResourceKey,
        /// The owner before; none if it had no owner.
        from: Option<Subject>,
        /// The owner now; none if the owner left the tenant.
        to: Option<Subject>,
    },
    /// A member was added, invited or active.
    MemberAdded {
        /// The member as they were added.
        member: Member,
    },
    /// A member's profile, status or lock changed.
    MemberUpdated {
        /// What decided whether they may act, before.
        before: MemberAccess,
        /// The member as they are now.
        member: Member,
        /// What of their profile changed, each once, in the order of [`ProfileField`].
        changed_fields: Vec<ProfileField>,
    },
    /// A member was removed. Their roles were revoked by changes before this one.
    MemberRemoved {
        /// The member as they were before.
        member: Member,
    },
    /// A role was bound to a member at a resource.
    RoleGranted {
        /// The member, team or everybody of a type that holds the role.
        subject: Subject,
        /// The resource at which the role is bound.
        resource: ResourceKey,
        /// The role's short name.
        role: String,
        /// The role no longer counts from this instant on; none if it is permanent.
        expires_at: Option<Timestamp>,
        /// Who gave it, where that is not the actor of the write: a role that was pending, and passes to whoever accepts.
        granted_by: Option<GrantedBy>,
        /// Of a pending role, when it can be accepted no more, where that is before its invitation expires.
        offer_ends_at: Option<Timestamp>,
    },
    /// A member's role at a resource was exchanged for another, or got another expiry.
    RoleChanged {
        /// The member, team or everybody of a type that holds the role.
        subject: Subject,
        /// The resource at which the role is bound.
        resource: ResourceKey,
        /// The short name of the role before.
        from: String,
        /// When the role before would have expired; none if it was permanent.
        from_expires_at: Option<Timestamp>,
        /// The short name of the role now; the same as `from` when only the expiry changed.
        to: String,
        /// The role no longer counts from this instant on; none if it is permanent.
        expires_at: Option<Timestamp>,
    },
    /// A role is no longer bound to a member at a resource.
    RoleRevoked {
        /// The member, team or everybody of a type that held the role.
        subject: Subject,
        /// The resource at which the role was bound.
        resource: ResourceKey,
        /// The role's short name.
        role: String,
    },
    /// A role is no longer bound because it expired, or because the invitation that gave it did.
    RoleExpired {
        /// The member, team or everybody of a type that held the role.
        subject: Subject,
        /// The resource at which the role was bound.
        resource: ResourceKey,
        /// The role's short name.
        role: String,
        /// Whether the member, an active person, holds no role any more: they stay a member, as whom `anyone` knows them.
        is_last: bool,
    },
    /// An invitation was issued, or issued again under another secret.
    InvitationIssued {
        /// The invitation as it was before, if one was open.
        before: Option<Invitation>,
        /// The invitation as it is now.
        invitation: Invitation,
    },
    /// An invitation was accepted: its invited member became an active one.
    InvitationAccepted {
        /// The id of the invitation, as in [`Invitation::id`].
        id: String,
        /// The normalised email address that it was bound to.
        email: String,
        /// The subject that accepted it, which may be of any type but `invited` and `operator`.
        subject: Subject,
        /// The instant of the acceptance, which is that of the commit.
        at: Timestamp,
        /// The roles that it offered and did not give, for who offered them may not give them any more.
        failed: Vec<FailedGrant>,
    },
    /// An invitation was revoked, by a request or because its invited member was removed.
    InvitationRevoked {
        /// The id of the invitation, as in [`Invitation::id`].
        id: String,
        /// Its invited member, of the type `invited`.
        member: Subject,
        /// The normalised email address that it was bound to.
        email: String,
    },
    /// An invitation was declined by its recipient.
    InvitationDeclined {
        /// The id of the invitation, as in [`Invitation::id`].
        id: String,
        /// Its invited member, of the type `invited`.
        member: Subject,
        /// The normalised email address that it was bound to.
        email: String,
    },
    /// An invitation reached its expiry while it was pending.
    InvitationExpired {
        /// The id of the invitation, as in [`Invitation::id`].
        id: String,
        /// Its invited member, of the type `invited`.
        member: Subject,
        /// The normalised email address that it is bound to.
        email: String,
    },
    /// A reminder of a pending invitation is due: whoever sends the emails should send one, unless it is withheld.
    InvitationReminderDue {
        /// The id of the invitation, as in [`Invitation::id`].
        id: String,
        /// Its invited member, of the type `invited`.
        member: Subject,
        /// The normalised email address that it is bound to.
        email: String,
        /// When the next reminder is due; none if this was the last.
        remind_at: Option<Timestamp>,
        /// Whether none is to be sent, for the invitation would give nothing now.
        is_withheld: bool,
    },
    /// Nothing may be sent to an email address any more. A pending invitation to it has no further reminders.
    AddressSuppressed {
        /// The email address, and why it was suppressed.
        address: SuppressedAddress,
    },
    /// An email address is no longer suppressed.
    AddressCleared {
        /// The normalised email address that may be sent to again.
        email: String,
    },
    /// A change of a kind that this version of the service does not know. Nobody guesses what it means: a view that meets
    /// one is loaded anew.
    Unknown {
        /// The kind, as the log names it.
        kind: String,
    },
}

impl Change {
    /// The change by which a subject gets this grant.
    pub fn granted(subject: &Subject, grant: &Grant) -> Self {
        let Grant { resource, role, expires_at } = grant.clone();
        let subject = subject.clone();
        Self::RoleGranted { subject, resource, role, expires_at, granted_by: None, offer_ends_at: None }
    }

    /// The change by which a subject gets a grant that somebody gave before.
    pub fn passed_on(subject: &Subject, grant: &Grant, granted_by: GrantedBy) -> Self {
        Self::offered(subject, grant, granted_by, None)
    }

    /// The change by which a grant that somebody offered before can be accepted until another instant; none for as long as
    /// its invitation.
    pub fn offered(subject: &Subject, grant: &Grant, granted_by: GrantedBy, offer_ends_at: Option<Timestamp>) -> Self {
        let Grant { resource, role, expires_at } = grant.clone();
        let (subject, granted_by) = (subject.clone(), Some(granted_by));
        Self::RoleGranted { subject, resource, role, expires_at, granted_by, offer_ends_at }
    }

    /// The change by which a subject loses this grant, whenever it would have expired.
    pub fn revoked(subject: &Subject, grant: &Grant) -> Self {
        let Grant { resource, role, .. } = grant.clone();
        Self::RoleRevoked { subject: subject.clone(), resource, role }
    }

    /// The stable name of this kind of change, in snake case, as the log's `kind` column has it.
    pub fn kind(&self) -> &str {
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
            Self::InvitationReminderDue { is_withheld: false, .. } => "invitation_reminder_due",
            Self::InvitationReminderDue { is_withheld: true, .. } => "invitation_reminder_withheld",
            Self::AddressSuppressed { .. } => "address_suppressed",
            Self::AddressCleared { .. } => "address_cleared",
            Self::Unknown { kind } => kind,
        }
    }

    /// The change by which a member's status, lock or profile becomes another.
    pub fn updated(before: &Member, member: Member) -> Self {
        let changed_fields = before.profile.changed_fields(&member.profile);
        Self::MemberUpdated { before: before.access(), member, changed_fields }
    }

    /// The subject that this change is about, if any. One of an invitation is about its invited member; one of a suppressed
    /// address about nobody.
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::MemberAdded { member } | Self::MemberUpdated { member, .. } | Self::MemberRemoved { member } => {
                Some(&member.subject)
            }
            Self::RoleGranted { subject, .. }
            | Self::RoleChanged { subject, .. }
            | Self::RoleRevoked { subject, .. }
            | Self::RoleExpired { subject, .. }
            | Self::InvitationAccepted { subject, .. } => Some(subject),
            Self::InvitationIssued { invitation, .. } => Some(&invitation.member),
            Self::InvitationRevoked { member, .. }
            | Self::InvitationDeclined { member, .. }
            | Self::InvitationExpired { member, .. }
            | Self::InvitationReminderDue { member, .. } => Some(member),
            Self::OwnerChanged { from, to, .. } => to.as_ref().or(from.as_ref()),
            Self::TenantCreated { .. }
            | Self::PolicySet { .. }
            | Self::ResourceCreated { .. }
            | Self::ResourceArchived { .. }
            | Self::ResourceRestored { .. }
            | Self::ResourceMoved { .. }
            | Self::ResourceDeleted { .. }
            | Self::AddressSuppressed { .. }
            | Self::AddressCleared { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// The resource that this change is about, if any. A change of a member's profile or invitation is about none.
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
            | Self::AddressCleared { .. }
            | Self::Unknown { .. } => None,
        }
    }
}
