//! The table of bindings: a role of a member at a resource, one row each.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "binding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
    pub begins_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub offer_ends_at: Option<i64>,
    pub granted_by: String,
    pub rule: String,
    pub granted_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
