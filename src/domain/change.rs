use serde::{Deserialize, Serialize};

use super::{Grant, Invitation, Member, Resource, ResourceKey, Subject, Tenant, Timestamp};

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
    /// A member exists, invited or active.
    MemberAdded {
        /// As they were added.
        member: Member,
    },
    /// A member's profile, status or lock is another.
    MemberUpdated {
        /// As they are now.
        member: Member,
    },
    /// A member is gone. Their bindings were revoked by changes before this one.
    MemberRemoved {
        /// Who.
        subject: Subject,
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
    /// A role that was bound for a time is bound no more: the time is over.
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
        }
    }
}
