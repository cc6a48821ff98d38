//! Rows of the tables as words of the domain.

use rollcall_engine::{
    Acceptance, Grant, Head, Invitation, InvitationStatus, Member, MemberStatus, Resource, ResourceKey, Revision,
    Subject, Tenant, Timestamp, WriteId,
};

use crate::{
    service::ports::{Giver, MemberRecord, ResourceRecord, StoreResult, StoredGrant},
    store::{
        error::defect,
        schema::people::Names,
        sql::{
            entity::{binding, invitation, member, resource, tenant},
            people::into_person,
        },
    },
};

use super::entity::profile;

pub(in crate::store) fn into_tenant(row: tenant::Model) -> StoreResult<(Tenant, Head)> {
    let (version, head) = (row.policy_version, head(row.revision, &row.head)?);
    let tenant = Tenant {
        id: row.tenant_id,
        display_name: row.display_name,
        policy: row.policy,
        policy_version: u32::try_from(version).map_err(|_| defect(format!("no policy has version `{version}`")))?,
        root_type: row.root_type,
        created_at: Timestamp(row.created_at),
    };
    Ok((tenant, head))
}

pub(in crate::store) fn head(revision: i64, write_id: &[u8]) -> StoreResult<Head> {
    let write_id = write_id.try_into().map_err(|_| defect("a write's id has other than eight bytes"))?;
    Ok(Head { revision: Revision(revision), write_id: WriteId(write_id) })
}

/// The member of a row with what they hold, which need not be in order. Who has no profile any more was erased.
pub(super) fn into_member(
    row: member::Model,
    profile: Option<profile::Model>,
    mut grants: Vec<StoredGrant>,
) -> StoreResult<MemberRecord> {
    grants.sort_unstable();
    let changed_at = head(row.revision, &row.write_id)?;
    let (subject, profile) = if let Some(profile) = profile {
        into_person(profile)
    } else {
        let names = Names::default();
        (names.subject(&row.member_id), names.profile(&row.member_id))
    };
    let member = Member {
        subject,
        profile,
        status: member_status(row.status)?,
        locked: row.locked,
        created_at: Timestamp(row.created_at),
    };
    Ok(MemberRecord { id: row.member_id, member, changed_at, grants })
}

/// The status that a row's number stands for.
pub(super) fn member_status(code: i16) -> StoreResult<MemberStatus> {
    MemberStatus::from_code(code).ok_or_else(|| defect(format!("no member has status `{code}`")))
}

pub(super) fn into_resource(row: resource::Model, owner: Option<Subject>) -> StoreResult<ResourceRecord> {
    let resource = Resource {
        key: ResourceKey { kind: row.resource_type, id: row.resource_id },
        parent: row.parent_type.zip(row.parent_id).map(|(kind, id)| ResourceKey { kind, id }),
        owner,
        archived: row.archived,
        display_name: row.display_name,
        created_at: Timestamp(row.created_at),
    };
    Ok(ResourceRecord { resource, changed_at: head(row.revision, &row.write_id)? })
}

/// The role of a row, and where it is held.
pub(super) fn into_grant(row: binding::Model) -> Grant {
    let resource = ResourceKey { kind: row.resource_type, id: row.resource_id };
    Grant { resource, role: row.role, expires_at: row.expires_at.map(Timestamp) }
}

/// The same, with who gave it.
pub(super) fn into_stored_grant(row: binding::Model) -> StoredGrant {
    let giver = Giver { id: row.granted_by.clone(), rule: row.rule.clone(), at: Timestamp(row.granted_at) };
    let offer_ends_at = row.offer_ends_at.map(Timestamp);
    StoredGrant { grant: into_grant(row), giver, offer_ends_at }
}

/// The invitation of a row, and the commit that last changed it.
pub(super) fn into_invitation(
    row: invitation::Model,
    token_hash: String,
    names: &Names,
) -> StoreResult<(Invitation, Head)> {
    let code = row.status;
    let accepted = row.accepter.as_deref().zip(row.accepted_at);
    let invitation = Invitation {
        id: row.invitation_id,
        member: names.subject(&row.member_id),
        email: names.email(&row.address_id),
        token_hash,
        inviter: names.subject(&row.inviter),
        status: InvitationStatus::from_code(code)
            .ok_or_else(|| defect(format!("no invitation has status `{code}`")))?,
        expires_at: Timestamp(row.expires_at),
        remind_at: row.remind_at.map(Timestamp),
        issued_at: Timestamp(row.issued_at),
        created_at: Timestamp(row.created_at),
        acceptance: accepted.map(|(member, at)| Acceptance { subject: names.subject(member), at: Timestamp(at) }),
    };
    Ok((invitation, head(row.revision, &row.write_id)?))
}
