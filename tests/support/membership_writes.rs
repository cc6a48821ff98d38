//! Writes about a tenant's members, invitations and addresses in short form, to be sent by
//! [`WireTenant::does`](super::WireTenant::does) and its like.

use rollcall::proto::{
    AcceptInvitationRequest, BatchChangeRoleRequest, ChangeRoleRequest, ClearAddressRequest, DeactivateMemberRequest,
    DeclineInvitationRequest, InviteRequest, Invitee, LockMemberRequest, Profile, ReactivateMemberRequest,
    RemoveMemberRequest, ResendInvitationRequest, RevokeInvitationRequest, RoleExchange, RoleGrant,
    SuppressAddressRequest, UnlockMemberRequest, UpdateMemberRequest,
};

use super::{
    WireTenant, Write, invitee,
    names::{email_of, profile, resource, subject},
};

impl WireTenant {
    /// The invitation of one person to one resource, by email or by subject.
    pub fn invite(&self, actor: &str, who: &str, at: &str, role: &str) -> Write {
        self.invite_all(actor, &[who], &[(at, role)])
    }

    /// The invitation of several people to several resources, each with a role, in one write.
    pub fn invite_all(&self, actor: &str, who: &[&str], grants: &[(&str, &str)]) -> Write {
        let grants: Vec<RoleGrant> = grants.iter().map(|(at, role)| self.grant(at, role)).collect();
        Write::from(InviteRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitees: who.iter().map(|who| Invitee { grants: grants.clone(), ..invitee(who) }).collect(),
            ..Default::default()
        })
    }

    /// The invitation of several people in one write, each to a resource of their own; each is the person, the resource,
    /// the role.
    pub fn invite_each(&self, actor: &str, invited: &[[&str; 3]]) -> Write {
        let invitee = |[who, at, role]: &[&str; 3]| Invitee { grants: vec![self.grant(at, role)], ..invitee(who) };
        Write::from(InviteRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitees: invited.iter().map(invitee).collect(),
            ..Default::default()
        })
    }

    /// The acceptance of an invitation to the user's usual email.
    pub fn accept(&self, user: &str, token: &str) -> Write {
        Write::from(AcceptInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(user)),
            invitation_token: token.into(),
            profile: Some(profile(user)),
            ..Default::default()
        })
    }

    /// The refusal of an invitation to the user's usual email.
    pub fn decline(&self, user: &str, token: &str) -> Write {
        Write::from(DeclineInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(user)),
            invitation_token: token.into(),
            email: email_of(user),
            ..Default::default()
        })
    }

    /// The resending of an invitation, by its id.
    pub fn resend(&self, actor: &str, invitation: &str) -> Write {
        Write::from(ResendInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitation: invitation.into(),
            ..Default::default()
        })
    }

    /// The revocation of an invitation, by its id.
    pub fn revoke(&self, actor: &str, invitation: &str) -> Write {
        Write::from(RevokeInvitationRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            invitation: invitation.into(),
            ..Default::default()
        })
    }

    /// The suppression of an address, to which nothing is sent any more.
    pub fn suppress(&self, actor: &str, email: &str) -> Write {
        Write::from(SuppressAddressRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            email: email.into(),
            detail: "550 no such user".into(),
            ..Default::default()
        })
    }

    /// The end of the suppression of an address.
    pub fn clear(&self, actor: &str, email: &str) -> Write {
        Write::from(ClearAddressRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            email: email.into(),
            ..Default::default()
        })
    }

    /// The exchange of the role that a member holds at a resource for another.
    pub fn change(&self, actor: &str, member: &str, at: &str, role: &str) -> Write {
        Write::from(ChangeRoleRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, at)),
            role: role.into(),
            ..Default::default()
        })
    }

    /// The removal of a member from a resource, or from the tenant where it is the root.
    pub fn remove(&self, actor: &str, member: &str, at: &str) -> Write {
        Write::from(RemoveMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, at)),
            ..Default::default()
        })
    }

    /// The exchange of roles of several members in one write; each change is the member, the resource, the new role.
    pub fn change_all(&self, actor: &str, changes: &[[&str; 3]]) -> Write {
        let exchange = |[member, at, role]: &[&str; 3]| RoleExchange {
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, at)),
            role: (*role).into(),
            ..RoleExchange::default()
        };
        Write::from(BatchChangeRoleRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            changes: changes.iter().map(exchange).collect(),
            ..Default::default()
        })
    }

    /// The removal of one role of a member at a resource.
    pub fn demote(&self, actor: &str, member: &str, at: &str, role: &str) -> Write {
        Write::from(RemoveMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            resource: Some(resource(&self.tenant, at)),
            role: role.into(),
            ..Default::default()
        })
    }

    /// The deactivation of a member, who loses every role.
    pub fn deactivate(&self, actor: &str, member: &str) -> Write {
        Write::from(DeactivateMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            ..Default::default()
        })
    }

    /// The reactivation of a deactivated member.
    pub fn reactivate(&self, actor: &str, member: &str) -> Write {
        Write::from(ReactivateMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            ..Default::default()
        })
    }

    /// The lock of a member.
    pub fn lock(&self, actor: &str, member: &str) -> Write {
        Write::from(LockMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            ..Default::default()
        })
    }

    /// The end of a member's lock.
    pub fn unlock(&self, actor: &str, member: &str) -> Write {
        Write::from(UnlockMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            ..Default::default()
        })
    }

    /// The replacement of a member's profile.
    pub fn update(&self, actor: &str, member: &str, profile: Profile) -> Write {
        Write::from(UpdateMemberRequest {
            tenant: self.tenant.clone(),
            actor: Some(subject(actor)),
            member: Some(subject(member)),
            profile: Some(profile),
            ..Default::default()
        })
    }

    fn grant(&self, at: &str, role: &str) -> RoleGrant {
        RoleGrant { resource: Some(resource(&self.tenant, at)), role: role.into(), expire_time: None }
    }
}
