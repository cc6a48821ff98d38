//! The table of email addresses to which no invitation may be sent.

use rollcall_engine::{SuppressedAddress, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "suppressed_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub email: String,
    pub detail: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, address: &SuppressedAddress) -> Self {
        let SuppressedAddress { email, detail, created_at } = address;
        Self {
            tenant_id: Set(tenant.to_owned()),
            email: Set(email.clone()),
            detail: Set(detail.clone()),
            created_at: Set(created_at.0),
        }
    }
}

impl Model {
    pub fn into_address(self) -> SuppressedAddress {
        SuppressedAddress { email: self.email, detail: self.detail, created_at: Timestamp(self.created_at) }
    }
}
