//! Changes of the log as Protobuf messages. A new kind of change needs its line in [`detail`], and its name in the
//! contract's `ChangeKind`.

use rollcall_engine::{Change, LoggedChange, Member, MemberAccess, Profile, ProfileField, ResourceKey, Subject};

use crate::{
    edge::grpc::{
        MAX_ENUMS,
        address::to_address,
        convert::{
            to_failed_grant, to_granted_by, to_past_member, to_past_resource, to_resource_ref, to_subject, to_timestamp,
        },
        invitation::to_past_invitation,
        tenant::to_tenant,
    },
    proto::{self, change::Change as Detail},
    service::{Error, Service, input::Validator},
};

pub(super) fn to_changes(tenant: &str, service: &Service, logged: Vec<LoggedChange>) -> Vec<proto::Change> {
    logged.into_iter().map(|logged| to_change(tenant, service, logged)).collect()
}

fn to_change(tenant: &str, service: &Service, logged: LoggedChange) -> proto::Change {
    proto::Change {
        token: service.token(tenant, &logged.moment()),
        index: u32::try_from(logged.position.seq).unwrap_or(u32::MAX),
        time: Some(to_timestamp(logged.at)),
        actor: Some(to_subject(logged.actor)),
        caller: logged.caller,
        rules: logged.rule.split(' ').filter(|rule| !rule.is_empty()).map(str::to_owned).collect(),
        trace_id: logged.trace_id.unwrap_or_default(),
        reason: logged.reason,
        impersonator: None,
        change: detail(logged.change),
    }
}

/// The message of a change; none of a kind that this version does not know.
#[allow(clippy::too_many_lines, reason = "one arm for each kind")]
fn detail(change: Change) -> Option<Detail> {
    Some(match change {
        Change::TenantCreated { tenant } => {
            Detail::TenantCreated(proto::TenantCreated { tenant: Some(to_tenant(tenant)) })
        }
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
        Change::MemberUpdated { before, member, changed_fields } => member_updated(before, member, &changed_fields),
        Change::MemberRemoved { member } => {
            Detail::MemberRemoved(proto::MemberRemoved { before: Some(to_past_member(member)) })
        }
        Change::RoleGranted { subject, resource, role, expires_at, granted_by, offer_ends_at } => {
            Detail::RoleGranted(proto::RoleGranted {
                member: Some(to_subject(subject)),
                resource: Some(to_resource_ref(resource)),
                role,
                expire_time: expires_at.map(to_timestamp),
                granted_by: granted_by.map(to_granted_by),
                offer_end_time: offer_ends_at.map(to_timestamp),
            })
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
        Change::RoleExpired { subject, resource, role, is_last } => Detail::RoleExpired(proto::RoleExpired {
            member: Some(to_subject(subject)),
            resource: Some(to_resource_ref(resource)),
            role,
            last: is_last,
        }),
        Change::InvitationIssued { before, invitation } => Detail::InvitationIssued(proto::InvitationIssued {
            before: before.map(to_past_invitation),
            after: Some(to_past_invitation(invitation)),
        }),
        Change::InvitationAccepted { id, email, subject, failed, .. } => {
            Detail::InvitationAccepted(proto::InvitationAccepted {
                id,
                email,
                member: Some(to_subject(subject)),
                failed_grants: failed.into_iter().map(to_failed_grant).collect(),
            })
        }
        Change::InvitationRevoked { id, email, .. } => {
            Detail::InvitationRevoked(proto::InvitationRevoked { id, email })
        }
        Change::InvitationDeclined { id, email, .. } => {
            Detail::InvitationDeclined(proto::InvitationDeclined { id, email })
        }
        Change::InvitationExpired { id, email, .. } => {
            Detail::InvitationExpired(proto::InvitationExpired { id, email })
        }
        Change::InvitationReminderDue { id, email, remind_at, is_withheld, .. } => {
            let next_remind_time = remind_at.map(to_timestamp);
            if is_withheld {
                let withheld = proto::InvitationReminderWithheld { id, email, next_remind_time };
                Detail::InvitationReminderWithheld(withheld)
            } else {
                Detail::InvitationReminderDue(proto::InvitationReminderDue { id, email, next_remind_time })
            }
        }
        Change::AddressSuppressed { address } => {
            Detail::AddressSuppressed(proto::AddressSuppressed { after: Some(to_address(address)) })
        }
        Change::AddressCleared { email } => Detail::AddressCleared(proto::AddressCleared { email }),
        Change::Unknown { .. } => return None,
    })
}

/// What changed, by the paths of the fields of a member. What the profile said before is not in the log.
fn member_updated(before: MemberAccess, member: Member, changed: &[ProfileField]) -> Detail {
    let of_access = [("status", before.status != member.status), ("locked", before.locked != member.locked)];
    let of_access = of_access.into_iter().filter_map(|(path, is_changed)| is_changed.then_some(path));
    let of_profile = changed.iter().map(|field| match field {
        ProfileField::DisplayName => "profile.display_name",
        ProfileField::Email => "profile.emails",
        ProfileField::Username => "profile.username",
        ProfileField::Phone => "profile.phone",
    });
    let changed_fields = of_access.chain(of_profile).map(str::to_owned).collect();
    let MemberAccess { status, locked } = before;
    let before = Member { status, locked, profile: Profile::default(), ..member.clone() };
    Detail::MemberUpdated(proto::MemberUpdated {
        before: Some(to_past_member(before)),
        after: Some(to_past_member(member)),
        changed_fields,
    })
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
