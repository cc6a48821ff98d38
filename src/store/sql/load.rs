//! Streams a tenant's facts into a snapshot's sink, row by row: they may be millions.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use rollcall_engine::{Head, ResourceRef, SnapshotSink, Subject, SubjectRef, Tenant, Timestamp, kind};
use rustc_hash::FxHashMap;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, JoinType, QueryFilter as _, QuerySelect as _,
};
use tokio::time;
use tokio_stream::{Stream, StreamExt as _};

use crate::{
    service::ports::StoreResult,
    store::{
        error::unavailable,
        sql::{
            entity::{binding, member, profile, resource, tombstone},
            rows,
        },
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
    resources(tx, &id, sink).await?;
    deleted_resources(tx, &id, sink).await?;
    bindings(tx, &id, &subjects, sink).await
}

/// How long the next row may take to come, however many there are.
const NEXT_ROW: Duration = Duration::from_mins(1);

/// The next row. Where it is there already, no time is looked at.
async fn next<T>(rows: &mut (impl Stream<Item = Result<T, DbErr>> + Unpin)) -> StoreResult<Option<T>> {
    let mut next = pin!(rows.try_next());
    let found = match poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await {
        Poll::Ready(found) => found,
        Poll::Pending => {
            let found = time::timeout(NEXT_ROW, next).await;
            found.map_err(|_| unavailable("the database has not sent the next row in time"))?
        }
    };
    Ok(found?)
}

/// The subject of an id; whoever has no profile was erased.
fn subject<'s>(known: Option<&'s Subject>, id: &'s str) -> SubjectRef<'s> {
    known.map_or(SubjectRef { kind: kind::ERASED, id }, Subject::as_ref)
}

async fn members(tx: &DatabaseTransaction, tenant: &str, sink: &mut dyn SnapshotSink) -> StoreResult<Subjects> {
    type Row = (String, i16, bool, Option<String>, Option<String>);
    let to_profile = member::Entity::belongs_to(profile::Entity)
        .from((member::Column::TenantId, member::Column::MemberId))
        .to((profile::Column::TenantId, profile::Column::MemberId));
    // One row for both: to take a row from the driver costs more than to find the other for the database.
    let query = member::Entity::find()
        .select_only()
        .columns([member::Column::MemberId, member::Column::Status, member::Column::Locked])
        .columns([profile::Column::SubjectType, profile::Column::SubjectId])
        .join(JoinType::LeftJoin, to_profile.into())
        .filter(member::Column::TenantId.eq(tenant));
    let mut subjects = Subjects::default();
    let mut rows = query.into_tuple::<Row>().stream(tx).await?;
    while let Some((member, status, locked, kind, id)) = next(&mut rows).await? {
        let known = kind.zip(id).map(|(kind, id)| Subject { kind, id });
        sink.member(subject(known.as_ref(), &member), rows::member_status(status)?, locked);
        if let Some(known) = known {
            subjects.insert(member, known);
        }
    }
    Ok(subjects)
}

async fn resources(tx: &DatabaseTransaction, tenant: &str, sink: &mut dyn SnapshotSink) -> StoreResult<()> {
    use resource::Column;
    type Row = (String, String, Option<String>, Option<String>, bool, Option<String>, Option<String>, Option<String>);
    // Whoever owns something need not be a member any more.
    let to_owner = resource::Entity::belongs_to(profile::Entity)
        .from((Column::TenantId, Column::Owner))
        .to((profile::Column::TenantId, profile::Column::MemberId));
    let query = resource::Entity::find()
        .select_only()
        .columns([Column::ResourceType, Column::ResourceId, Column::ParentType, Column::ParentId, Column::Archived])
        .column(Column::Owner)
        .columns([profile::Column::SubjectType, profile::Column::SubjectId])
        .join(JoinType::LeftJoin, to_owner.into())
        .filter(Column::TenantId.eq(tenant));
    let mut rows = query.into_tuple::<Row>().stream(tx).await?;
    while let Some((kind, id, parent_type, parent_id, archived, owner, owner_type, owner_id)) = next(&mut rows).await? {
        let key = ResourceRef { kind: &kind, id: &id };
        let parent = parent_type.as_deref().zip(parent_id.as_deref()).map(|(kind, id)| ResourceRef { kind, id });
        let known = owner_type.zip(owner_id).map(|(kind, id)| Subject { kind, id });
        sink.resource(key, parent, owner.as_deref().map(|owner| subject(known.as_ref(), owner)), archived);
    }
    Ok(())
}

async fn deleted_resources(tx: &DatabaseTransaction, tenant: &str, sink: &mut dyn SnapshotSink) -> StoreResult<()> {
    use tombstone::Column;
    let types = sink.types_with_deleted();
    if types.is_empty() {
        return Ok(());
    }
    let query = tombstone::Entity::find()
        .select_only()
        .columns([Column::ResourceType, Column::ResourceId])
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::ResourceType.is_in(types));
    let mut rows = query.into_tuple::<(String, String)>().stream(tx).await?;
    while let Some((kind, id)) = next(&mut rows).await? {
        sink.deleted_resource(ResourceRef { kind: &kind, id: &id });
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
    while let Some((holder, resource_type, resource_id, role, end)) = next(&mut rows).await? {
        let resource = ResourceRef { kind: &resource_type, id: &resource_id };
        sink.binding(subject(subjects.get(&holder), &holder), resource, &role, end.map(Timestamp));
    }
    Ok(())
}
