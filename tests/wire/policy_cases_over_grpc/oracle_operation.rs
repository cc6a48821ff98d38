//! The writes of cases as operations of the oracle, which says what an allowed one must leave.

use rollcall_engine::{Policy, ResourceKey, RoleId, Subject, WriteKind};
use rollcall_policy_tools::cases::WriteCase;

use super::{
    fixture::{CaseTenant, email},
    requests::NEW_NAME,
};
use crate::oracle::{Key, Operation, OperationKind, Profile, RoleChange, Who};

impl CaseTenant {
    /// The member that an allowed write is about, as the tenant has them afterwards or, if they are gone, had them
    /// before.
    pub fn affected_member(&self, write_case: &WriteCase) -> Subject {
        match write_case.operation.kind {
            WriteKind::Resend => {
                let invited = self.invited(&write_case.target, &write_case.at);
                invited.expect("an allowed write is to somebody invited")
            }
            WriteKind::Invite if !self.is_known(write_case) => Subject::email(email(&write_case.target)),
            _ => self.target(&write_case.target),
        }
    }

    /// An allowed write of a case as an operation of the oracle.
    pub fn oracle_operation(&self, policy: &Policy, write_case: &WriteCase) -> Operation {
        let target = self.affected_member(write_case);
        let (member, resource) = (subject_key(&target), resource_key(&self.resource(&write_case.at)));
        let role_name = |role: Option<RoleId>| role.map(|role| policy.role(role).name().to_owned());
        let from = role_name(write_case.operation.from);
        let to = || role_name(write_case.operation.to).expect("the write grants a role");
        let end = write_case.operation.expires_at.map(|end| end.0);
        let kind = match write_case.operation.kind {
            WriteKind::Invite | WriteKind::Publish => {
                let who = if self.is_known(write_case) { Who::Subject(member) } else { Who::Email(target.id) };
                OperationKind::Invite { invitees: vec![who], grants: vec![(resource, to(), end)] }
            }
            WriteKind::Change => OperationKind::ChangeRole(RoleChange { member, resource, from, to: to(), end }),
            WriteKind::Remove => OperationKind::Remove { member, resource, role: from },
            WriteKind::Lock => OperationKind::Lock { member },
            WriteKind::Unlock => OperationKind::Unlock { member },
            WriteKind::Update => {
                // The email of somebody invited stays as it is.
                let email = (target != write_case.target).then_some(target.id);
                let profile = Profile { display_name: NEW_NAME.to_owned(), email, ..Profile::default() };
                OperationKind::Update { member, profile }
            }
            WriteKind::Deactivate => OperationKind::Deactivate { member },
            WriteKind::Reactivate => OperationKind::Reactivate { member },
            WriteKind::Transfer => OperationKind::Transfer { resource, owner: member },
            // The invitations of a case have their email as their id.
            WriteKind::Resend => OperationKind::Resend { invitation: target.id },
        };
        Operation { actor: subject_key(&write_case.actor), kind }
    }

    fn is_known(&self, write_case: &WriteCase) -> bool {
        self.is_member(&write_case.target) || write_case.target.as_ref().is_everybody()
    }
}

fn subject_key(subject: &Subject) -> Key {
    (subject.kind.clone(), subject.id.clone())
}

fn resource_key(resource: &ResourceKey) -> Key {
    (resource.kind.clone(), resource.id.clone())
}
