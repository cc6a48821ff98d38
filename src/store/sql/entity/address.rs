//! The table of email addresses by their own random id.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub address_id: String,
    pub email: String,
    pub search_key: String,
    pub member_id: Option<String>,
    pub verified: bool,
    pub suppressed_at: Option<i64>,
    pub suppressed_for: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
