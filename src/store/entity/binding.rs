//! The table of bindings: a role of a member at a resource, one row each.

use rollcall_engine::{Grant, ResourceKey, Subject, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "binding")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub resource_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
    /// Microseconds since 1970; null for one that lasts.
    pub expires_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The role with who holds it.
    pub fn into_holder_and_grant(self) -> (Subject, Grant) {
        (Subject::new(&*self.holder_type, &*self.holder_id), self.into_grant())
    }

    /// The role and where it is held.
    pub fn into_grant(self) -> Grant {
        let resource = ResourceKey { kind: self.resource_type, id: self.resource_id };
        Grant { resource, role: self.role, expires_at: self.expires_at.map(Timestamp) }
    }
}

impl ActiveModel {
    pub fn of(
        tenant: &str,
        holder: &Subject,
        resource: &ResourceKey,
        role: &str,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            tenant_id: Set(tenant.to_owned()),
            holder_type: Set(holder.kind.clone()),
            holder_id: Set(holder.id.clone()),
            resource_type: Set(resource.kind.clone()),
            resource_id: Set(resource.id.clone()),
            role: Set(role.to_owned()),
            expires_at: Set(expires_at.map(|end| end.0)),
        }
    }
}
