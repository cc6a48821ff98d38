//! The lock of a tenant's row, which every transaction has that writes the tenant.

use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use crate::{
    service::ports::StoreResult,
    store::{connections::Lease, sql::entity::tenant},
};

/// Waits until nobody else has the row, and keeps it until the transaction ends. Whether there is one.
pub(super) async fn lock(tx: &Lease, tenant: &str) -> StoreResult<bool> {
    let row = tenant::Entity::find().filter(tenant::Column::TenantId.eq(tenant)).lock_exclusive();
    Ok(!row.all(&**tx).await?.is_empty())
}
