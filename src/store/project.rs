//! The projection of the change log onto the tables: what each change does to their rows. Replaying a tenant's log from
//! its first revision makes the same rows again.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_engine::{
    Change, Invitation, InvitationStatus, Member, ResourceKey, Revision, Subject, SuppressedAddress,
};
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
const ROWS_PER_STATEMENT: usize = 1000;

/// Applies the changes of one revision to the tables, in order. `db` must be a transaction.
pub(super) async fn apply(
    db: &impl ConnectionTrait,
    tenant: &str,
    revision: Revision,
    changes: &[Change],
) -> StoreResult<()> {
    let mut projection =
        Projection { db, tenant, revision, inserts: Inserts::default(), changed_holders: BTreeMap::new() };
    for change in changes {
        projection.project(change).await?;
    }
    projection.flush_inserts().await?;
    projection.stamp_changed_holders().await
}

/// Inserts rows, up to [`ROWS_PER_STATEMENT`] by one statement.
pub(super) async fn insert<A>(db: &impl ConnectionTrait, mut rows: Vec<A>) -> StoreResult<()>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS_PER_STATEMENT));
        A::Entity::insert_many(rows).exec_without_returning(db).await?;
        rows = rest;
    }
    Ok(())
}

/// One revision's changes on their way to the tables.
struct Projection<'a, C> {
    db: &'a C,
    tenant: &'a str,
    revision: Revision,
    inserts: Inserts,
    /// The ids, by type, of the members whose bindings changed.
    changed_holders: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// Rows to insert before anything else happens. Bindings refer to members and resources, and those to nothing, so
/// inserting table by table gives the same rows as inserting in the order of the changes.
#[derive(Default)]
struct Inserts {
    resources: Vec<resource::ActiveModel>,
    members: Vec<member::ActiveModel>,
    bindings: Vec<binding::ActiveModel>,
}

impl<'a, C: ConnectionTrait> Projection<'a, C> {
    /// Applies one change. Inserts of resources, members and bindings are deferred until something else comes.
    async fn project(&mut self, change: &'a Change) -> StoreResult<()> {
        if self.defer_insert(change) {
            return Ok(());
        }
        self.flush_inserts().await?;
        let (db, tenant, revision) = (self.db, self.tenant, self.revision);
        match change {
            Change::ResourceCreated { .. } | Change::MemberAdded { .. } | Change::RoleGranted { .. } => Ok(()),
            Change::TenantCreated { tenant } => insert(db, vec![tenant::ActiveModel::of(tenant, revision)]).await,
            Change::PolicySet { policy, from, to } => self.set_policy_version(change, policy, *from, *to).await,
            Change::ResourceArchived { resource } => {
                self.update_resource(change, resource, [(resource::Column::Archived, true.into())]).await
            }
            Change::ResourceRestored { resource } => {
                self.update_resource(change, resource, [(resource::Column::Archived, false.into())]).await
            }
            Change::ResourceMoved { resource, to, .. } => {
                let (kind, id) = (to.kind.as_str().into(), to.id.as_str().into());
                let parent = [(resource::Column::ParentType, kind), (resource::Column::ParentId, id)];
                self.update_resource(change, resource, parent).await
            }
            Change::OwnerChanged { resource, to, .. } => {
                let (kind, id) = (to.as_ref().map(|to| to.kind.clone()), to.as_ref().map(|to| to.id.clone()));
                let owner = [(resource::Column::OwnerType, kind.into()), (resource::Column::OwnerId, id.into())];
                self.update_resource(change, resource, owner).await
            }
            Change::ResourceDeleted { resource } => {
                let key = (tenant.to_owned(), resource.key.kind.clone(), resource.key.id.clone());
                expect_one_row(change, resource::Entity::delete_by_id(key).exec(db).await?.rows_affected)
            }
            Change::MemberUpdated { member, .. } => {
                let row = member::ActiveModel::of(tenant, member, revision);
                expect_one_row(change, member::Entity::update(row).exec_without_returning(db).await?.rows_affected)
            }
            Change::MemberRemoved { member: Member { subject, .. } } => {
                let key = (tenant.to_owned(), subject.kind.clone(), subject.id.clone());
                expect_one_row(change, member::Entity::delete_by_id(key).exec(db).await?.rows_affected)
            }
            Change::RoleChanged { .. } | Change::RoleRevoked { .. } | Change::RoleExpired { .. } => {
                self.project_role(change).await
            }
            Change::InvitationIssued { .. }
            | Change::InvitationAccepted { .. }
            | Change::InvitationRevoked { .. }
            | Change::InvitationDeclined { .. }
            | Change::InvitationExpired { .. }
            | Change::InvitationReminderDue { .. } => self.project_invitation(change).await,
            Change::AddressSuppressed { address } => self.suppress_address(address).await,
            Change::AddressCleared { email } => {
                let key = (tenant.to_owned(), email.clone());
                expect_one_row(change, suppressed_address::Entity::delete_by_id(key).exec(db).await?.rows_affected)
            }
        }
    }

    /// Keeps the row of a change that is an insert of a resource, member or binding; whether it is one.
    fn defer_insert(&mut self, change: &'a Change) -> bool {
        let (tenant, revision) = (self.tenant, self.revision);
        match change {
            Change::ResourceCreated { resource } => {
                self.inserts.resources.push(resource::ActiveModel::of(tenant, resource, revision));
            }
            Change::MemberAdded { member } => {
                self.inserts.members.push(member::ActiveModel::of(tenant, member, revision));
            }
            Change::RoleGranted { subject, resource, role, expires_at } => {
                self.mark_changed(subject);
                self.inserts.bindings.push(binding::ActiveModel::of(tenant, subject, resource, role, *expires_at));
            }
            _ => return false,
        }
        true
    }

    async fn set_policy_version(&self, change: &Change, policy: &str, from: u32, to: u32) -> StoreResult<()> {
        let update = tenant::Entity::update_many()
            .col_expr(tenant::Column::PolicyVersion, Expr::value(i64::from(to)))
            .filter(tenant::Column::TenantId.eq(self.tenant))
            .filter(tenant::Column::Policy.eq(policy))
            .filter(tenant::Column::PolicyVersion.eq(i64::from(from)));
        expect_one_row(change, update.exec(self.db).await?.rows_affected)
    }

    /// Changes or deletes a binding.
    async fn project_role(&mut self, change: &'a Change) -> StoreResult<()> {
        let (db, tenant) = (self.db, self.tenant);
        match change {
            Change::RoleChanged { subject, resource, from, to, expires_at, .. } => {
                self.mark_changed(subject);
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
                expect_one_row(change, update.exec(db).await?.rows_affected)
            }
            Change::RoleRevoked { subject, resource, role } | Change::RoleExpired { subject, resource, role } => {
                self.mark_changed(subject);
                let row = binding::ActiveModel::of(tenant, subject, resource, role, None);
                expect_one_row(change, binding::Entity::delete(row).exec(db).await?.rows_affected)
            }
            other => Err(defect(format!("change `{}` is none of a role", other.kind()))),
        }
    }

    /// Issues or closes an invitation, or moves its reminder on.
    async fn project_invitation(&self, change: &Change) -> StoreResult<()> {
        match change {
            Change::InvitationIssued { invitation, .. } => self.upsert_invitation(invitation).await,
            Change::InvitationAccepted { id, subject, at, .. } => {
                let update = self
                    .closed_invitation(id, InvitationStatus::Accepted)
                    .col_expr(invitation::Column::AccepterType, Expr::value(&subject.kind))
                    .col_expr(invitation::Column::AccepterId, Expr::value(&subject.id))
                    .col_expr(invitation::Column::AcceptedAt, Expr::value(at.0));
                expect_one_row(change, update.exec(self.db).await?.rows_affected)
            }
            Change::InvitationRevoked { id, .. } => self.close_invitation(change, id, InvitationStatus::Revoked).await,
            Change::InvitationDeclined { id, .. } => {
                self.close_invitation(change, id, InvitationStatus::Declined).await
            }
            Change::InvitationExpired { id, .. } => self.close_invitation(change, id, InvitationStatus::Expired).await,
            Change::InvitationReminderDue { id, remind_at, .. } => {
                let next = remind_at.map(|at| at.0);
                let due_at = next.map_or(Expr::col(invitation::Column::ExpiresAt), Expr::value);
                let update = self.update_invitation(id).col_expr(invitation::Column::RemindAt, Expr::value(next));
                let update = update.col_expr(invitation::Column::DueAt, due_at);
                expect_one_row(change, update.exec(self.db).await?.rows_affected)
            }
            other => Err(defect(format!("change `{}` is none of an invitation", other.kind()))),
        }
    }

    /// Suppresses an address, to which pending invitations send no reminder then.
    async fn suppress_address(&self, address: &SuppressedAddress) -> StoreResult<()> {
        insert(self.db, vec![suppressed_address::ActiveModel::of(self.tenant, address)]).await?;
        self.update_invitations()
            .col_expr(invitation::Column::RemindAt, Expr::value(None::<i64>))
            .col_expr(invitation::Column::DueAt, Expr::col(invitation::Column::ExpiresAt))
            .filter(invitation::Column::Email.eq(&address.email))
            .filter(invitation::Column::Status.eq(InvitationStatus::Pending.code()))
            .exec(self.db)
            .await?;
        Ok(())
    }

    /// Sets columns of a resource, and its revision.
    async fn update_resource<const N: usize>(
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
        expect_one_row(change, update.exec(self.db).await?.rows_affected)
    }

    /// Inserts an invitation, or replaces the one of the same id.
    async fn upsert_invitation(&self, issued: &Invitation) -> StoreResult<()> {
        use invitation::Column;
        let on_conflict = OnConflict::columns([Column::TenantId, Column::InvitationId])
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
        invitation::Entity::insert(row).on_conflict(on_conflict).exec_without_returning(self.db).await?;
        Ok(())
    }

    /// Sets the status of an invitation to one in which nothing is due any more.
    async fn close_invitation(&self, change: &Change, id: &str, status: InvitationStatus) -> StoreResult<()> {
        expect_one_row(change, self.closed_invitation(id, status).exec(self.db).await?.rows_affected)
    }

    /// An update of one invitation that closes it.
    fn closed_invitation(&self, id: &str, status: InvitationStatus) -> UpdateMany<invitation::Entity> {
        self.update_invitation(id)
            .col_expr(invitation::Column::Status, Expr::value(status.code()))
            .col_expr(invitation::Column::RemindAt, Expr::value(None::<i64>))
            .col_expr(invitation::Column::DueAt, Expr::value(None::<i64>))
    }

    /// An update of the tenant's invitations that sets their revision.
    fn update_invitations(&self) -> UpdateMany<invitation::Entity> {
        invitation::Entity::update_many()
            .col_expr(invitation::Column::Revision, Expr::value(self.revision.0))
            .filter(invitation::Column::TenantId.eq(self.tenant))
    }

    /// An update of one invitation that sets its revision.
    fn update_invitation(&self, id: &str) -> UpdateMany<invitation::Entity> {
        self.update_invitations().filter(invitation::Column::InvitationId.eq(id))
    }

    async fn flush_inserts(&mut self) -> StoreResult<()> {
        let Inserts { resources, members, bindings } = std::mem::take(&mut self.inserts);
        insert(self.db, resources).await?;
        insert(self.db, members).await?;
        self.upsert_bindings(bindings).await
    }

    /// Inserts bindings. One that has ended, but has its row until the log says so, is replaced when it is granted
    /// again.
    async fn upsert_bindings(&self, bindings: Vec<binding::ActiveModel>) -> StoreResult<()> {
        use binding::Column;
        let key = [
            Column::TenantId,
            Column::HolderType,
            Column::HolderId,
            Column::ResourceType,
            Column::ResourceId,
            Column::Role,
        ];
        let on_conflict = OnConflict::columns(key).update_column(Column::ExpiresAt).to_owned();
        for rows in bindings.chunks(ROWS_PER_STATEMENT) {
            let insert = binding::Entity::insert_many(rows.iter().cloned()).on_conflict(on_conflict.clone());
            insert.exec_without_returning(self.db).await?;
        }
        Ok(())
    }

    /// Has the member stamped with the revision at the end.
    fn mark_changed(&mut self, subject: &'a Subject) {
        self.changed_holders.entry(&subject.kind).or_default().insert(&subject.id);
    }

    /// Sets the revision of the members whose bindings changed; those that were removed have no row.
    async fn stamp_changed_holders(&self) -> StoreResult<()> {
        for (kind, ids) in &self.changed_holders {
            let ids: Vec<&str> = ids.iter().copied().collect();
            for ids in ids.chunks(ROWS_PER_STATEMENT) {
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

/// An error unless a change changed one row: otherwise the log and the tables disagree.
fn expect_one_row(change: &Change, rows: u64) -> StoreResult<()> {
    if rows == 1 {
        return Ok(());
    }
    Err(defect(format!("change `{}` matched {rows} rows instead of one", change.kind())))
}
