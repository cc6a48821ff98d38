//! The questions and writes of a case as messages of the API.

use rollcall::proto::{
    ChangeRoleRequest, CheckItem, DeactivateMemberRequest, EmailAddress, InviteRequest, Invitee, LockMemberRequest,
    Profile, ReactivateMemberRequest, RemoveMemberRequest, ResendInvitationRequest, ResourceRef, RoleGrant,
    StatedFacts, TransferOwnershipRequest, UnlockMemberRequest, UpdateMemberRequest, invitee::Who,
};
use rollcall_engine::{Policy, ResourceKey, RoleId, Subject, Timestamp, WriteKind};
use rollcall_policy_tools::cases::{CheckCase, WriteCase};

use super::fixture::{CaseTenant, email};
use crate::support::Write;

/// The display name that every update of a profile sets.
pub const NEW_NAME: &str = "Another Name";

/// The message for a write of a case.
pub enum Request {
    /// The service must answer it as the case says.
    Same(Write),
    /// The target is not invited, so there is no invitation to name: the service must refuse it for that reason.
    NobodyInvited(Write),
}

impl CaseTenant {
    /// The question of a case about an action, as an item of a batch.
    pub fn item(&self, check: &CheckCase) -> CheckItem {
        let stated = !check.parents.is_empty() || check.owner.is_some();
        CheckItem {
            subject: Some(proto(&check.subject)),
            action: check.action.clone(),
            resource: Some(self.resource_ref(&check.resource)),
            stated: stated.then(|| StatedFacts {
                parents: check.parents.iter().map(|parent| self.resource_ref(parent)).collect(),
                owner: check.owner.as_ref().map(proto),
            }),
        }
    }

    /// The message for a write of a case.
    pub fn request(&self, policy: &Policy, write_case: &WriteCase) -> Request {
        let (tenant, actor) = (self.name.clone(), Some(proto(&write_case.actor)));
        let to_self = write_case.actor == write_case.target;
        let target = if to_self { write_case.target.clone() } else { self.target(&write_case.target) };
        let member = Some(proto(&target));
        let resource = Some(self.resource_ref(&write_case.at));
        let role_name = |role: Option<RoleId>| role.map_or(String::new(), |role| policy.role(role).name().to_owned());
        let (from, to) = (role_name(write_case.operation.from), role_name(write_case.operation.to));
        let expire_time = write_case.operation.expires_at.map(proto_time);
        Request::Same(match write_case.operation.kind {
            WriteKind::Invite | WriteKind::Publish => {
                let known = self.is_member(&write_case.target) || write_case.target.as_ref().is_everybody();
                let who = if known { Who::Subject(proto(&target)) } else { Who::Email(email(&target)) };
                let grants = vec![RoleGrant { resource, role: to, expire_time }];
                let invitee = Invitee { who: Some(who), grants, ..Invitee::default() };
                InviteRequest { tenant, actor, invitees: vec![invitee], ..Default::default() }.into()
            }
            WriteKind::Change => {
                let (role, from_role) = (to, from);
                let rest = ChangeRoleRequest::default();
                ChangeRoleRequest { tenant, actor, member, resource, role, from_role, expire_time, ..rest }.into()
            }
            WriteKind::Remove => {
                RemoveMemberRequest { tenant, actor, member, resource, role: from, ..Default::default() }.into()
            }
            WriteKind::Lock => LockMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Unlock => UnlockMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Update => {
                // The email of somebody invited stays as it is.
                let email = (target != write_case.target).then(|| target.id.clone());
                let emails = email.map(|email| EmailAddress { email, verified: false }).into_iter().collect();
                let profile = Some(Profile { display_name: NEW_NAME.into(), emails, ..Profile::default() });
                UpdateMemberRequest { tenant, actor, member, profile, ..Default::default() }.into()
            }
            WriteKind::Deactivate => DeactivateMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Reactivate => ReactivateMemberRequest { tenant, actor, member, ..Default::default() }.into(),
            WriteKind::Transfer => {
                TransferOwnershipRequest { tenant, actor, resource, owner: member, ..Default::default() }.into()
            }
            WriteKind::Resend => {
                let invited = self.invited(&write_case.target, &write_case.at);
                let invitation =
                    invited.as_ref().map_or_else(|| email(&write_case.target), |invited| invited.id.clone());
                let write = ResendInvitationRequest { tenant, actor, invitation, ..Default::default() }.into();
                if invited.is_none() {
                    return Request::NobodyInvited(write);
                }
                write
            }
        })
    }

    fn resource_ref(&self, key: &ResourceKey) -> ResourceRef {
        resource_ref(&self.resource(key))
    }
}

/// A write of a case in one line, for messages of failed assertions.
pub fn describe(write_case: &WriteCase) -> String {
    format!("{} {:?} {} at {}", write_case.actor, write_case.operation, write_case.target, write_case.at)
}

/// An instant as a message.
fn proto_time(at: Timestamp) -> prost_types::Timestamp {
    let nanos = i32::try_from(at.0.rem_euclid(1_000_000) * 1000).expect("less than a second");
    prost_types::Timestamp { seconds: at.0.div_euclid(1_000_000), nanos }
}

/// A subject as a message.
pub fn proto(subject: &Subject) -> rollcall::proto::Subject {
    rollcall::proto::Subject { r#type: subject.kind.clone(), id: subject.id.clone() }
}

/// A resource as a message.
pub fn resource_ref(key: &ResourceKey) -> ResourceRef {
    ResourceRef { r#type: key.kind.clone(), id: key.id.clone() }
}
