//! Reads of single records and of what is due, by a connection or inside a transaction.

use std::collections::BTreeMap;

use rollcall_engine::{
    Change, Grant, Invitation, InvitationStatus, ResourceKey, ResourceRef, Revision, Subject, SuppressedAddress,
    Tenant, Timestamp,
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::{MemberBy, MemberRecord, ResourceRecord, StoreResult, StoredResponse},
    store::{
        entity::{binding, change, invitation, member, request, resource, store_key, suppressed_address, tenant},
        error::defect,
    },
};

/// The most ids that one statement names, well below the limit of parameters.
const IDS_PER_STATEMENT: usize = 1000;

/// The store's own key.
pub(super) async fn page_key(db: &impl ConnectionTrait) -> StoreResult<[u8; 32]> {
    let row = store_key::Entity::find().one(db).await?;
    let key = row.and_then(|row| <[u8; 32]>::try_from(row.page_key).ok());
    key.ok_or_else(|| defect("the table `store_key` has no key of 32 bytes"))
}

/// The tenant and its newest revision.
pub(super) async fn tenant(db: &impl ConnectionTrait, tenant: &str) -> StoreResult<Option<(Tenant, Revision)>> {
    tenant::Entity::find_by_id(tenant).one(db).await?.map(tenant::Model::into_tenant).transpose()
}

/// The tenant's newest revision.
pub(super) async fn revision(db: &impl ConnectionTrait, tenant: &str) -> StoreResult<Option<Revision>> {
    let query = tenant::Entity::find_by_id(tenant).select_only().column(tenant::Column::Revision);
    Ok(query.into_tuple().one(db).await?.map(Revision))
}

/// The result of `found` with the tenant's revision. Both must be read in one transaction.
pub(super) async fn at_revision<T>(
    db: &impl ConnectionTrait,
    tenant: &str,
    found: impl Future<Output = StoreResult<Option<T>>>,
) -> StoreResult<Option<(T, Revision)>> {
    let Some(revision) = revision(db, tenant).await? else { return Ok(None) };
    Ok(found.await?.map(|found| (found, revision)))
}

/// The changes of the revisions after `after` and before `before`, in order.
pub(super) async fn changes(
    db: &impl ConnectionTrait,
    tenant: &str,
    after: Revision,
    before: Option<Revision>,
) -> StoreResult<Vec<(Revision, Change)>> {
    use change::Column;
    let mut query = change::Entity::find()
        .select_only()
        .columns([Column::Revision, Column::Data])
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::Revision.gt(after.0))
        .order_by_asc(Column::Revision)
        .order_by_asc(Column::Seq);
    if let Some(before) = before {
        query = query.filter(Column::Revision.lt(before.0));
    }
    let rows: Vec<(i64, String)> = query.into_tuple().all(db).await?;
    rows.into_iter().map(|(revision, data)| Ok((Revision(revision), change::parse(&data)?))).collect()
}

/// One registered resource.
pub(super) async fn resource(
    db: &impl ConnectionTrait,
    tenant: &str,
    key: ResourceRef<'_>,
) -> StoreResult<Option<ResourceRecord>> {
    let key = (tenant.to_owned(), key.kind.to_owned(), key.id.to_owned());
    Ok(resource::Entity::find_by_id(key).one(db).await?.map(resource::Model::into_record))
}

/// One member with all their grants, ended ones that have a row still included.
pub(super) async fn member(
    db: &impl ConnectionTrait,
    tenant: &str,
    by: MemberBy<'_>,
) -> StoreResult<Option<MemberRecord>> {
    use member::Column;
    let members = member::Entity::find().filter(Column::TenantId.eq(tenant));
    let query = match by {
        MemberBy::Subject(subject) => {
            members.filter(Column::SubjectType.eq(subject.kind)).filter(Column::SubjectId.eq(subject.id))
        }
        MemberBy::Email(email) => members.filter(Column::Email.eq(email)),
        MemberBy::Username(username) => members.filter(Column::Username.eq(username)),
        MemberBy::Phone(phone) => members.filter(Column::Phone.eq(phone)),
    };
    let Some(member) = query.one(db).await? else {
        return Ok(None);
    };
    let grants = binding::Entity::find()
        .filter(binding::Column::TenantId.eq(tenant))
        .filter(binding::Column::HolderType.eq(&member.subject_type))
        .filter(binding::Column::HolderId.eq(&member.subject_id))
        .all(db)
        .await?
        .into_iter()
        .map(binding::Model::into_grant)
        .collect();
    member.into_record(grants).map(Some)
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
            let rows = query.all(db).await?.into_iter();
            found.extend(rows.map(binding::Model::into_holder_and_grant));
        }
    }
    Ok(found)
}

/// The invitation whose secret has this hash.
pub(super) async fn invitation_by_hash(
    db: &impl ConnectionTrait,
    tenant: &str,
    token_hash: &str,
) -> StoreResult<Option<Invitation>> {
    let query = invitation::Entity::find()
        .filter(invitation::Column::TenantId.eq(tenant))
        .filter(invitation::Column::TokenHash.eq(token_hash));
    Ok(one_invitation(db, query).await?.map(|(invitation, _)| invitation))
}

/// The invitation of this id, and the revision that last changed it.
pub(super) async fn invitation(
    db: &impl ConnectionTrait,
    tenant: &str,
    id: &str,
) -> StoreResult<Option<(Invitation, Revision)>> {
    one_invitation(db, invitation::Entity::find_by_id((tenant.to_owned(), id.to_owned()))).await
}

/// The open invitation of an email.
pub(super) async fn open_invitation(
    db: &impl ConnectionTrait,
    tenant: &str,
    email: &str,
) -> StoreResult<Option<Invitation>> {
    let query = invitation::Entity::find()
        .filter(invitation::Column::TenantId.eq(tenant))
        .filter(invitation::Column::Email.eq(email))
        .filter(invitation::Column::Status.is_in(open_statuses()));
    Ok(one_invitation(db, query).await?.map(|(invitation, _)| invitation))
}

async fn one_invitation(
    db: &impl ConnectionTrait,
    query: Select<invitation::Entity>,
) -> StoreResult<Option<(Invitation, Revision)>> {
    query.one(db).await?.map(invitation::Model::into_invitation).transpose()
}

/// The statuses of open invitations.
pub(super) fn open_statuses() -> impl Iterator<Item = i16> {
    InvitationStatus::ALL.into_iter().filter(|status| status.is_open()).map(InvitationStatus::code)
}

/// The invitations that are due by `now`, the earliest first.
pub(super) async fn due_invitations(
    db: &impl ConnectionTrait,
    tenant: &str,
    now: Timestamp,
    limit: u32,
) -> StoreResult<Vec<Invitation>> {
    use invitation::Column;
    let query = invitation::Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::DueAt.lte(now.0))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::InvitationId)
        .limit(u64::from(limit));
    let rows = query.all(db).await?;
    rows.into_iter().map(|row| Ok(row.into_invitation()?.0)).collect()
}

/// The tenant of a table's rows, written so that no index on the tenant is used: little is due, so that it is found
/// fastest by its time.
macro_rules! tenant_of {
    ($table:literal) => {
        Expr::cust(concat!("COALESCE(\"", $table, "\".\"tenant_id\", '')"))
    };
}

/// The grants that have ended by `now` and have a row still, with their holders, the earliest first.
pub(super) async fn ended_bindings(
    db: &impl ConnectionTrait,
    tenant: &str,
    now: Timestamp,
    limit: u32,
) -> StoreResult<Vec<(Subject, Grant)>> {
    use binding::Column;
    let query = binding::Entity::find()
        .filter(Column::ExpiresAt.lte(now.0))
        .filter(tenant_of!("binding").eq(tenant))
        .order_by_asc(Column::ExpiresAt)
        .order_by_asc(Column::HolderType)
        .order_by_asc(Column::HolderId)
        .order_by_asc(Column::ResourceType)
        .order_by_asc(Column::ResourceId)
        .order_by_asc(Column::Role)
        .limit(u64::from(limit));
    Ok(query.all(db).await?.into_iter().map(binding::Model::into_holder_and_grant).collect())
}

/// The tenants after `after` in which an invitation is due or a binding has ended.
pub(super) async fn due_tenants(
    db: &impl ConnectionTrait,
    now: Timestamp,
    after: &str,
    limit: u32,
) -> StoreResult<Vec<String>> {
    let invitations = invitation::Entity::find()
        .select_only()
        .column_as(tenant_of!("invitation"), "tenant")
        .distinct()
        .filter(invitation::Column::DueAt.lte(now.0))
        .filter(tenant_of!("invitation").gt(after))
        .order_by(tenant_of!("invitation"), Order::Asc)
        .limit(u64::from(limit));
    let bindings = binding::Entity::find()
        .select_only()
        .column_as(tenant_of!("binding"), "tenant")
        .distinct()
        .filter(binding::Column::ExpiresAt.lte(now.0))
        .filter(tenant_of!("binding").gt(after))
        .order_by(tenant_of!("binding"), Order::Asc)
        .limit(u64::from(limit));
    let mut tenants: Vec<String> = invitations.into_tuple().all(db).await?;
    tenants.extend(bindings.into_tuple::<String>().all(db).await?);
    tenants.sort_unstable();
    tenants.dedup();
    tenants.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(tenants)
}

/// Of the issues of invitations later than `since`, the time of the one that exactly `newer` came after.
pub(super) async fn issued_before(
    db: &impl ConnectionTrait,
    tenant: &str,
    newer: u64,
    since: Timestamp,
) -> StoreResult<Option<Timestamp>> {
    use change::Column;
    let query = change::Entity::find()
        .select_only()
        .column(Column::At)
        .filter(Column::TenantId.eq(tenant))
        // Written as in the index on it: no partial index serves a condition with a parameter.
        .filter(Expr::cust(r#""change"."kind" = 'invitation_issued'"#))
        .filter(Column::At.gt(since.0))
        .order_by_desc(Column::At)
        .offset(newer)
        .limit(1);
    Ok(query.into_tuple().one(db).await?.map(Timestamp))
}

/// The suppressed address of this email.
pub(super) async fn suppressed(
    db: &impl ConnectionTrait,
    tenant: &str,
    email: &str,
) -> StoreResult<Option<SuppressedAddress>> {
    let key = (tenant.to_owned(), email.to_owned());
    let row = suppressed_address::Entity::find_by_id(key).one(db).await?;
    Ok(row.map(suppressed_address::Model::into_address))
}

/// Suppressed addresses after an email, in the order of their email, and the tenant's revision. Both must be read in
/// one transaction.
pub(super) async fn suppressed_page(
    db: &impl ConnectionTrait,
    tenant: &str,
    after: &str,
    limit: u32,
) -> StoreResult<(Vec<SuppressedAddress>, Revision)> {
    use suppressed_address::Column;
    let revision = revision(db, tenant).await?.unwrap_or_default();
    let query = suppressed_address::Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::Email.gt(after))
        .order_by_asc(Column::Email)
        .limit(u64::from(limit));
    let page = query.all(db).await?.into_iter().map(suppressed_address::Model::into_address).collect();
    Ok((page, revision))
}

/// The response stored under the hash of a request id.
pub(super) async fn find_response(
    db: &impl ConnectionTrait,
    tenant: &str,
    request_hash: &str,
) -> StoreResult<Option<StoredResponse>> {
    let key = (tenant.to_owned(), request_hash.to_owned());
    Ok(request::Entity::find_by_id(key).one(db).await?.map(request::Model::into_response))
}
