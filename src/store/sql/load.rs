//! Streams a tenant's facts into a snapshot's sink, row by row: they may be millions.

use rollcall_engine::{Head, ResourceRef, SnapshotSink, Subject, SubjectRef, Tenant, Timestamp, kind};
use rustc_hash::FxHashMap;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use tokio_stream::StreamExt as _;

use crate::{
    service::ports::StoreResult,
    store::sql::{
        entity::{binding, member, profile, resource},
        rows,
    },
};

/// The subjects of members, by their ids.
type Subjects = FxHashMap<String, Subject>;

/// Feeds the tenant's facts into `sink`. `tx` must read as of one instant.
pub(in crate::store) async fn load(
    tx: &DatabaseTransaction,
    (tenant, head): (Tenant, Head),
    sink: &mut dyn SnapshotSink,
) -> StoreResult<()> {
    let id = tenant.id.clone();
    sink.tenant(tenant, head);
    let subjects = members(tx, &id, sink).await?;
    resources(tx, &id, &subjects, sink).await?;
    bindings(tx, &id, &subjects, sink).await
}

/// The subject of an id; whoever is no member and has no profile was erased.
fn subject<'s>(subjects: &'s Subjects, id: &'s str) -> SubjectRef<'s> {
    subjects.get(id).map_or(SubjectRef { kind: kind::ERASED, id }, Subject::as_ref)
}

async fn members(tx: &DatabaseTransaction, tenant: &str, sink: &mut dyn SnapshotSink) -> StoreResult<Subjects> {
    let profiles = profile::Entity::find()
        .select_only()
        .columns([profile::Column::MemberId, profile::Column::SubjectType, profile::Column::SubjectId])
        .filter(profile::Column::TenantId.eq(tenant));
    let mut subjects = Subjects::default();
    let mut rows = profiles.into_tuple::<(String, String, String)>().stream(tx).await?;
    while let Some((member, kind, id)) = rows.try_next().await? {
        subjects.insert(member, Subject { kind, id });
    }
    drop(rows);
    let members = member::Entity::find()
        .select_only()
        .columns([member::Column::MemberId, member::Column::Status, member::Column::Locked])
        .filter(member::Column::TenantId.eq(tenant));
    let mut rows = members.into_tuple::<(String, i16, bool)>().stream(tx).await?;
    while let Some((member, status, locked)) = rows.try_next().await? {
        sink.member(subject(&subjects, &member), rows::member_status(status)?, locked);
    }
    Ok(subjects)
}

async fn resources(
    tx: &DatabaseTransaction,
    tenant: &str,
    subjects: &Subjects,
    sink: &mut dyn SnapshotSink,
) -> StoreResult<()> {
    use resource::Column;
    type Row = (String, String, Option<String>, Option<String>, Option<String>, bool);
    let query = resource::Entity::find()
        .select_only()
        .columns([
            Column::ResourceType,
            Column::ResourceId,
            Column::ParentType,
            Column::ParentId,
            Column::Owner,
            Column::Archived,
        ])
        .filter(Column::TenantId.eq(tenant));
    let mut rows = query.into_tuple::<Row>().stream(tx).await?;
    while let Some((kind, id, parent_type, parent_id, owner, archived)) = rows.try_next().await? {
        let key = ResourceRef { kind: &kind, id: &id };
        let parent = parent_type.as_deref().zip(parent_id.as_deref()).map(|(kind, id)| ResourceRef { kind, id });
        sink.resource(key, parent, owner.as_deref().map(|owner| subject(subjects, owner)), archived);
    }
    Ok(())
}

async fn bindings(
    tx: &DatabaseTransaction,
    tenant: &str,
    subjects: &Subjects,
    sink: &mut dyn SnapshotSink,
) -> StoreResult<()> {
    use binding::Column;
    let query = binding::Entity::find()
        .select_only()
        .columns([Column::Holder, Column::ResourceType, Column::ResourceId, Column::Role, Column::ExpiresAt])
        .filter(Column::TenantId.eq(tenant));
    let mut rows = query.into_tuple::<(String, String, String, String, Option<i64>)>().stream(tx).await?;
    while let Some((holder, resource_type, resource_id, role, end)) = rows.try_next().await? {
        let resource = ResourceRef { kind: &resource_type, id: &resource_id };
        sink.binding(subject(subjects, &holder), resource, &role, end.map(Timestamp));
    }
    Ok(())
}
