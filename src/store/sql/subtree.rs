//! A resource with what is below it, level by level: it costs what it returns.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{Resource, ResourceRef};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::{
    service::ports::StoreResult,
    store::sql::{entity::resource, people, rows, statements::IDS_PER_STATEMENT},
};

/// A registered resource and what is below it, each after its parent, at most `limit` of them.
pub(super) async fn below(
    db: &impl ConnectionTrait,
    tenant: &str,
    key: ResourceRef<'_>,
    limit: usize,
) -> StoreResult<Vec<Resource>> {
    let id = (tenant.to_owned(), key.kind.to_owned(), key.id.to_owned());
    let mut level: Vec<resource::Model> = resource::Entity::find_by_id(id).all(db).await?;
    let mut found = Vec::new();
    while !level.is_empty() && found.len() < limit {
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in &level {
            ids.entry(row.resource_type.clone()).or_default().push(row.resource_id.clone());
        }
        found.append(&mut level);
        for (parent_type, parents) in ids {
            for parents in parents.chunks(IDS_PER_STATEMENT) {
                let room = limit.saturating_sub(found.len() + level.len());
                if room == 0 {
                    break;
                }
                let children = resource::Entity::find()
                    .filter(resource::Column::TenantId.eq(tenant))
                    .filter(resource::Column::ParentType.eq(&parent_type))
                    .filter(resource::Column::ParentId.is_in(parents))
                    .order_by_asc(resource::Column::ResourceType)
                    .order_by_asc(resource::Column::ResourceId)
                    .limit(room as u64);
                level.extend(children.all(db).await?);
            }
        }
    }
    found.truncate(limit);
    let owners = found.iter().filter_map(|row| row.owner.as_deref()).collect();
    let names = people::names(db, tenant, owners, BTreeSet::new()).await?;
    let resource = |row: resource::Model| {
        let owner = row.owner.as_deref().map(|owner| names.subject(owner));
        rows::into_resource(row, owner).map(|record| record.resource)
    };
    found.into_iter().map(resource).collect()
}
