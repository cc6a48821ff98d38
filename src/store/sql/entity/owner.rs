//! The table of what the store is, with one row.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "owner")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    pub store_id: Vec<u8>,
    pub page_key: Vec<u8>,
    pub min_reader: i16,
    pub min_writer: i16,
    pub file: Option<String>,
    pub process: Option<Vec<u8>>,
    pub epoch: i64,
    pub barriers: i64,
}

impl ActiveModelBehavior for ActiveModel {}
