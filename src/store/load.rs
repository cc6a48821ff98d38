//! Streams a tenant's facts into a snapshot, row by row: they may be millions.

use rollcall_engine::{ResourceRef, SnapshotSink, SubjectRef, Timestamp};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use tokio_stream::StreamExt as _;

use crate::{
    service::ports::StoreResult,
    store::{
        entity::{binding, member, resource},
        read,
    },
};

/// Feeds the tenant's facts into `snapshot`; false when there is no such tenant. `tx` must read as of one instant.
pub(super) async fn load(tx: &DatabaseTransaction, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<bool> {
    let Some((found, revision)) = read::tenant(tx, tenant).await? else {
        return Ok(false);
    };
    snapshot.tenant(found, revision);
    resources(tx, tenant, snapshot).await?;
    members(tx, tenant, snapshot).await?;
    bindings(tx, tenant, snapshot).await?;
    Ok(true)
}

async fn resources(tx: &DatabaseTransaction, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<()> {
    use resource::Column;
    type Row = (String, String, Option<String>, Option<String>, Option<String>, Option<String>, bool);
    let query = resource::Entity::find()
        .select_only()
        .columns([
            Column::ResourceType,
            Column::ResourceId,
            Column::ParentType,
            Column::ParentId,
            Column::OwnerType,
            Column::OwnerId,
            Column::Archived,
        ])
        .filter(Column::TenantId.eq(tenant));
    let mut rows = query.into_tuple::<Row>().stream(tx).await?;
    while let Some((kind, id, parent_type, parent_id, owner_type, owner_id, archived)) = rows.try_next().await? {
        let key = ResourceRef { kind: &kind, id: &id };
        let parent = parent_type.as_deref().zip(parent_id.as_deref()).map(|(kind, id)| ResourceRef { kind, id });
        let owner = owner_type.as_deref().zip(owner_id.as_deref()).map(|(kind, id)| SubjectRef { kind, id });
        snapshot.resource(key, parent, owner, archived);
    }
    Ok(())
}

async fn members(tx: &DatabaseTransaction, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<()> {
    use member::Column;
    let query = member::Entity::find()
        .select_only()
        .columns([Column::SubjectType, Column::SubjectId, Column::Status, Column::Locked])
        .filter(Column::TenantId.eq(tenant));
    let mut rows = query.into_tuple::<(String, String, i16, bool)>().stream(tx).await?;
    while let Some((kind, id, status, locked)) = rows.try_next().await? {
        snapshot.member(SubjectRef { kind: &kind, id: &id }, member::status(status)?, locked);
    }
    Ok(())
}

async fn bindings(tx: &DatabaseTransaction, tenant: &str, snapshot: &mut dyn SnapshotSink) -> StoreResult<()> {
    use binding::Column;
    let query = binding::Entity::find()
        .select_only()
        .columns([
            Column::HolderType,
            Column::HolderId,
            Column::ResourceType,
            Column::ResourceId,
            Column::Role,
            Column::ExpiresAt,
        ])
        .filter(Column::TenantId.eq(tenant));
    let mut rows = query.into_tuple::<(String, String, String, String, String, Option<i64>)>().stream(tx).await?;
    while let Some((holder_type, holder_id, resource_type, resource_id, role, end)) = rows.try_next().await? {
        let holder = SubjectRef { kind: &holder_type, id: &holder_id };
        snapshot.binding(holder, ResourceRef { kind: &resource_type, id: &resource_id }, &role, end.map(Timestamp));
    }
    Ok(())
}
