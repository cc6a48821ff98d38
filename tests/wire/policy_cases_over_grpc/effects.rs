//! The state that an allowed write must leave, derived from the case alone and not from what the service answers.

use std::collections::BTreeSet;

use rollcall_engine::{InvitationStatus, MemberStatus, Policy, ResourceKey, RoleId, Subject, WriteKind, kind};
use rollcall_policy_tools::cases::WriteCase;

use crate::policy_cases_over_grpc::{
    fixture::{CaseTenant, email},
    observed_state::{ObservedMember, ObservedState},
    requests::NEW_NAME,
};

/// The member that a write is about, as the tenant has them afterwards or, if they are gone, had them before.
pub fn target(tenant: &CaseTenant, write: &WriteCase) -> Subject {
    let known = tenant.is_member(&write.target) || write.target.as_ref().is_everybody();
    match write.operation.kind {
        WriteKind::Resend => tenant.invited(&write.target, &write.at).expect("an allowed write is to somebody invited"),
        WriteKind::Invite if !known => Subject::email(email(&write.target)),
        _ => tenant.target(&write.target),
    }
}

/// The state after a write in a tenant of its own: that before it, changed only in what the write is about.
pub fn expected_state(policy: &Policy, tenant: &CaseTenant, write: &WriteCase) -> ObservedState {
    let mut expected = ObservedState::of(&tenant.facts);
    expected.revision += 1;
    let target = target(tenant, write);
    let at = tenant.resource(&write.at);
    match write.operation.kind {
        WriteKind::Invite | WriteKind::Publish => add_invited(&mut expected, policy, tenant, write),
        WriteKind::Change => {
            let roles = &mut observed_member(&mut expected, &target).roles;
            let removed_role = write.operation.from.map(|from| policy.role(from).name());
            roles.retain(|(resource, role)| *resource != at || removed_role.is_some_and(|removed| removed != role));
            roles.insert(role(policy, at, write.operation.to));
        }
        WriteKind::Remove if tenant.is_root(&write.at) && write.operation.from.is_none() => {
            expected.members.remove(&target).expect("was a member");
            for owner in expected.owners.values_mut().filter(|owner| owner.as_ref() == Some(&target)) {
                *owner = None;
            }
            if let Some(status) = expected.invitations.get_mut(&target.id).filter(|_| target.kind == kind::EMAIL) {
                *status = InvitationStatus::Revoked;
            }
        }
        WriteKind::Remove => {
            let removed_role = write.operation.from.map(|from| policy.role(from).name());
            let roles = &mut observed_member(&mut expected, &target).roles;
            roles.retain(|(resource, role)| *resource != at || removed_role.is_some_and(|removed| removed != role));
        }
        WriteKind::Lock => observed_member(&mut expected, &target).locked = true,
        WriteKind::Unlock => observed_member(&mut expected, &target).locked = false,
        WriteKind::Update => NEW_NAME.clone_into(&mut observed_member(&mut expected, &target).name),
        WriteKind::Deactivate => {
            let member = observed_member(&mut expected, &target);
            member.status = MemberStatus::Deactivated;
            member.roles.clear();
        }
        WriteKind::Reactivate => observed_member(&mut expected, &target).status = MemberStatus::Active,
        WriteKind::Transfer => {
            expected.owners.insert(at, Some(target));
        }
        // An invitation that is sent again has another secret, which no state shows.
        WriteKind::Resend => {}
    }
    expected
}

fn add_invited(expected: &mut ObservedState, policy: &Policy, tenant: &CaseTenant, write: &WriteCase) {
    let target = target(tenant, write);
    let pending = target.kind == kind::EMAIL;
    let status = if pending { MemberStatus::Invited } else { MemberStatus::Active };
    let new = ObservedMember { status, locked: false, name: String::new(), roles: BTreeSet::default() };
    let member = expected.members.entry(target.clone()).or_insert(new);
    // An invitation makes a deactivated member active again.
    let enters = std::mem::replace(&mut member.status, status) != MemberStatus::Active;
    member.roles.insert(role(policy, tenant.resource(&write.at), write.operation.to));
    if pending {
        expected.invitations.insert(target.id, InvitationStatus::Pending);
    }
    // Whoever enters the tenant at a resource below the root also gets the role that its type joins as.
    let root = tenant.root();
    let resource_type = policy.find_type(&write.at.kind).expect("the case compiles");
    if enters && resource_type.joins_as().is_some() && member.roles.iter().all(|(resource, _)| *resource != root) {
        member.roles.insert(role(policy, root, resource_type.joins_as()));
    }
}

fn observed_member<'s>(expected: &'s mut ObservedState, target: &Subject) -> &'s mut ObservedMember {
    expected.members.get_mut(target).expect("an allowed write is to a member")
}

fn role(policy: &Policy, at: ResourceKey, role: Option<RoleId>) -> (ResourceKey, String) {
    (at, policy.role(role.expect("the write grants a role")).name().to_owned())
}
