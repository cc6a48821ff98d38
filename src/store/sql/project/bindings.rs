//! What changes of roles do to the table of bindings.

use std::collections::BTreeMap;

use rollcall_engine::{Change, ResourceKey, Subject, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, DeleteMany, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use crate::{
    service::ports::{AllowedChange, StoreResult},
    store::{
        error::defect,
        sql::{
            entity::binding::{self, Column},
            project::Projection,
            script::Otherwise,
            statements::ROWS_PER_STATEMENT,
        },
    },
};

impl<'a> Projection<'a, '_> {
    pub(super) fn binding_row(
        &self,
        holder: &Subject,
        resource: &ResourceKey,
        (role, expires_at): (&str, Option<Timestamp>),
        rule: &str,
    ) -> StoreResult<binding::ActiveModel> {
        Ok(binding::ActiveModel {
            tenant_id: Set(self.write.tenant.to_owned()),
            holder: Set(self.write.member(holder)?),
            resource_type: Set(resource.kind.clone()),
            resource_id: Set(resource.id.clone()),
            role: Set(role.to_owned()),
            begins_at: Set(None),
            expires_at: Set(expires_at.map(|end| end.0)),
            offer_ends_at: Set(None),
            granted_by: Set(self.granter.clone()),
            rule: Set(rule.to_owned()),
            granted_at: Set(self.write.at.0),
        })
    }

    /// Changes or deletes a binding.
    pub(super) fn project_role(&mut self, allowed: &'a AllowedChange) -> StoreResult<()> {
        let change = &allowed.change;
        match change {
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                self.mark_changed(subject)?;
                if from != to {
                    // One that has ended, and that no sweep has met, gives way, as it does to a grant.
                    let ended = self.deletion(subject, resource, to)?;
                    self.script.push(&ended);
                }
                let update = binding::Entity::update_many()
                    .col_expr(Column::Role, Expr::value(to))
                    .col_expr(Column::ExpiresAt, Expr::value(expires_at.map(|end| end.0)))
                    .col_expr(Column::GrantedBy, Expr::value(&*self.granter))
                    .col_expr(Column::Rule, Expr::value(&*allowed.rule))
                    .col_expr(Column::GrantedAt, Expr::value(self.write.at.0))
                    .filter(Column::TenantId.eq(self.write.tenant))
                    .filter(Column::Holder.eq(self.write.member(subject)?))
                    .filter(Column::ResourceType.eq(&resource.kind))
                    .filter(Column::ResourceId.eq(&resource.id))
                    .filter(Column::Role.eq(from));
                self.script.push_one(update, Otherwise::NoRow(change.kind()));
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role } => {
                self.mark_changed(subject)?;
                let deletion = self.deletion(subject, resource, role)?;
                self.script.push_one(deletion, Otherwise::NoRow(change.kind()));
            }
            other => return Err(defect(format!("change `{}` is none of a role", other.kind()))),
        }
        Ok(())
    }

    fn deletion(
        &self,
        holder: &Subject,
        resource: &ResourceKey,
        role: &str,
    ) -> StoreResult<DeleteMany<binding::Entity>> {
        Ok(binding::Entity::delete_many()
            .filter(Column::TenantId.eq(self.write.tenant))
            .filter(Column::Holder.eq(self.write.member(holder)?))
            .filter(Column::ResourceType.eq(&resource.kind))
            .filter(Column::ResourceId.eq(&resource.id))
            .filter(Column::Role.eq(role)))
    }

    /// Inserts bindings. One that has ended, but has its row until the log says so, is replaced when it is granted
    /// again.
    pub(super) fn upsert_bindings(&mut self, bindings: Vec<binding::ActiveModel>) {
        let key = [Column::TenantId, Column::Holder, Column::ResourceType, Column::ResourceId, Column::Role];
        let replaced = [
            Column::BeginsAt,
            Column::ExpiresAt,
            Column::OfferEndsAt,
            Column::GrantedBy,
            Column::Rule,
            Column::GrantedAt,
        ];
        let on_conflict = OnConflict::columns(key).update_columns(replaced).to_owned();
        // No statement may touch a row twice: of grants of one role the last counts.
        let mut by_key = BTreeMap::new();
        for row in bindings {
            let key =
                [&row.holder, &row.resource_type, &row.resource_id, &row.role].map(|part| part.try_as_ref().cloned());
            by_key.insert(key, row);
        }
        let bindings: Vec<_> = by_key.into_values().collect();
        for rows in bindings.chunks(ROWS_PER_STATEMENT) {
            self.script.push(&binding::Entity::insert_many(rows.iter().cloned()).on_conflict(on_conflict.clone()));
        }
    }
}
