use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::domain::{ResourceKey, Subject};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "binding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, holder: &Subject, resource: &ResourceKey, role: &str) -> Self {
        Self {
            tenant_id: Set(tenant.to_owned()),
            holder_type: Set(holder.kind.clone()),
            holder_id: Set(holder.id.clone()),
            resource_type: Set(resource.kind.clone()),
            resource_id: Set(resource.id.clone()),
            role: Set(role.to_owned()),
        }
    }
}
