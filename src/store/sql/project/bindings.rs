//! What changes of roles do to the table of bindings.

use std::collections::BTreeMap;

use rollcall_engine::{Change, GrantedBy, ResourceKey, Subject, Timestamp};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, DeleteMany, EntityTrait as _, QueryFilter as _, QueryTrait as _, UpdateMany, Value,
    sea_query::{DeleteStatement, Expr, OnConflict, UpdateStatement},
};

use crate::{
    service::ports::{AllowedChange, StoreResult},
    store::{
        error::defect,
        sql::{
            entity::binding::{self, Column, Entity},
            project::Projection,
            script::Otherwise,
            statements::ROWS_PER_STATEMENT,
            template::Template,
        },
    },
};

/// What a binding is found by.
const KEY: [Column; 5] = [Column::TenantId, Column::Holder, Column::ResourceType, Column::ResourceId, Column::Role];

/// Both with and without the number of a row that must be there.
static DELETE: Template = Template::new();
static UPDATE: Template = Template::new();

impl<'a> Projection<'a, '_> {
    pub(super) fn binding_row(
        &self,
        holder: &Subject,
        resource: &ResourceKey,
        (role, expires_at): (&str, Option<Timestamp>),
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
            ..Default::default()
        })
    }

    /// The row with who gave it: by this rule the actor of the write, if nobody did before.
    pub(super) fn given(
        &self,
        row: binding::ActiveModel,
        rule: &str,
        granted_by: Option<&GrantedBy>,
    ) -> StoreResult<binding::ActiveModel> {
        let (giver, rule, at) = match granted_by {
            Some(GrantedBy { subject, rule, at }) => (self.write.member(subject)?, &**rule, *at),
            None => (self.granter.clone(), rule, self.write.at),
        };
        Ok(binding::ActiveModel { granted_by: Set(giver), rule: Set(rule.to_owned()), granted_at: Set(at.0), ..row })
    }

    /// Changes or deletes a binding.
    pub(super) fn project_role(&mut self, allowed: &'a AllowedChange) -> StoreResult<()> {
        let change = &allowed.change;
        match change {
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                self.mark_changed(subject)?;
                let holder = self.write.member(subject)?;
                if from != to {
                    // One that has ended, and that no sweep has met, gives way, as it does to a grant.
                    self.script.fill(&DELETE, &self.row(&holder, resource, to), deletion);
                }
                let [tenant, holder, kind, id, from] = self.row(&holder, resource, from);
                let expires_at = expires_at.map(|end| end.0).into();
                let [granter, rule, at] = [(&*self.granter).into(), (&*allowed.rule).into(), self.write.at.0.into()];
                let arguments = [tenant, holder, kind, id, from, (&**to).into(), expires_at, granter, rule, at];
                self.script.fill_one(&UPDATE, arguments, Otherwise::NoRow(change.kind()), update);
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role, .. } => {
                self.mark_changed(subject)?;
                let row = self.row(&self.write.member(subject)?, resource, role);
                self.script.fill_one(&DELETE, row, Otherwise::NoRow(change.kind()), deletion);
            }
            other => return Err(defect(format!("change `{}` is none of a role", other.kind()))),
        }
        Ok(())
    }

    /// The values of [`KEY`].
    fn row(&self, holder: &str, resource: &ResourceKey, role: &str) -> [Value; 5] {
        [self.write.tenant, holder, &resource.kind, &resource.id, role].map(Value::from)
    }

    /// Inserts bindings. One that has ended, but has its row until the log says so, is replaced when it is granted
    /// again.
    pub(super) fn upsert_bindings(&mut self, bindings: Vec<binding::ActiveModel>) {
        let replaced = [
            Column::BeginsAt,
            Column::ExpiresAt,
            Column::OfferEndsAt,
            Column::GrantedBy,
            Column::Rule,
            Column::GrantedAt,
        ];
        let on_conflict = OnConflict::columns(KEY).update_columns(replaced).to_owned();
        // No statement may touch a row twice: of grants of one role the last counts.
        let mut by_key = BTreeMap::new();
        for row in bindings {
            let key =
                [&row.holder, &row.resource_type, &row.resource_id, &row.role].map(|part| part.try_as_ref().cloned());
            by_key.insert(key, row);
        }
        let bindings: Vec<_> = by_key.into_values().collect();
        for rows in bindings.chunks(ROWS_PER_STATEMENT) {
            self.script.push(&Entity::insert_many(rows.iter().cloned()).on_conflict(on_conflict.clone()));
        }
    }
}

/// The deletion of a binding.
fn deletion(row: [String; 5]) -> DeleteStatement {
    let filter = |query: DeleteMany<Entity>, (column, value): (Column, String)| query.filter(column.eq(value));
    KEY.into_iter().zip(row).fold(Entity::delete_many(), filter).into_query()
}

/// The change of a binding to another role, end, granter, rule and instant.
fn update([tenant, holder, kind, id, from, to, expires_at, granter, rule, at]: [String; 10]) -> UpdateStatement {
    let update = Entity::update_many()
        .col_expr(Column::Role, Expr::value(to))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .col_expr(Column::GrantedBy, Expr::value(granter))
        .col_expr(Column::Rule, Expr::value(rule))
        .col_expr(Column::GrantedAt, Expr::value(at));
    let filter = |query: UpdateMany<Entity>, (column, value): (Column, String)| query.filter(column.eq(value));
    KEY.into_iter().zip([tenant, holder, kind, id, from]).fold(update, filter).into_query()
}
