//! What has come due: bindings that have ended, and invitations to remind of or to end.

use rollcall_engine::{Grant, Head, Subject, Timestamp};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, Order, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::{InvitationRecord, StoreResult},
    store::sql::{
        entity::{binding, invitation, tenant},
        invitations, read, rows,
        statements::IDS_PER_STATEMENT,
    },
};

/// The tenant of a table's rows, written so that no index on the tenant is used: little is due, so that it is found
/// fastest by its time.
macro_rules! tenant_of {
    ($table:literal) => {
        Expr::cust(concat!("COALESCE(\"", $table, "\".\"tenant_id\", '')"))
    };
}

/// The invitations that are due by `now`, the earliest first.
pub(super) async fn due_invitations(
    tx: &DatabaseTransaction,
    tenant: &str,
    now: Timestamp,
    limit: u32,
) -> StoreResult<Vec<InvitationRecord>> {
    use invitation::Column;
    let query = invitation::Entity::find()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::DueAt.lte(now.0))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::InvitationId)
        .limit(u64::from(limit));
    invitations::records(tx, tenant, query.all(tx).await?).await
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
        .order_by_asc(Column::Holder)
        .order_by_asc(Column::ResourceType)
        .order_by_asc(Column::ResourceId)
        .order_by_asc(Column::Role)
        .limit(u64::from(limit));
    read::with_holders(db, tenant, query.all(db).await?).await
}

/// The tenants after `after` in which an invitation is due or a binding has ended.
pub(in crate::store) async fn due_tenants(
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

/// The newest commits of these tenants; those that do not exist are left out.
pub(in crate::store) async fn heads(db: &impl ConnectionTrait, tenants: &[String]) -> StoreResult<Vec<(String, Head)>> {
    let mut heads = Vec::with_capacity(tenants.len());
    for tenants in tenants.chunks(IDS_PER_STATEMENT) {
        let query = tenant::Entity::find()
            .select_only()
            .columns([tenant::Column::TenantId, tenant::Column::Revision, tenant::Column::Head])
            .filter(tenant::Column::TenantId.is_in(tenants));
        let rows: Vec<(String, i64, Vec<u8>)> = query.into_tuple().all(db).await?;
        for (tenant, revision, write_id) in rows {
            heads.push((tenant, rows::head(revision, &write_id)?));
        }
    }
    Ok(heads)
}
