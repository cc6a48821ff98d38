//! Changes of the log as Protobuf messages. A new kind of change needs its line in [`detail`], and its name in the
//! contract's `ChangeKind`.

use rollcall_engine::{Change, LoggedChange, PolicySet, ResourceKey, Subject, Tenant, Timestamp};

use crate::{
    edge::grpc::{
        MAX_ENUMS,
        address::to_address,
        convert::{to_past_member, to_past_resource, to_resource_ref, to_subject, to_timestamp, to_token},
        invitation::to_past_invitation,
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
        token: to_token(tenant, logged.position.revision),
        index: u32::try_from(logged.position.seq).unwrap_or(u32::MAX),
        time: Some(to_timestamp(logged.at)),
        actor: Some(to_subject(logged.actor)),
        caller: logged.caller,
        rules: logged.rule.split(' ').filter(|rule| !rule.is_empty()).map(str::to_owned).collect(),
        trace_id: logged.trace_id.unwrap_or_default(),
        reason: String::new(),
        impersonator: None,
        change: Some(detail(policies, logged.change)),
    }
}

fn detail(policies: &PolicySet, change: Change) -> Detail {
    match change {
        Change::TenantCreated { tenant } => tenant_created(policies, tenant),
        Change::PolicySet { policy, from, to } => policy_set(policy, from, to),
        Change::ResourceCreated { resource } => {
            Detail::ResourceCreated(proto::ResourceCreated { resource: Some(to_past_resource(resource)) })
        }
        Change::ResourceArchived { resource } => {
            Detail::ResourceArchived(proto::ResourceArchived { resource: Some(to_resource_ref(resource)) })
        }
        Change::ResourceRestored { resource } => {
            Detail::ResourceRestored(proto::ResourceRestored { resource: Some(to_resource_ref(resource)) })
        }
        Change::ResourceMoved { resource, from, to } => resource_moved(resource, from, to),
        Change::ResourceDeleted { resource } => {
            Detail::ResourceDeleted(proto::ResourceDeleted { before: Some(to_past_resource(resource)) })
        }
        Change::OwnerChanged { resource, from, to } => owner_changed(resource, from, to),
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
        Change::RoleGranted { subject, resource, role, expires_at } => {
            role_granted(subject, resource, role, expires_at)
        }
        Change::RoleChanged { subject, resource, from, from_expires_at, to, expires_at } => {
            Detail::RoleChanged(proto::RoleChanged {
                member: Some(to_subject(subject)),
                resource: Some(to_resource_ref(resource)),
                previous_role: from,
                previous_expire_time: from_expires_at.map(to_timestamp),
                role: to,
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
        Change::InvitationAccepted { id, email, subject, .. } => {
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

fn tenant_created(policies: &PolicySet, tenant: Tenant) -> Detail {
    let policy = policies.get(&tenant.policy, tenant.policy_version);
    let root_type = policy.map_or(String::new(), |policy| policy.root().name().to_owned());
    Detail::TenantCreated(proto::TenantCreated { tenant: Some(to_tenant(tenant, root_type)) })
}

fn policy_set(policy: String, previous_version: u32, version: u32) -> Detail {
    Detail::PolicySet(proto::PolicySet { policy, previous_version, version })
}

fn resource_moved(resource: ResourceKey, old_parent: ResourceKey, new_parent: ResourceKey) -> Detail {
    Detail::ResourceMoved(proto::ResourceMoved {
        resource: Some(to_resource_ref(resource)),
        old_parent: Some(to_resource_ref(old_parent)),
        new_parent: Some(to_resource_ref(new_parent)),
    })
}

fn owner_changed(resource: ResourceKey, previous_owner: Option<Subject>, owner: Option<Subject>) -> Detail {
    Detail::OwnerChanged(proto::OwnerChanged {
        resource: Some(to_resource_ref(resource)),
        previous_owner: previous_owner.map(to_subject),
        owner: owner.map(to_subject),
    })
}

fn role_granted(subject: Subject, resource: ResourceKey, role: String, expires_at: Option<Timestamp>) -> Detail {
    Detail::RoleGranted(proto::RoleGranted {
        member: Some(to_subject(subject)),
        resource: Some(to_resource_ref(resource)),
        role,
        expire_time: expires_at.map(to_timestamp),
    })
}

/// Reads kinds to filter by, as [`Change::kind`] names them, sorted and without repetitions. The contract has the same
/// names in upper case behind the prefix `CHANGE_KIND_`.
pub(super) fn kinds(validator: &mut Validator, kinds: &[i32]) -> Vec<String> {
    let mut names = Vec::new();
    validator.max_entries("kinds", kinds.len(), MAX_ENUMS);
    for (index, kind) in kinds.iter().take(MAX_ENUMS).enumerate() {
        match proto::ChangeKind::try_from(*kind) {
            Ok(kind) if kind != proto::ChangeKind::Unspecified => {
                names.extend(kind.as_str_name().splitn(3, '_').nth(2).map(str::to_ascii_lowercase));
            }
            _ => {
                let description =
                    format!("`{kind}` is no kind of change; use one of `ChangeKind`, such as CHANGE_KIND_ROLE_GRANTED");
                validator.add(Error::field("FIELD_INVALID", format!("kinds[{index}]"), description));
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}
