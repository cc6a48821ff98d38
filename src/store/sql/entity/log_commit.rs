//! The table of the commits of the log.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "log_commit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub write_id: Vec<u8>,
    pub at: i64,
    pub actor: String,
    pub caller: String,
    pub trace_id: Option<String>,
    pub format: i16,
    pub digest: Vec<u8>,
    pub feed_position: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
