//! Reads of single records, of one tenant as of one instant.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rollcall_engine::{
    Grant, Head, Invitation, InvitationStatus, ResourceKey, ResourceRef, Revision, Subject, SuppressedAddress, Tenant,
    Timestamp,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Select,
    sea_query::Expr,
};

use crate::{
    service::ports::{Hidden, ResourceRecord, StoreIdentity, StoreResult, StoredResponse},
    store::{
        error::defect,
        sql::{
            entity::{
                address, binding, invitation, invitation_link, log_change, log_commit, owner, request, resource, tenant,
            },
            people, rows,
            statements::IDS_PER_STATEMENT,
        },
    },
};

/// What the store is, if a service that reads and writes this format may use it.
pub(in crate::store) async fn identity(db: &impl ConnectionTrait, format: i16) -> StoreResult<StoreIdentity> {
    let row = owner::Entity::find().all(db).await?.pop().ok_or_else(|| defect("the table `owner` is empty"))?;
    if format < row.min_reader.max(row.min_writer) {
        return Err(defect(format!(
            "the store needs a service that reads format {} and writes {}, and this one knows {format}; use a newer one",
            row.min_reader, row.min_writer
        )));
    }
    let id = row.store_id.try_into().map_err(|_| defect("the store's id has other than 16 bytes"))?;
    let page_key = row.page_key.try_into().map_err(|_| defect("the store's key has other than 32 bytes"))?;
    Ok(StoreIdentity { id, page_key: Hidden::new(page_key) })
}

/// The tenant and its newest commit.
pub(in crate::store) async fn tenant(db: &impl ConnectionTrait, tenant: &str) -> StoreResult<Option<(Tenant, Head)>> {
    tenant::Entity::find_by_id(tenant).all(db).await?.pop().map(rows::into_tenant).transpose()
}

/// When a commit was made, and its head; none when the log has none of this revision.
pub(in crate::store) async fn commit_at(
    db: &impl ConnectionTrait,
    tenant: &str,
    revision: Revision,
) -> StoreResult<Option<(Head, Timestamp)>> {
    let row = log_commit::Entity::find_by_id((tenant.to_owned(), revision.0)).select_only().columns([
        log_commit::Column::Revision,
        log_commit::Column::WriteId,
        log_commit::Column::At,
    ]);
    let mut rows: Vec<(i64, Vec<u8>, i64)> = row.into_tuple().all(db).await?;
    rows.pop().map(|(revision, write_id, at)| Ok((rows::head(revision, &write_id)?, Timestamp(at)))).transpose()
}

/// One registered resource.
pub(super) async fn resource(
    db: &impl ConnectionTrait,
    tenant: &str,
    key: ResourceRef<'_>,
) -> StoreResult<Option<ResourceRecord>> {
    let id = (tenant.to_owned(), key.kind.to_owned(), key.id.to_owned());
    let Some(row) = resource::Entity::find_by_id(id).all(db).await?.pop() else { return Ok(None) };
    let names = people::names(db, tenant, row.owner.as_deref().into_iter().collect(), BTreeSet::new()).await?;
    let owner = row.owner.as_deref().map(|owner| names.subject(owner));
    rows::into_resource(row, owner).map(Some)
}

/// The subject that has an email.
pub(super) async fn subject_of_email(
    db: &impl ConnectionTrait,
    tenant: &str,
    email: &str,
) -> StoreResult<Option<Subject>> {
    let Some(member) = people::address_of(db, tenant, email).await?.and_then(|address| address.member_id) else {
        return Ok(None);
    };
    Ok(Some(people::names(db, tenant, BTreeSet::from([&*member]), BTreeSet::new()).await?.subject(&member)))
}

/// The grants at these resources with their holders, at most `limit` of them, in no order.
pub(super) async fn bindings_at(
    db: &impl ConnectionTrait,
    tenant: &str,
    resources: &[ResourceKey],
    limit: usize,
) -> StoreResult<Vec<(Subject, Grant)>> {
    use binding::Column;
    let mut by_type: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in resources {
        by_type.entry(&key.kind).or_default().push(&key.id);
    }
    let mut found = Vec::new();
    for (kind, ids) in by_type {
        for ids in ids.chunks(IDS_PER_STATEMENT) {
            let query = binding::Entity::find()
                .filter(Column::TenantId.eq(tenant))
                .filter(Column::ResourceType.eq(kind))
                .filter(Column::ResourceId.is_in(ids.iter().copied()))
                .limit(u64::try_from(limit.saturating_sub(found.len())).unwrap_or(u64::MAX));
            found.extend(query.all(db).await?);
        }
    }
    with_holders(db, tenant, found).await
}

/// Grants with the subjects that hold them.
pub(super) async fn with_holders(
    db: &impl ConnectionTrait,
    tenant: &str,
    bindings: Vec<binding::Model>,
) -> StoreResult<Vec<(Subject, Grant)>> {
    let names = people::names(db, tenant, bindings.iter().map(|row| &*row.holder).collect(), BTreeSet::new()).await?;
    Ok(bindings.into_iter().map(|row| (names.subject(&row.holder), rows::into_grant(row))).collect())
}

/// The invitation one of whose links has this hash.
pub(super) async fn invitation_by_hash(
    db: &impl ConnectionTrait,
    tenant: &str,
    token_hash: &str,
) -> StoreResult<Option<Invitation>> {
    let key = (tenant.to_owned(), token_hash.to_owned());
    let Some(link) = invitation_link::Entity::find_by_id(key).all(db).await?.pop() else { return Ok(None) };
    let row = invitation::Entity::find_by_id((tenant.to_owned(), link.invitation_id)).all(db).await?;
    Ok(invitations(db, tenant, row).await?.pop().map(|(invitation, ..)| invitation))
}

/// The open invitation of an email.
pub(super) async fn open_invitation(
    db: &impl ConnectionTrait,
    tenant: &str,
    email: &str,
) -> StoreResult<Option<Invitation>> {
    let Some(address) = people::address_of(db, tenant, email).await? else { return Ok(None) };
    let query = invitation::Entity::find()
        .filter(invitation::Column::TenantId.eq(tenant))
        .filter(invitation::Column::AddressId.eq(address.address_id))
        .filter(invitation::Column::Status.is_in(open_statuses()));
    Ok(invitations(db, tenant, query.all(db).await?).await?.pop().map(|(invitation, ..)| invitation))
}

/// The invitations of rows, each with the revision that last changed it and the ids of its member and its address.
pub(super) async fn invitations(
    db: &impl ConnectionTrait,
    tenant: &str,
    found: Vec<invitation::Model>,
) -> StoreResult<Vec<(Invitation, Head, String, String)>> {
    let mut hashes: HashMap<String, String> = HashMap::new();
    let ids: Vec<&str> = found.iter().map(|row| &*row.invitation_id).collect();
    for ids in ids.chunks(IDS_PER_STATEMENT) {
        let links = invitation_link::Entity::find()
            .filter(invitation_link::Column::TenantId.eq(tenant))
            .filter(invitation_link::Column::InvitationId.is_in(ids.iter().copied()));
        hashes.extend(links.all(db).await?.into_iter().map(|link| (link.invitation_id, link.token_hash)));
    }
    let people = found.iter().flat_map(|row| [Some(&row.member_id), Some(&row.inviter), row.accepter.as_ref()]);
    let people = people.flatten().map(String::as_str).collect();
    let names = people::names(db, tenant, people, found.iter().map(|row| &*row.address_id).collect()).await?;
    let record = |row: invitation::Model| {
        let hash = hashes.remove(&row.invitation_id).unwrap_or_default();
        let (member, address) = (row.member_id.clone(), row.address_id.clone());
        rows::into_invitation(row, hash, &names).map(|(found, changed_at)| (found, changed_at, member, address))
    };
    found.into_iter().map(record).collect()
}

/// The statuses of open invitations.
pub(super) fn open_statuses() -> impl Iterator<Item = i16> {
    InvitationStatus::ALL.into_iter().filter(|status| status.is_open()).map(InvitationStatus::code)
}

/// Of the issues of invitations later than `since`, the time of the one that exactly `newer` came after.
pub(super) async fn issued_before(
    db: &impl ConnectionTrait,
    tenant: &str,
    newer: u64,
    since: Timestamp,
) -> StoreResult<Option<Timestamp>> {
    use log_change::Column;
    let query = log_change::Entity::find()
        .select_only()
        .column(Column::At)
        .filter(Column::TenantId.eq(tenant))
        // Written as in the index on it: no partial index serves a condition with a parameter.
        .filter(Expr::cust(r#""log_change"."kind" = 'invitation_issued'"#))
        .filter(Column::At.gt(since.0))
        .order_by_desc(Column::At)
        .offset(newer)
        .limit(1);
    Ok(query.into_tuple().all(db).await?.pop().map(Timestamp))
}

/// The suppressed address of this email.
pub(super) async fn suppressed(
    db: &impl ConnectionTrait,
    tenant: &str,
    email: &str,
) -> StoreResult<Option<SuppressedAddress>> {
    Ok(people::address_of(db, tenant, email).await?.and_then(into_suppressed).map(|(_, address)| address))
}

/// Suppressed addresses after one of this id, in the order of their email, each with its id.
pub(super) async fn suppressed_page(
    db: &impl ConnectionTrait,
    tenant: &str,
    after: Option<&str>,
    limit: u32,
) -> StoreResult<Vec<(String, SuppressedAddress)>> {
    let mut query: Select<address::Entity> = address::Entity::find()
        .filter(address::Column::TenantId.eq(tenant))
        .filter(address::Column::SuppressedAt.is_not_null())
        .order_by_asc(address::Column::Email)
        .limit(u64::from(limit));
    if let Some(id) = after {
        query = query.filter(address::Column::Email.gt(email_of(db, tenant, id).await?));
    }
    Ok(query.all(db).await?.into_iter().filter_map(into_suppressed).collect())
}

/// The email of an address, by which a list goes on after it.
pub(super) async fn email_of(db: &impl ConnectionTrait, tenant: &str, address: &str) -> StoreResult<String> {
    let mut rows = address::Entity::find_by_id((tenant.to_owned(), address.to_owned())).all(db).await?;
    rows.pop().map(|row| row.email).ok_or(crate::service::ports::StoreError::LostPosition)
}

fn into_suppressed(row: address::Model) -> Option<(String, SuppressedAddress)> {
    let (email, detail) = (row.email, row.suppressed_for.unwrap_or_default());
    let at = row.suppressed_at?;
    Some((row.address_id, SuppressedAddress { email, detail, created_at: Timestamp(at) }))
}

/// The response stored under the hash of a request id.
pub(super) async fn find_response(
    db: &impl ConnectionTrait,
    tenant: &str,
    request_hash: &str,
) -> StoreResult<Option<StoredResponse>> {
    let mut rows = request::Entity::find_by_id((tenant.to_owned(), request_hash.to_owned())).all(db).await?;
    Ok(rows.pop().map(into_response))
}

/// The response of a row.
pub(super) fn into_response(row: request::Model) -> StoredResponse {
    StoredResponse {
        request_hash: row.request_hash,
        body_hash: row.body_hash,
        answer: row.answer,
        revision: Revision(row.revision),
        at: Timestamp(row.at),
    }
}
