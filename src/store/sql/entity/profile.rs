//! The table of whom the random ids of members and actors stand for.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: String,
    pub subject_type: String,
    pub subject_id: String,
    pub external_id: Option<String>,
    pub display_name: String,
    pub name_key: String,
    pub email_key: String,
    pub search_key: String,
    pub username: Option<String>,
    pub phone: Option<String>,
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}
