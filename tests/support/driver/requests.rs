//! The request of the API that each operation is sent as.

use rollcall::proto::{
    self, AcceptInvitationRequest, ArchiveResourceRequest, BatchChangeRoleRequest, ChangeRoleRequest,
    ClearAddressRequest, CreateResourceRequest, DeactivateMemberRequest, DeclineInvitationRequest,
    DeleteResourceRequest, InviteRequest, Invitee, LockMemberRequest, MoveResourceRequest, ReactivateMemberRequest,
    RemoveMemberRequest, ResendInvitationRequest, ResourceRef, RestoreResourceRequest, RevokeInvitationRequest,
    RoleExchange, RoleGrant, SetPolicyRequest, Subject, SuppressAddressRequest, TransferOwnershipRequest,
    UnlockMemberRequest, UpdateMemberRequest, invitee,
};

use crate::{
    oracle::{Key, Operation, OperationKind, Profile, RoleChange, Who},
    support::{Write, names::verified},
};

impl Operation {
    /// The request for this operation in a tenant.
    pub fn write(&self, tenant: &str) -> Write {
        macro_rules! request {
            ($request:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
                Write::from($request {
                    tenant: tenant.to_owned(),
                    actor: Some(subject(&self.actor)),
                    $($field $(: $value)?,)*
                    ..$request::default()
                })
            };
        }
        match &self.kind {
            OperationKind::Create { resource: named, parent } => request!(CreateResourceRequest {
                resource: Some(resource(named)),
                parent: parent.as_ref().map(resource),
            }),
            OperationKind::Archive { resource: named } => {
                request!(ArchiveResourceRequest { resource: Some(resource(named)) })
            }
            OperationKind::Restore { resource: named } => {
                request!(RestoreResourceRequest { resource: Some(resource(named)) })
            }
            OperationKind::Delete { resource: named } => {
                request!(DeleteResourceRequest { resource: Some(resource(named)) })
            }
            OperationKind::Move { resource: named, parent } => {
                request!(MoveResourceRequest { resource: Some(resource(named)), parent: Some(resource(parent)) })
            }
            OperationKind::Transfer { resource: named, owner } => {
                request!(TransferOwnershipRequest { resource: Some(resource(named)), owner: Some(subject(owner)) })
            }
            OperationKind::Invite { invitees, grants } => {
                request!(InviteRequest { invitees: invitees.iter().map(|who| invitee(who, grants)).collect() })
            }
            OperationKind::Accept { token, profile: given } => {
                request!(AcceptInvitationRequest { invitation_token: token.clone(), profile: Some(profile(given)) })
            }
            OperationKind::Decline { token, email } => {
                request!(DeclineInvitationRequest { invitation_token: token.clone(), email: email.clone() })
            }
            OperationKind::Resend { invitation } => {
                request!(ResendInvitationRequest { invitation: invitation.clone() })
            }
            OperationKind::Revoke { invitation } => {
                request!(RevokeInvitationRequest { invitation: invitation.clone() })
            }
            OperationKind::Suppress { email } => request!(SuppressAddressRequest { email: email.clone() }),
            OperationKind::Clear { email } => request!(ClearAddressRequest { email: email.clone() }),
            OperationKind::ChangeRole(change) => {
                let RoleExchange { member, resource, from_role, role, expire_time, .. } = exchange(change);
                request!(ChangeRoleRequest { member, resource, from_role, role, expire_time })
            }
            OperationKind::ChangeRoles(changes) => {
                request!(BatchChangeRoleRequest { changes: changes.iter().map(exchange).collect() })
            }
            OperationKind::Remove { member, resource: at, role } => request!(RemoveMemberRequest {
                member: Some(subject(member)),
                resource: Some(resource(at)),
                role: role.clone().unwrap_or_default(),
            }),
            OperationKind::Lock { member } => request!(LockMemberRequest { member: Some(subject(member)) }),
            OperationKind::Unlock { member } => request!(UnlockMemberRequest { member: Some(subject(member)) }),
            OperationKind::Deactivate { member } => request!(DeactivateMemberRequest { member: Some(subject(member)) }),
            OperationKind::Reactivate { member } => request!(ReactivateMemberRequest { member: Some(subject(member)) }),
            OperationKind::Update { member, profile: given } => {
                // The email of somebody invited is not theirs until they accept.
                let mut given = profile(given);
                given.emails.iter_mut().for_each(|address| address.verified = member.0 != "email");
                request!(UpdateMemberRequest { member: Some(subject(member)), profile: Some(given) })
            }
            OperationKind::SetPolicy { version } => request!(SetPolicyRequest { policy_version: *version }),
        }
    }
}

fn subject((kind, id): &Key) -> Subject {
    Subject { r#type: kind.clone(), id: id.clone() }
}

fn resource((kind, id): &Key) -> ResourceRef {
    ResourceRef { r#type: kind.clone(), id: id.clone() }
}

fn instant(micros: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: micros / 1_000_000, nanos: 0 }
}

fn grant((at, role, end): &(Key, String, Option<i64>)) -> RoleGrant {
    RoleGrant { resource: Some(resource(at)), role: role.clone(), expire_time: end.map(instant) }
}

fn exchange(change: &RoleChange) -> RoleExchange {
    RoleExchange {
        member: Some(subject(&change.member)),
        resource: Some(resource(&change.resource)),
        from_role: change.from.clone().unwrap_or_default(),
        role: change.to.clone(),
        expire_time: change.end.map(instant),
        ..RoleExchange::default()
    }
}

fn invitee(who: &Who, grants: &[(Key, String, Option<i64>)]) -> Invitee {
    let who = match who {
        Who::Email(email) => invitee::Who::Email(email.clone()),
        Who::Subject(named) => invitee::Who::Subject(subject(named)),
    };
    Invitee { who: Some(who), grants: grants.iter().map(grant).collect(), ..Invitee::default() }
}

fn profile(given: &Profile) -> proto::Profile {
    proto::Profile {
        display_name: given.display_name.clone(),
        emails: given.email.iter().map(|email| verified(email)).collect(),
        username: given.username.clone().unwrap_or_default(),
        phone: given.phone.clone().unwrap_or_default(),
    }
}
