//! The responses of writes, stored under the hashes of their idempotency keys, for retries.

use rollcall_engine::{Revision, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::service::ports::StoredResponse;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "request")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    pub body: String,
    pub answer: String,
    pub revision: i64,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, response: &StoredResponse) -> Self {
        Self {
            tenant_id: Set(tenant.to_owned()),
            request_id: Set(response.request_hash.clone()),
            body: Set(response.body_hash.clone()),
            answer: Set(response.answer.clone()),
            revision: Set(response.revision.0),
            at: Set(response.at.0),
        }
    }
}

impl Model {
    pub fn into_response(self) -> StoredResponse {
        StoredResponse {
            request_hash: self.request_id,
            body_hash: self.body,
            answer: self.answer,
            revision: Revision(self.revision),
            at: Timestamp(self.at),
        }
    }
}
