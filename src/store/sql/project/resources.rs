//! What changes of resources do to their table, and to that of the ids that were deleted.

use std::collections::BTreeMap;

use rollcall_engine::{Change, Resource, ResourceKey};
use sea_orm::{
    ActiveValue::{Set, Unchanged},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, Value,
    sea_query::{Expr, OnConflict},
};

use crate::{
    service::ports::StoreResult,
    store::{
        error::defect,
        sql::{
            entity::{
                resource::{self, Column},
                tombstone,
            },
            project::Projection,
            script::Otherwise,
            statements::IDS_PER_STATEMENT,
        },
    },
};

impl<'a> Projection<'a, '_> {
    pub(super) fn resource_row(&self, resource: &Resource) -> StoreResult<resource::ActiveModel> {
        let Resource { key, parent, owner, archived, display_name, created_at } = resource;
        let (parent_type, parent_id) = parent.clone().map(|parent| (parent.kind, parent.id)).unzip();
        Ok(resource::ActiveModel {
            tenant_id: Set(self.write.tenant.to_owned()),
            resource_type: Set(key.kind.clone()),
            resource_id: Set(key.id.clone()),
            parent_type: Set(parent_type),
            parent_id: Set(parent_id),
            owner: Set(owner.as_ref().map(|owner| self.write.member(owner)).transpose()?),
            archived: Set(*archived),
            display_name: Set(display_name.clone()),
            revision: Set(self.write.head.revision.0),
            write_id: Set(self.write.write_id()),
            created_at: Set(created_at.0),
        })
    }

    /// Inserts resources, whose ids are no deleted ones any more.
    pub(super) fn insert_resources(&mut self, rows: Vec<resource::ActiveModel>) {
        let mut by_type: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in &rows {
            if let (Set(kind) | Unchanged(kind), Set(id) | Unchanged(id)) = (&row.resource_type, &row.resource_id) {
                by_type.entry(kind.clone()).or_default().push(id.clone());
            }
        }
        for (kind, ids) in by_type {
            for ids in ids.chunks(IDS_PER_STATEMENT) {
                let revived = tombstone::Entity::delete_many()
                    .filter(tombstone::Column::TenantId.eq(self.write.tenant))
                    .filter(tombstone::Column::ResourceType.eq(&kind))
                    .filter(tombstone::Column::ResourceId.is_in(ids));
                self.script.push(&revived);
            }
        }
        self.script.insert(rows);
    }

    /// Changes or deletes a resource.
    pub(super) fn project_resource(&mut self, change: &'a Change) -> StoreResult<()> {
        match change {
            Change::ResourceArchived { resource } => {
                self.update_resource(change, resource, [(Column::Archived, true.into())]);
            }
            Change::ResourceRestored { resource } => {
                self.update_resource(change, resource, [(Column::Archived, false.into())]);
            }
            Change::ResourceMoved { resource, to, .. } => {
                let (kind, id) = (to.kind.as_str().into(), to.id.as_str().into());
                self.update_resource(change, resource, [(Column::ParentType, kind), (Column::ParentId, id)]);
            }
            Change::OwnerChanged { resource, to, .. } => {
                let owner = to.as_ref().map(|owner| self.write.member(owner)).transpose()?;
                self.update_resource(change, resource, [(Column::Owner, owner.into())]);
            }
            Change::ResourceDeleted { resource } => self.delete_resource(change, &resource.key),
            other => return Err(defect(format!("change `{}` is none of a resource", other.kind()))),
        }
        Ok(())
    }

    fn delete_resource(&mut self, change: &'a Change, key: &ResourceKey) {
        let deletion = resource::Entity::delete_many()
            .filter(Column::TenantId.eq(self.write.tenant))
            .filter(Column::ResourceType.eq(&key.kind))
            .filter(Column::ResourceId.eq(&key.id));
        self.script.push_one(deletion, Otherwise::NoRow(change.kind()));
        let row = tombstone::ActiveModel {
            tenant_id: Set(self.write.tenant.to_owned()),
            resource_type: Set(key.kind.clone()),
            resource_id: Set(key.id.clone()),
            revision: Set(self.write.head.revision.0),
            deleted_at: Set(self.write.at.0),
        };
        let columns = [tombstone::Column::TenantId, tombstone::Column::ResourceType, tombstone::Column::ResourceId];
        let replaced = [tombstone::Column::Revision, tombstone::Column::DeletedAt];
        let on_conflict = OnConflict::columns(columns).update_columns(replaced).to_owned();
        self.script.push(&tombstone::Entity::insert(row).on_conflict(on_conflict));
    }

    /// Sets columns of a resource, and its revision.
    fn update_resource<const N: usize>(
        &mut self,
        change: &'a Change,
        key: &ResourceKey,
        columns: [(Column, Value); N],
    ) {
        let update = resource::Entity::update_many()
            .col_expr(Column::Revision, Expr::value(self.write.head.revision.0))
            .col_expr(Column::WriteId, Expr::value(self.write.write_id()))
            .filter(Column::TenantId.eq(self.write.tenant))
            .filter(Column::ResourceType.eq(&key.kind))
            .filter(Column::ResourceId.eq(&key.id));
        let update =
            columns.into_iter().fold(update, |update, (column, value)| update.col_expr(column, Expr::value(value)));
        self.script.push_one(update, Otherwise::NoRow(change.kind()));
    }
}
