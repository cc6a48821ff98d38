//! The table of tenants, each with its newest revision, whose row a write locks.

use rollcall_engine::{Revision, Tenant, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{service::ports::StoreResult, store::error::defect};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    pub display_name: String,
    pub policy: String,
    pub policy_version: i64,
    pub revision: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &Tenant, revision: Revision) -> Self {
        Self {
            tenant_id: Set(tenant.id.clone()),
            display_name: Set(tenant.display_name.clone()),
            policy: Set(tenant.policy.clone()),
            policy_version: Set(tenant.policy_version.into()),
            revision: Set(revision.0),
            created_at: Set(tenant.created_at.0),
        }
    }
}

impl Model {
    pub fn into_tenant(self) -> StoreResult<(Tenant, Revision)> {
        let version = self.policy_version;
        let tenant = Tenant {
            id: self.tenant_id,
            display_name: self.display_name,
            policy: self.policy,
            policy_version: u32::try_from(version).map_err(|_| defect(format!("no policy has version `{version}`")))?,
            created_at: Timestamp(self.created_at),
        };
        Ok((tenant, Revision(self.revision)))
    }
}
