//! What a case asks, as messages.

use rollcall::proto::{
    ChangeRoleRequest, CheckItem, DeactivateMemberRequest, InviteRequest, Invitee, LockMemberRequest, Profile,
    ReactivateMemberRequest, RemoveMemberRequest, ResendInvitationRequest, ResourceRef, RoleGrant, StatedFacts,
    TransferOwnershipRequest, UnlockMemberRequest, UpdateMemberRequest, invitee::Who,
};
use rollcall_engine::{Policy, ResourceKey, RoleId, Subject, WriteKind};
use rollcall_policy_tools::cases::{CheckCase, WriteCase as Wish};

use crate::{
    ground::{Ground, email},
    support::Write,
};

/// What people are called whose profile is updated.
pub const NEW_NAME: &str = "Another Name";

/// A write of a case over the wire.
pub enum Request {
    /// It is answered as the case says.
    Same(Write),
    /// Who is not invited has no invitation to name. Over the wire such a write is always refused, and for that.
    NobodyInvited(Write),
}

impl Ground {
    pub fn item(&self, check: &CheckCase) -> CheckItem {
        let stated = check.parent.is_some() || check.owner.is_some();
        CheckItem {
            subject: Some(proto(&check.subject)),
            action: check.action.clone(),
            resource: Some(self.named(&check.resource)),
            stated: stated.then(|| StatedFacts {
                parent: check.parent.as_ref().map(|parent| self.named(parent)),
                owner: check.owner.as_ref().map(proto),
            }),
        }
    }

    pub fn request(&self, policy: &Policy, wish: &Wish) -> Request {
        let (tenant, actor) = (self.tenant.clone(), Some(proto(&wish.actor)));
        let itself = wish.actor == wish.target;
        let target = if itself { wish.target.clone() } else { self.target(&wish.target) };
        let member = Some(proto(&target));
        let resource = Some(self.named(&wish.at));
        let name = |role: Option<RoleId>| role.map_or(String::new(), |role| policy.role(role).name().to_owned());
        let (from, to) = (name(wish.wanted.from), name(wish.wanted.to));
        Request::Same(match wish.wanted.kind {
            WriteKind::Invite | WriteKind::Publish => {
                let known = self.is_member(&wish.target) || wish.target.as_ref().is_everybody();
                let who = if known { Who::Subject(proto(&target)) } else { Who::Email(email(&target)) };
                let invitee = Invitee { who: Some(who), display_name: String::new() };
                let grant = RoleGrant { resource, role: to, expire_time: None };
                InviteRequest { tenant, actor, invitees: vec![invitee], grants: vec![grant], ..Default::default() }
                    .into()
            }
            WriteKind::Change => {
                ChangeRoleRequest { tenant, actor, member, resource, role: to, from_role: from, ..Default::default() }
                    .into()
            }
            WriteKind::Remove => {
                RemoveMemberRequest { tenant, actor, member, resource, role: from, ..Default::default() }.into()
            }
            WriteKind::Lock => LockMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Unlock => UnlockMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Update => {
                // The email of somebody invited stays as it is.
                let email = if target == wish.target { String::new() } else { target.id.clone() };
                let profile = Some(Profile { display_name: NEW_NAME.into(), email, ..Profile::default() });
                UpdateMemberRequest { tenant, actor, member, profile, ..Default::default() }.into()
            }
            WriteKind::Deactivate => DeactivateMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Reactivate => ReactivateMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Transfer => {
                TransferOwnershipRequest { tenant, actor, resource, owner: member, ..Default::default() }.into()
            }
            WriteKind::Resend => {
                let invited = self.invited(&wish.target, &wish.at);
                let invitation = invited.as_ref().map_or_else(|| email(&wish.target), |invited| invited.id.clone());
                let write = ResendInvitationRequest { tenant, actor, invitation, ..Default::default() }.into();
                if invited.is_none() {
                    return Request::NobodyInvited(write);
                }
                write
            }
        })
    }

    fn named(&self, key: &ResourceKey) -> ResourceRef {
        place(&self.place(key))
    }
}

/// A write of a case in short.
pub fn told(wish: &Wish) -> String {
    format!("{} {:?} {} at {}", wish.actor, wish.wanted, wish.target, wish.at)
}

pub fn proto(subject: &Subject) -> rollcall::proto::Subject {
    rollcall::proto::Subject { r#type: subject.kind.clone(), id: subject.id.clone() }
}

pub fn place(key: &ResourceKey) -> ResourceRef {
    ResourceRef { r#type: key.kind.clone(), id: key.id.clone() }
}
