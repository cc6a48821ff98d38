//! What each change does to the tables. Replaying a tenant's log from its first revision makes the same rows again.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{Change, Invitation, InvitationStatus, Member, ResourceKey, Revision, Subject};
use sea_orm::{
    ActiveModelTrait, ColumnTrait as _, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter as _, UpdateMany,
    Value,
    sea_query::{Expr, OnConflict},
};

use crate::{
    service::ports::StoreResult,
    store::{
        entity::{binding, invitation, member, resource, suppressed_address, tenant},
        error::defect,
    },
};

/// The most rows that one statement inserts: with fifteen columns they stay well below the 32,766 parameters that
/// SQLite takes and the 65,535 of PostgreSQL.
const ROWS: usize = 1000;

/// Applies the changes of one revision, in order.
pub(super) async fn apply(
    db: &impl ConnectionTrait,
    tenant: &str,
    revision: Revision,
    changes: &[Change],
) -> StoreResult<()> {
    let mut write = Projection { db, tenant, revision, inserts: Inserts::default(), touched: BTreeMap::new() };
    for change in changes {
        write.change(change).await?;
    }
    write.flush().await?;
    write.touch().await
}

/// Inserts rows, many at a time.
pub(super) async fn insert<A>(db: &impl ConnectionTrait, mut rows: Vec<A>) -> StoreResult<()>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS));
        A::Entity::insert_many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}

struct Projection<'a, C> {
    db: &'a C,
    tenant: &'a str,
    revision: Revision,
    inserts: Inserts,
    /// The ids, by type, of the members whose bindings changed.
    touched: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// Rows to insert before anything else happens. Bindings refer to members and resources, and those to nothing, so
/// inserting table by table is as good as in the order of the changes.
#[derive(Default)]
struct Inserts {
    resources: Vec<resource::ActiveModel>,
    members: Vec<member::ActiveModel>,
    bindings: Vec<binding::ActiveModel>,
}

impl<'a, C: ConnectionTrait> Projection<'a, C> {
    async fn change(&mut self, change: &'a Change) -> StoreResult<()> {
        let (tenant, revision) = (self.tenant, self.revision);
        match change {
            Change::ResourceCreated { resource } => {
                self.inserts.resources.push(resource::ActiveModel::of(tenant, resource, revision));
                return Ok(());
            }
            Change::MemberAdded { member } => {
                self.inserts.members.push(member::ActiveModel::of(tenant, member, revision));
                return Ok(());
            }
            Change::RoleGranted { subject, resource, role, expires_at } => {
                self.touched(subject);
                self.inserts.bindings.push(binding::ActiveModel::of(tenant, subject, resource, role, *expires_at));
                return Ok(());
            }
            _ => self.flush().await?,
        }
        let db = self.db;
        match change {
            Change::ResourceCreated { .. } | Change::MemberAdded { .. } | Change::RoleGranted { .. } => Ok(()),
            Change::TenantCreated { tenant } => insert(db, vec![tenant::ActiveModel::of(tenant, revision)]).await,
            Change::PolicySet { policy, from, to } => {
                let update = tenant::Entity::update_many()
                    .col_expr(tenant::Column::PolicyVersion, Expr::value(i64::from(*to)))
                    .filter(tenant::Column::TenantId.eq(tenant))
                    .filter(tenant::Column::Policy.eq(policy))
                    .filter(tenant::Column::PolicyVersion.eq(i64::from(*from)));
                one(change, update.exec(db).await?.rows_affected)
            }
            Change::ResourceArchived { resource } => {
                self.resource(change, resource, [(resource::Column::Archived, true.into())]).await
            }
            Change::ResourceRestored { resource } => {
                self.resource(change, resource, [(resource::Column::Archived, false.into())]).await
            }
            Change::ResourceMoved { resource, to, .. } => {
                let parent = [
                    (resource::Column::ParentType, to.kind.as_str().into()),
                    (resource::Column::ParentId, to.id.as_str().into()),
                ];
                self.resource(change, resource, parent).await
            }
            Change::OwnerChanged { resource, to, .. } => {
                let (kind, id) = (to.as_ref().map(|to| to.kind.clone()), to.as_ref().map(|to| to.id.clone()));
                let owner = [(resource::Column::OwnerType, kind.into()), (resource::Column::OwnerId, id.into())];
                self.resource(change, resource, owner).await
            }
            Change::ResourceDeleted { resource } => {
                let key = (tenant.to_owned(), resource.key.kind.clone(), resource.key.id.clone());
                one(change, resource::Entity::delete_by_id(key).exec(db).await?.rows_affected)
            }
            Change::MemberUpdated { member, .. } => {
                let row = member::ActiveModel::of(tenant, member, revision);
                one(change, member::Entity::update(row).exec_without_returning(db).await?.rows_affected)
            }
            Change::MemberRemoved { member: Member { subject, .. } } => {
                let key = (tenant.to_owned(), subject.kind.clone(), subject.id.clone());
                one(change, member::Entity::delete_by_id(key).exec(db).await?.rows_affected)
            }
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                self.touched(subject);
                if from != to {
                    // One that has ended, and that no sweep has met, gives way, as it does to a grant.
                    let ended = binding::ActiveModel::of(tenant, subject, resource, to, None);
                    binding::Entity::delete(ended).exec(db).await?;
                }
                let update = binding::Entity::update_many()
                    .col_expr(binding::Column::Role, Expr::value(to))
                    .col_expr(binding::Column::ExpiresAt, Expr::value(expires_at.map(|end| end.0)))
                    .filter(binding::Column::TenantId.eq(tenant))
                    .filter(binding::Column::HolderType.eq(&subject.kind))
                    .filter(binding::Column::HolderId.eq(&subject.id))
                    .filter(binding::Column::ResourceType.eq(&resource.kind))
                    .filter(binding::Column::ResourceId.eq(&resource.id))
                    .filter(binding::Column::Role.eq(from));
                one(change, update.exec(db).await?.rows_affected)
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role } => {
                self.touched(subject);
                let row = binding::ActiveModel::of(tenant, subject, resource, role, None);
                one(change, binding::Entity::delete(row).exec(db).await?.rows_affected)
            }
            Change::InvitationIssued { invitation, .. } => self.issue(invitation).await,
            Change::InvitationAccepted { id, .. } => self.settle(change, id, InvitationStatus::Accepted).await,
            Change::InvitationRevoked { id, .. } => self.settle(change, id, InvitationStatus::Revoked).await,
            Change::InvitationDeclined { id, .. } => self.settle(change, id, InvitationStatus::Declined).await,
            Change::InvitationExpired { id, .. } => self.settle(change, id, InvitationStatus::Expired).await,
            Change::InvitationReminderDue { id, remind_at, .. } => {
                let next = remind_at.map(|at| at.0);
                let due_at = next.map_or(Expr::col(invitation::Column::ExpiresAt), Expr::value);
                let update = self.invitation(id).col_expr(invitation::Column::RemindAt, Expr::value(next));
                let update = update.col_expr(invitation::Column::DueAt, due_at);
                one(change, update.exec(db).await?.rows_affected)
            }
            Change::AddressSuppressed { address } => {
                insert(db, vec![suppressed_address::ActiveModel::of(tenant, address)]).await?;
                self.invitations()
                    .col_expr(invitation::Column::RemindAt, Expr::value(None::<i64>))
                    .col_expr(invitation::Column::DueAt, Expr::col(invitation::Column::ExpiresAt))
                    .filter(invitation::Column::Email.eq(&address.email))
                    .filter(invitation::Column::Status.eq(InvitationStatus::Pending.code()))
                    .exec(db)
                    .await?;
                Ok(())
            }
            Change::AddressCleared { email } => {
                let key = (tenant.to_owned(), email.clone());
                one(change, suppressed_address::Entity::delete_by_id(key).exec(db).await?.rows_affected)
            }
        }
    }

    /// Gives columns of a resource other values.
    async fn resource<const N: usize>(
        &self,
        change: &Change,
        key: &ResourceKey,
        columns: [(resource::Column, Value); N],
    ) -> StoreResult<()> {
        let update = resource::Entity::update_many()
            .col_expr(resource::Column::Revision, Expr::value(self.revision.0))
            .filter(resource::Column::TenantId.eq(self.tenant))
            .filter(resource::Column::ResourceType.eq(&key.kind))
            .filter(resource::Column::ResourceId.eq(&key.id));
        let update =
            columns.into_iter().fold(update, |update, (column, value)| update.col_expr(column, Expr::value(value)));
        one(change, update.exec(self.db).await?.rows_affected)
    }

    /// The invitation is new, or replaces the one of the same id.
    async fn issue(&self, issued: &Invitation) -> StoreResult<()> {
        use invitation::Column;
        let same = OnConflict::columns([Column::TenantId, Column::InvitationId])
            .update_columns([
                Column::Email,
                Column::TokenHash,
                Column::InviterType,
                Column::InviterId,
                Column::Status,
                Column::ExpiresAt,
                Column::RemindAt,
                Column::DueAt,
                Column::IssuedAt,
                Column::CreatedAt,
                Column::Revision,
            ])
            .to_owned();
        let row = invitation::ActiveModel::of(self.tenant, issued, self.revision);
        invitation::Entity::insert(row).on_conflict(same).exec_without_returning(self.db).await?;
        Ok(())
    }

    /// The invitation stands at `status`, in which nothing comes due.
    async fn settle(&self, change: &Change, id: &str, status: InvitationStatus) -> StoreResult<()> {
        let update = self
            .invitation(id)
            .col_expr(invitation::Column::Status, Expr::value(status.code()))
            .col_expr(invitation::Column::RemindAt, Expr::value(None::<i64>))
            .col_expr(invitation::Column::DueAt, Expr::value(None::<i64>));
        one(change, update.exec(self.db).await?.rows_affected)
    }

    /// An update of invitations, which notes the revision on them.
    fn invitations(&self) -> UpdateMany<invitation::Entity> {
        invitation::Entity::update_many()
            .col_expr(invitation::Column::Revision, Expr::value(self.revision.0))
            .filter(invitation::Column::TenantId.eq(self.tenant))
    }

    fn invitation(&self, id: &str) -> UpdateMany<invitation::Entity> {
        self.invitations().filter(invitation::Column::InvitationId.eq(id))
    }

    async fn flush(&mut self) -> StoreResult<()> {
        let Inserts { resources, members, bindings } = std::mem::take(&mut self.inserts);
        insert(self.db, resources).await?;
        insert(self.db, members).await?;
        self.bind(bindings).await
    }

    /// What had ended, and is bound anew before the log said that it had, takes the place of the row that is there.
    async fn bind(&self, bindings: Vec<binding::ActiveModel>) -> StoreResult<()> {
        use binding::Column;
        let key = [
            Column::TenantId,
            Column::HolderType,
            Column::HolderId,
            Column::ResourceType,
            Column::ResourceId,
            Column::Role,
        ];
        let same = OnConflict::columns(key).update_column(Column::ExpiresAt).to_owned();
        for rows in bindings.chunks(ROWS) {
            let insert = binding::Entity::insert_many(rows.iter().cloned()).on_conflict(same.clone());
            insert.exec_without_returning(self.db).await?;
        }
        Ok(())
    }

    fn touched(&mut self, subject: &'a Subject) {
        self.touched.entry(&subject.kind).or_default().insert(&subject.id);
    }

    /// Notes the revision on the members whose bindings it changed; those that it removed are not there to note it.
    async fn touch(&self) -> StoreResult<()> {
        for (kind, ids) in &self.touched {
            let ids: Vec<&str> = ids.iter().copied().collect();
            for ids in ids.chunks(ROWS) {
                member::Entity::update_many()
                    .col_expr(member::Column::Revision, Expr::value(self.revision.0))
                    .filter(member::Column::TenantId.eq(self.tenant))
                    .filter(member::Column::SubjectType.eq(*kind))
                    .filter(member::Column::SubjectId.is_in(ids.iter().copied()))
                    .exec(self.db)
                    .await?;
            }
        }
        Ok(())
    }
}

/// A change that finds nothing to change means that the log and the tables disagree.
fn one(change: &Change, rows: u64) -> StoreResult<()> {
    if rows == 1 { Ok(()) } else { Err(defect(format!("`{}` met {rows} rows instead of one", change.kind()))) }
}
