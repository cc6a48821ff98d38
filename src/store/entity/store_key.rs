//! The table of the store's own key, with one row, by which page tokens are sealed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "store_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i16,
    pub page_key: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
