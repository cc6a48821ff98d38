//! The table of the sealed answers of writes, by the hashes of their request ids.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_hash: String,
    pub body_hash: String,
    pub answer: Vec<u8>,
    pub revision: i64,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
