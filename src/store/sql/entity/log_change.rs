//! The table of the changes of the log, each at its place within a commit.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub kind: String,
    pub at: i64,
    pub actor: String,
    pub rule: String,
    pub about: Option<String>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
    pub data: String,
}

impl ActiveModelBehavior for ActiveModel {}
