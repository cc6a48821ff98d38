//! The log on the wire. A new kind of change has its line in [`detail`], and its name in `ChangeKind`.

use rollcall_engine::{Change, LoggedChange, PolicySet};

use crate::{
    edge::grpc::{
        MAX_ENUMS,
        convert::{to_past_member, to_past_resource, to_resource_ref, to_subject, to_timestamp, to_token},
        invitation::{to_address, to_past_invitation},
        tenant::to_tenant,
    },
    proto::{self, change::Change as Detail},
    service::{Error, input::Validator},
};

pub(super) fn to_changes(tenant: &str, policies: &PolicySet, logged: Vec<LoggedChange>) -> Vec<proto::Change> {
    logged.into_iter().map(|logged| to_change(tenant, policies, logged)).collect()
}

fn to_change(tenant: &str, policies: &PolicySet, logged: LoggedChange) -> proto::Change {
    proto::Change {
        token: to_token(tenant, logged.place.revision),
        index: u32::try_from(logged.place.seq).unwrap_or(u32::MAX),
        time: Some(to_timestamp(logged.at)),
        actor: Some(to_subject(logged.actor)),
        caller: logged.caller,
        rule: logged.rule,
        trace_id: logged.trace_id.unwrap_or_default(),
        change: Some(detail(policies, logged.change)),
    }
}

fn detail(policies: &PolicySet, change: Change) -> Detail {
    match change {
        Change::TenantCreated { tenant } => {
            let policy = policies.get(&tenant.policy, tenant.policy_version);
            let root_type = policy.map_or(String::new(), |policy| policy.root().name().to_owned());
            Detail::TenantCreated(proto::TenantCreated { tenant: Some(to_tenant(tenant, root_type)) })
        }
        Change::PolicySet { policy, from, to } => {
            Detail::PolicySet(proto::PolicySet { policy, from_version: from, to_version: to })
        }
        Change::ResourceCreated { resource } => {
            Detail::ResourceCreated(proto::ResourceCreated { resource: Some(to_past_resource(resource)) })
        }
        Change::ResourceArchived { resource } => {
            Detail::ResourceArchived(proto::ResourceArchived { resource: Some(to_resource_ref(resource)) })
        }
        Change::ResourceRestored { resource } => {
            Detail::ResourceRestored(proto::ResourceRestored { resource: Some(to_resource_ref(resource)) })
        }
        Change::ResourceMoved { resource, from, to } => Detail::ResourceMoved(proto::ResourceMoved {
            resource: Some(to_resource_ref(resource)),
            from: Some(to_resource_ref(from)),
            to: Some(to_resource_ref(to)),
        }),
        Change::ResourceDeleted { resource } => {
            Detail::ResourceDeleted(proto::ResourceDeleted { before: Some(to_past_resource(resource)) })
        }
        Change::OwnerChanged { resource, from, to } => Detail::OwnerChanged(proto::OwnerChanged {
            resource: Some(to_resource_ref(resource)),
            from: from.map(to_subject),
            to: to.map(to_subject),
        }),
        Change::MemberAdded { member } => {
            Detail::MemberAdded(proto::MemberAdded { after: Some(to_past_member(member)) })
        }
        Change::MemberUpdated { before, member } => Detail::MemberUpdated(proto::MemberUpdated {
            before: Some(to_past_member(before)),
            after: Some(to_past_member(member)),
        }),
        Change::MemberRemoved { member } => {
            Detail::MemberRemoved(proto::MemberRemoved { before: Some(to_past_member(member)) })
        }
        Change::RoleGranted { subject, resource, role, expires_at } => Detail::RoleGranted(proto::RoleGranted {
            member: Some(to_subject(subject)),
            resource: Some(to_resource_ref(resource)),
            role,
            expire_time: expires_at.map(to_timestamp),
        }),
        Change::RoleChanged { subject, resource, from, from_expires_at, to, expires_at } => {
            Detail::RoleChanged(proto::RoleChanged {
                member: Some(to_subject(subject)),
                resource: Some(to_resource_ref(resource)),
                from_role: from,
                from_expire_time: from_expires_at.map(to_timestamp),
                to_role: to,
                expire_time: expires_at.map(to_timestamp),
            })
        }
        Change::RoleRevoked { subject, resource, role } => Detail::RoleRevoked(proto::RoleRevoked {
            member: Some(to_subject(subject)),
            resource: Some(to_resource_ref(resource)),
            role,
        }),
        Change::RoleExpired { subject, resource, role } => Detail::RoleExpired(proto::RoleExpired {
            member: Some(to_subject(subject)),
            resource: Some(to_resource_ref(resource)),
            role,
        }),
        Change::InvitationIssued { before, invitation } => Detail::InvitationIssued(proto::InvitationIssued {
            before: before.map(to_past_invitation),
            after: Some(to_past_invitation(invitation)),
        }),
        Change::InvitationAccepted { id, email, subject } => {
            Detail::InvitationAccepted(proto::InvitationAccepted { id, email, member: Some(to_subject(subject)) })
        }
        Change::InvitationRevoked { id, email } => Detail::InvitationRevoked(proto::InvitationRevoked { id, email }),
        Change::InvitationDeclined { id, email } => Detail::InvitationDeclined(proto::InvitationDeclined { id, email }),
        Change::InvitationExpired { id, email } => Detail::InvitationExpired(proto::InvitationExpired { id, email }),
        Change::InvitationReminderDue { id, email, remind_at } => {
            let next_remind_time = remind_at.map(to_timestamp);
            Detail::InvitationReminderDue(proto::InvitationReminderDue { id, email, next_remind_time })
        }
        Change::AddressSuppressed { address } => {
            Detail::AddressSuppressed(proto::AddressSuppressed { after: Some(to_address(address)) })
        }
        Change::AddressCleared { email } => Detail::AddressCleared(proto::AddressCleared { email }),
    }
}

/// The kinds that a request names, as [`Change::kind`] does: the contract has the same names, in upper case
/// and after the name of the enum, which is of two words.
pub(super) fn kinds(checked: &mut Validator, kinds: &[i32]) -> Vec<String> {
    let mut names = Vec::new();
    checked.most("kinds", kinds.len(), MAX_ENUMS);
    for (index, kind) in kinds.iter().take(MAX_ENUMS).enumerate() {
        match proto::ChangeKind::try_from(*kind) {
            Ok(kind) if kind != proto::ChangeKind::Unspecified => {
                names.extend(kind.as_str_name().splitn(3, '_').nth(2).map(str::to_ascii_lowercase));
            }
            _ => {
                let description = format!("`{kind}` is no kind of change; use one of `ChangeKind`");
                checked.add(Error::field("FIELD_INVALID", format!("kinds[{index}]"), description));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}
