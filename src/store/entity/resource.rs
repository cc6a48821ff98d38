//! The table of registered resources, the root of each tenant among them.

use rollcall_engine::{Resource, ResourceKey, Revision, Subject, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::service::ports::ResourceRecord;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "resource")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: String,
    pub parent_type: Option<String>,
    pub parent_id: Option<String>,
    pub owner_type: Option<String>,
    pub owner_id: Option<String>,
    pub archived: bool,
    pub display_name: String,
    pub revision: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, resource: &Resource, revision: Revision) -> Self {
        let Resource { key, parent, owner, archived, display_name, created_at } = resource;
        let (parent_type, parent_id) = parent.clone().map(|parent| (parent.kind, parent.id)).unzip();
        let (owner_type, owner_id) = owner.clone().map(|owner| (owner.kind, owner.id)).unzip();
        Self {
            tenant_id: Set(tenant.to_owned()),
            resource_type: Set(key.kind.clone()),
            resource_id: Set(key.id.clone()),
            parent_type: Set(parent_type),
            parent_id: Set(parent_id),
            owner_type: Set(owner_type),
            owner_id: Set(owner_id),
            archived: Set(*archived),
            display_name: Set(display_name.clone()),
            revision: Set(revision.0),
            created_at: Set(created_at.0),
        }
    }
}

impl Model {
    pub fn into_record(self) -> ResourceRecord {
        let resource = Resource {
            key: ResourceKey { kind: self.resource_type, id: self.resource_id },
            parent: self.parent_type.zip(self.parent_id).map(|(kind, id)| ResourceKey { kind, id }),
            owner: self.owner_type.zip(self.owner_id).map(|(kind, id)| Subject { kind, id }),
            archived: self.archived,
            display_name: self.display_name,
            created_at: Timestamp(self.created_at),
        };
        ResourceRecord { resource, changed_at: Revision(self.revision) }
    }
}
