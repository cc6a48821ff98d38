//! The people and addresses behind the ids that rows and records name.

use std::collections::{BTreeSet, HashMap};

use rollcall_engine::{Profile, Subject, SubjectRef, kind};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use crate::{
    service::ports::StoreResult,
    store::{
        schema::{
            change::ChangeRecord,
            people::{Address, Names},
        },
        sql::{
            entity::{address, profile},
            statements::IDS_PER_STATEMENT,
        },
    },
};

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

/// The subjects behind these ids of members.
pub(super) async fn subjects(
    db: &impl ConnectionTrait,
    tenant: &str,
    ids: &BTreeSet<&str>,
) -> StoreResult<HashMap<String, Subject>> {
    let names = names(db, tenant, ids.clone(), BTreeSet::new()).await?;
    Ok(ids.iter().map(|id| ((*id).to_owned(), names.subject(id))).collect())
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
    let found: Option<String> = row.into_tuple().all(db).await?.pop();
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
    Ok(row.all(db).await?.pop())
}
