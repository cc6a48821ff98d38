//! Ids for the people and addresses that a write names, and names for the ids that rows and records name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rollcall_engine::{Change, Profile, Subject, SubjectRef, is_random_id, kind, random_id};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

use crate::{
    service::ports::{Batch, StoreResult},
    store::{
        error::defect,
        schema::{
            change::ChangeRecord,
            people::{Address, Ids, Names},
        },
        sql::{
            entity::{address, profile},
            statements::{IDS_PER_STATEMENT, insert},
        },
    },
};

/// An id that nobody has yet.
fn new_id() -> StoreResult<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| defect(error.to_string()))?;
    Ok(random_id(bytes))
}

/// The ids of everybody and of every address that a write names; who is new gets one, and a row.
pub(super) async fn ids(db: &impl ConnectionTrait, tenant: &str, batch: &Batch<'_>) -> StoreResult<Ids> {
    let (mut subjects, mut emails) = (BTreeSet::from([batch.actor.to_subject()]), BTreeSet::new());
    batch.changes.iter().for_each(|allowed| note_people(&allowed.change, &mut subjects, &mut emails));
    let mut ids = Ids::default();
    let mut by_type: BTreeMap<&str, Vec<&Subject>> = BTreeMap::new();
    for subject in &subjects {
        by_type.entry(&subject.kind).or_default().push(subject);
    }
    for (kind, subjects) in by_type {
        for subjects in subjects.chunks(IDS_PER_STATEMENT) {
            let rows = profile::Entity::find()
                .select_only()
                .columns([profile::Column::SubjectId, profile::Column::MemberId])
                .filter(profile::Column::TenantId.eq(tenant))
                .filter(profile::Column::SubjectType.eq(kind))
                .filter(profile::Column::SubjectId.is_in(subjects.iter().map(|subject| &*subject.id)));
            let rows: Vec<(String, String)> = rows.into_tuple().all(db).await?;
            ids.members.extend(rows.into_iter().map(|(id, member)| (Subject::new(kind, id), member)));
        }
    }
    let mut new = Vec::new();
    for subject in subjects {
        if ids.members.contains_key(&subject) {
            continue;
        }
        // Of those whom the log knows by an id already, that one.
        let is_own = [kind::INVITED, kind::ERASED].contains(&&*subject.kind) && is_random_id(&subject.id);
        let member = if is_own { subject.id.clone() } else { new_id()? };
        new.push(new_profile(tenant, &member, &subject));
        ids.members.insert(subject, member);
    }
    insert(db, new).await?;
    addresses(db, tenant, emails, &mut ids.addresses).await?;
    Ok(ids)
}

/// The ids of these emails; one that is new gets one, and a row.
async fn addresses(
    db: &impl ConnectionTrait,
    tenant: &str,
    emails: BTreeSet<&str>,
    ids: &mut HashMap<String, String>,
) -> StoreResult<()> {
    let all: Vec<&str> = emails.into_iter().collect();
    for emails in all.chunks(IDS_PER_STATEMENT) {
        let rows = address::Entity::find()
            .select_only()
            .columns([address::Column::Email, address::Column::AddressId])
            .filter(address::Column::TenantId.eq(tenant))
            .filter(address::Column::Email.is_in(emails.iter().copied()));
        ids.extend(rows.into_tuple::<(String, String)>().all(db).await?);
    }
    let mut new = Vec::new();
    for email in all {
        if !ids.contains_key(email) {
            let id = new_id()?;
            new.push(address::ActiveModel {
                tenant_id: Set(tenant.to_owned()),
                address_id: Set(id.clone()),
                email: Set(email.to_owned()),
                search_key: Set(email.to_lowercase()),
                member_id: Set(None),
                verified: Set(false),
                suppressed_at: Set(None),
                suppressed_for: Set(None),
            });
            ids.insert(email.to_owned(), id);
        }
    }
    insert(db, new).await
}

fn new_profile(tenant: &str, member: &str, subject: &Subject) -> profile::ActiveModel {
    profile::ActiveModel {
        tenant_id: Set(tenant.to_owned()),
        member_id: Set(member.to_owned()),
        subject_type: Set(subject.kind.clone()),
        subject_id: Set(subject.id.clone()),
        external_id: Set(None),
        display_name: Set(String::new()),
        name_key: Set(String::new()),
        email_key: Set(String::new()),
        search_key: Set(String::new()),
        username: Set(None),
        phone: Set(None),
        revision: Set(0),
    }
}

fn note_people<'c>(change: &'c Change, subjects: &mut BTreeSet<Subject>, emails: &mut BTreeSet<&'c str>) {
    subjects.extend(change.subject().cloned());
    match change {
        Change::ResourceCreated { resource } | Change::ResourceDeleted { resource } => {
            subjects.extend(resource.owner.clone());
        }
        Change::OwnerChanged { from, to, .. } => subjects.extend(from.iter().chain(to).cloned()),
        Change::MemberAdded { member } | Change::MemberUpdated { member, .. } => {
            emails.extend(member.profile.email.as_deref());
        }
        Change::InvitationIssued { before, invitation } => {
            for invitation in before.iter().chain([invitation]) {
                subjects.extend([invitation.member.clone(), invitation.inviter.clone()]);
                subjects.extend(invitation.acceptance.iter().map(|acceptance| acceptance.subject.clone()));
                emails.insert(&invitation.email);
            }
        }
        Change::InvitationAccepted { email, .. }
        | Change::InvitationRevoked { email, .. }
        | Change::InvitationDeclined { email, .. }
        | Change::InvitationExpired { email, .. }
        | Change::InvitationReminderDue { email, .. }
        | Change::AddressCleared { email } => emails.extend([&**email]),
        Change::AddressSuppressed { address } => emails.extend([&*address.email]),
        _ => {}
    }
}

/// The names behind these ids of members and of addresses.
pub(super) async fn names(
    db: &impl ConnectionTrait,
    tenant: &str,
    members: BTreeSet<&str>,
    address_ids: BTreeSet<&str>,
) -> StoreResult<Names> {
    let (members, address_ids): (Vec<&str>, Vec<&str>) =
        (members.into_iter().collect(), address_ids.into_iter().collect());
    let mut names = Names::default();
    for members in members.chunks(IDS_PER_STATEMENT) {
        let rows = profile::Entity::find()
            .filter(profile::Column::TenantId.eq(tenant))
            .filter(profile::Column::MemberId.is_in(members.iter().copied()));
        names.people.extend(rows.all(db).await?.into_iter().map(|row| {
            let member = row.member_id.clone();
            (member, into_person(row))
        }));
    }
    for ids in address_ids.chunks(IDS_PER_STATEMENT) {
        let rows = address::Entity::find()
            .filter(address::Column::TenantId.eq(tenant))
            .filter(address::Column::AddressId.is_in(ids.iter().copied()));
        names.addresses.extend(rows.all(db).await?.into_iter().map(|row| {
            (row.address_id, Address { email: row.email, suppressed_for: row.suppressed_for.unwrap_or_default() })
        }));
    }
    Ok(names)
}

/// The names behind all ids that these records have.
pub(super) async fn names_in(
    db: &impl ConnectionTrait,
    tenant: &str,
    records: &[&ChangeRecord],
    actors: BTreeSet<&str>,
) -> StoreResult<Names> {
    let (mut members, mut addresses): (BTreeSet<&str>, BTreeSet<&str>) = (actors, BTreeSet::new());
    for record in records {
        record.each_member(|id| members.extend([id]));
        record.each_address(|id| addresses.extend([id]));
    }
    names(db, tenant, members, addresses).await
}

/// The subject and the profile of a row.
pub(super) fn into_person(row: profile::Model) -> (Subject, Profile) {
    let email = (!row.email_key.is_empty()).then_some(row.email_key);
    let profile = Profile { display_name: row.display_name, email, username: row.username, phone: row.phone };
    (Subject::new(row.subject_type, row.subject_id), profile)
}

/// The id of whoever a subject is; none where nobody in the tenant's records is. One of type `email` is whoever has the
/// address.
pub(super) async fn id_of(
    db: &impl ConnectionTrait,
    tenant: &str,
    subject: SubjectRef<'_>,
) -> StoreResult<Option<String>> {
    if subject.kind == kind::EMAIL {
        return Ok(address_of(db, tenant, subject.id).await?.and_then(|address| address.member_id));
    }
    let row = profile::Entity::find()
        .select_only()
        .column(profile::Column::MemberId)
        .filter(profile::Column::TenantId.eq(tenant))
        .filter(profile::Column::SubjectType.eq(subject.kind))
        .filter(profile::Column::SubjectId.eq(subject.id));
    let found: Option<String> = row.into_tuple().one(db).await?;
    // Whoever was erased has no row, and is known by the id.
    Ok(found.or_else(|| (subject.kind == kind::ERASED).then(|| subject.id.to_owned())))
}

/// The row of an email; none where the tenant never had to do with it.
pub(super) async fn address_of(
    db: &impl ConnectionTrait,
    tenant: &str,
    email: &str,
) -> StoreResult<Option<address::Model>> {
    let row =
        address::Entity::find().filter(address::Column::TenantId.eq(tenant)).filter(address::Column::Email.eq(email));
    Ok(row.one(db).await?)
}
