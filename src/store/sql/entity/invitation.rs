//! The table of invitations, whatever their status.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub invitation_id: String,
    pub member_id: String,
    pub address_id: String,
    pub inviter: String,
    pub status: i16,
    pub expires_at: i64,
    pub remind_at: Option<i64>,
    pub due_at: Option<i64>,
    pub issued_at: i64,
    pub created_at: i64,
    pub accepter: Option<String>,
    pub accepted_at: Option<i64>,
    pub revision: i64,
    pub write_id: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
