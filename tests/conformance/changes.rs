//! Short makers of what tests write: batches, changes, and what is in them.

use std::sync::atomic::{AtomicU64, Ordering};

use rollcall::service::ports::{AllowedChange, Batch};
use rollcall_engine::{
    Change, Grant, Invitation, InvitationStatus, Member, MemberStatus, Profile, Resource, ResourceKey, Subject,
    SubjectRef, SuppressedAddress, Tenant, Timestamp, WriteId, kind,
};

/// The tenant that each test begins with.
pub const ACME: &str = "acme";
/// What allows the changes of tests.
pub const RULE: &str = "lumicon@1:24";

pub fn allowed(changes: &[Change]) -> Vec<AllowedChange> {
    AllowedChange::by(RULE, changes.iter().cloned())
}

/// A batch of `ada`'s under a write id that no other has.
pub fn batch(changes: &[AllowedChange]) -> Batch<'_> {
    static WRITES: AtomicU64 = AtomicU64::new(1);
    Batch {
        write_id: WriteId(WRITES.fetch_add(1, Ordering::Relaxed).to_be_bytes()),
        at: Timestamp(7),
        actor: SubjectRef { kind: kind::USER, id: "ada" },
        caller: "web",
        trace_id: None,
        reason: None,
        changes,
        response: None,
        gate: None,
    }
}

pub fn tenant(id: &str) -> Tenant {
    Tenant {
        id: id.into(),
        display_name: "Acme Inc.".into(),
        policy: "lumicon".into(),
        policy_version: 3,
        root_type: "workspace".into(),
        created_at: Timestamp(1_700_000_000_000_001),
    }
}

pub fn tenant_created(id: &str) -> Change {
    Change::TenantCreated { tenant: tenant(id) }
}

/// The root resource of `acme`.
pub fn root() -> ResourceKey {
    ResourceKey::new("workspace", ACME)
}

pub fn site(id: &str) -> ResourceKey {
    ResourceKey::new("job_site", id)
}

/// The resource as [`resource_created`] registers it: below the root, unless it is the root.
pub fn resource(key: &ResourceKey, owner: Option<Subject>) -> Resource {
    Resource {
        key: key.clone(),
        parent: (*key != root()).then(root),
        owner,
        archived: false,
        display_name: format!("The {}", key.id),
        created_at: Timestamp(2),
    }
}

pub fn resource_created(key: &ResourceKey, owner: Option<Subject>) -> Change {
    Change::ResourceCreated { resource: resource(key, owner) }
}

/// An active member with a name and nothing else.
pub fn member(id: &str, name: &str) -> Member {
    Member {
        subject: Subject::user(id),
        profile: Profile { display_name: name.into(), ..Profile::default() },
        status: MemberStatus::Active,
        locked: false,
        created_at: Timestamp(3),
    }
}

/// An active member with a name and an email.
pub fn member_with_email(id: &str, name: &str, email: &str) -> Member {
    let mut member = member(id, name);
    member.profile.email = Some(email.into());
    member
}

/// A profile with everything in it.
pub fn full_profile(name: &str, email: &str, username: &str, phone: &str) -> Profile {
    Profile {
        display_name: name.into(),
        email: Some(email.into()),
        username: Some(username.into()),
        phone: Some(phone.into()),
    }
}

pub fn member_added(member: &Member) -> Change {
    Change::MemberAdded { member: member.clone() }
}

/// The change by which a member gets another name.
pub fn renamed(before: &Member, name: &str) -> Change {
    let mut member = before.clone();
    member.profile.display_name = name.into();
    Change::updated(before, member)
}

pub fn granted(id: &str, resource: &ResourceKey, role: &str) -> Change {
    Change::granted(&Subject::user(id), &Grant::permanent(resource.clone(), role))
}

pub fn granted_until(id: &str, resource: &ResourceKey, role: &str, end: i64) -> Change {
    let expires_at = Some(Timestamp(end));
    Change::granted(&Subject::user(id), &Grant { expires_at, ..Grant::permanent(resource.clone(), role) })
}

pub fn revoked(id: &str, resource: &ResourceKey, role: &str) -> Change {
    Change::revoked(&Subject::user(id), &Grant::permanent(resource.clone(), role))
}

/// The change of a permanent role for another.
pub fn role_changed(id: &str, resource: &ResourceKey, from: &str, to: &str) -> Change {
    Change::RoleChanged {
        subject: Subject::user(id),
        resource: resource.clone(),
        from: from.into(),
        from_expires_at: None,
        to: to.into(),
        expires_at: None,
    }
}

pub fn role_expired(id: &str, resource: &ResourceKey, role: &str) -> Change {
    Change::RoleExpired { subject: Subject::user(id), resource: resource.clone(), role: role.into(), is_last: false }
}

/// The subject of whoever is invited by the invitation of this id, which is of the form of a random id.
pub fn invited_subject(invitation: &str) -> Subject {
    let letter = |byte: u8| if matches!(byte, b'a'..=b'z' | b'2'..=b'7') { byte } else { b'a' + byte % 26 };
    let id: String = invitation.bytes().map(|byte| char::from(letter(byte))).collect();
    Subject::new(kind::INVITED, format!("{id:a<26}"))
}

/// Whoever is invited by the invitation of this id.
pub fn invited(invitation: &str, email: &str) -> Member {
    Member {
        subject: invited_subject(invitation),
        status: MemberStatus::Invited,
        ..member_with_email("", &format!("Guest {invitation}"), email)
    }
}

/// A pending invitation by `ada`, which expires at 9,000 and is to be reminded of at 8,000.
pub fn invitation(id: &str, email: &str) -> Invitation {
    Invitation {
        id: id.into(),
        member: invited_subject(id),
        email: email.into(),
        token_hash: format!("hash of {id}"),
        inviter: Subject::user("ada"),
        status: InvitationStatus::Pending,
        expires_at: Timestamp(9_000),
        remind_at: Some(Timestamp(8_000)),
        issued_at: Timestamp(5),
        created_at: Timestamp(4),
        acceptance: None,
    }
}

pub fn issued(invitation: &Invitation) -> Change {
    Change::InvitationIssued { before: None, invitation: invitation.clone() }
}

pub fn invitation_revoked(invitation: &Invitation) -> Change {
    let Invitation { id, member, email, .. } = invitation.clone();
    Change::InvitationRevoked { id, member, email }
}

pub fn invitation_declined(invitation: &Invitation) -> Change {
    let Invitation { id, member, email, .. } = invitation.clone();
    Change::InvitationDeclined { id, member, email }
}

pub fn invitation_expired(invitation: &Invitation) -> Change {
    let Invitation { id, member, email, .. } = invitation.clone();
    Change::InvitationExpired { id, member, email }
}

pub fn invitation_accepted(invitation: &Invitation, by: &str) -> Change {
    let Invitation { id, email, .. } = invitation.clone();
    Change::InvitationAccepted { id, email, subject: Subject::user(by), at: Timestamp(7), failed: Vec::new() }
}

pub fn suppressed(email: &str, detail: &str) -> Change {
    Change::AddressSuppressed { address: suppressed_address(email, detail) }
}

pub fn suppressed_address(email: &str, detail: &str) -> SuppressedAddress {
    SuppressedAddress { email: email.into(), detail: detail.into(), created_at: Timestamp(6) }
}
