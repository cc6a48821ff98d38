//! The requests that deeds are.

use rollcall::proto::{
    self, AcceptInvitationRequest, ArchiveResourceRequest, BatchChangeRoleRequest, ChangeRoleRequest,
    ClearAddressRequest, CreateResourceRequest, DeactivateMemberRequest, DeclineInvitationRequest,
    DeleteResourceRequest, InviteRequest, Invitee, LockMemberRequest, MoveResourceRequest, ReactivateMemberRequest,
    RemoveMemberRequest, ResendInvitationRequest, ResourceRef, RestoreResourceRequest, RevokeInvitationRequest,
    RoleExchange, RoleGrant, Subject, SuppressAddressRequest, TransferOwnershipRequest, UnlockMemberRequest,
    UpdateMemberRequest, invitee,
};

use super::{
    deeds::{Change, Deed, Op, Who},
    facts::Profile,
    support::{Write, replay::Key},
};

impl Deed {
    /// The request that this is.
    pub fn write(&self, tenant: &str) -> Write {
        macro_rules! request {
            ($request:ident { $($field:ident: $value:expr),* $(,)? }) => {
                Write::from($request {
                    tenant: tenant.to_owned(),
                    actor: Some(subject(&self.actor)),
                    $($field: $value,)*
                    ..$request::default()
                })
            };
        }
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        match &self.op {
            Op::Create { resource: named, parent } => request!(CreateResourceRequest {
                resource: Some(resource(named)),
                parent: parent.as_ref().map(resource),
            }),
            Op::Archive { resource: named } => request!(ArchiveResourceRequest { resource: Some(resource(named)) }),
            Op::Restore { resource: named } => request!(RestoreResourceRequest { resource: Some(resource(named)) }),
            Op::Delete { resource: named } => request!(DeleteResourceRequest { resource: Some(resource(named)) }),
            Op::Move { resource: named, parent } => {
                request!(MoveResourceRequest { resource: Some(resource(named)), parent: Some(resource(parent)) })
            }
            Op::Transfer { resource: named, owner } => {
                request!(TransferOwnershipRequest { resource: Some(resource(named)), owner: Some(subject(owner)) })
            }
            Op::Invite { invitees, grants } => request!(InviteRequest {
                invitees: invitees.iter().map(invitee).collect(),
                grants: grants.iter().map(grant).collect(),
            }),
            Op::Accept { token, profile: said, .. } => {
                request!(AcceptInvitationRequest { invitation_token: token.clone(), profile: Some(profile(said)) })
            }
            Op::Decline { token, email, .. } => {
                request!(DeclineInvitationRequest { invitation_token: token.clone(), email: email.clone() })
            }
            Op::Resend { invitation } => request!(ResendInvitationRequest { invitation: invitation.clone() }),
            Op::Revoke { invitation } => request!(RevokeInvitationRequest { invitation: invitation.clone() }),
            Op::Suppress { email } => request!(SuppressAddressRequest { email: email.clone() }),
            Op::Clear { email } => request!(ClearAddressRequest { email: email.clone() }),
            Op::Change(Change { member, resource: at, from, to, end }) => request!(ChangeRoleRequest {
                member: Some(subject(member)),
                resource: Some(resource(at)),
                from_role: text(from),
                role: to.clone(),
                expire_time: end.map(instant),
            }),
            Op::Changes(changes) => {
                let exchange = |change: &Change| RoleExchange {
                    member: Some(subject(&change.member)),
                    resource: Some(resource(&change.resource)),
                    from_role: text(&change.from),
                    role: change.to.clone(),
                    expire_time: change.end.map(instant),
                    ..RoleExchange::default()
                };
                request!(BatchChangeRoleRequest { changes: changes.iter().map(exchange).collect() })
            }
            Op::Remove { member, resource: at, role } => request!(RemoveMemberRequest {
                member: Some(subject(member)),
                resource: Some(resource(at)),
                role: text(role),
            }),
            Op::Lock { member } => request!(LockMemberRequest { member: Some(subject(member)) }),
            Op::Unlock { member } => request!(UnlockMemberRequest { member: Some(subject(member)) }),
            Op::Deactivate { member } => request!(DeactivateMemberRequest { member: Some(subject(member)) }),
            Op::Reactivate { member } => request!(ReactivateMemberRequest { member: Some(subject(member)) }),
            Op::Update { member, profile: said } => {
                request!(UpdateMemberRequest { member: Some(subject(member)), profile: Some(profile(said)) })
            }
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

fn invitee(who: &Who) -> Invitee {
    let who = match who {
        Who::Email(email) => invitee::Who::Email(email.clone()),
        Who::Subject(named) => invitee::Who::Subject(subject(named)),
    };
    Invitee { who: Some(who), display_name: String::new() }
}

fn profile(said: &Profile) -> proto::Profile {
    proto::Profile {
        display_name: said.display_name.clone(),
        email: said.email.clone().unwrap_or_default(),
        username: said.username.clone().unwrap_or_default(),
        phone: said.phone.clone().unwrap_or_default(),
    }
}
