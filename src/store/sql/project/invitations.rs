//! What changes of invitations and of suppressed addresses do to their tables.

use rollcall_engine::{Change, Invitation, InvitationStatus, SuppressedAddress};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, UpdateMany,
    sea_query::{Expr, OnConflict},
};

use crate::{
    service::ports::StoreResult,
    store::{
        error::defect,
        sql::{
            entity::{
                address,
                invitation::{self, Column},
                invitation_link,
            },
            project::Projection,
            script::Otherwise,
        },
    },
};

impl<'a> Projection<'a, '_> {
    /// Issues or closes an invitation, moves its reminder on, or suppresses or clears an address.
    pub(super) fn project_invitation(&mut self, change: &'a Change) -> StoreResult<()> {
        match change {
            Change::InvitationIssued { invitation, .. } => self.issue(invitation)?,
            Change::InvitationAccepted { id, subject, at, .. } => {
                let update = self
                    .closed_invitation(id, InvitationStatus::Accepted)
                    .col_expr(Column::Accepter, Expr::value(self.write.member(subject)?))
                    .col_expr(Column::AcceptedAt, Expr::value(at.0));
                self.script.push_one(update, Otherwise::NoRow(change.kind()));
            }
            Change::InvitationRevoked { id, .. } => self.close_invitation(change, id, InvitationStatus::Revoked),
            Change::InvitationDeclined { id, .. } => self.close_invitation(change, id, InvitationStatus::Declined),
            Change::InvitationExpired { id, .. } => self.close_invitation(change, id, InvitationStatus::Expired),
            Change::InvitationReminderDue { id, remind_at, .. } => {
                let next = remind_at.map(|at| at.0);
                let due_at = next.map_or(Expr::col(Column::ExpiresAt), Expr::value);
                let update = self.update_invitation(id).col_expr(Column::RemindAt, Expr::value(next));
                let update = update.col_expr(Column::DueAt, due_at);
                self.script.push_one(update, Otherwise::NoRow(change.kind()));
            }
            Change::AddressSuppressed { address } => self.suppress(address)?,
            Change::AddressCleared { email } => self.clear(change, email)?,
            other => return Err(defect(format!("change `{}` is none of an invitation", other.kind()))),
        }
        Ok(())
    }

    /// Inserts an invitation, or replaces the one of the same id, and its links by the new one.
    fn issue(&mut self, issued: &Invitation) -> StoreResult<()> {
        let on_conflict = OnConflict::columns([Column::TenantId, Column::InvitationId])
            .update_columns([
                Column::MemberId,
                Column::AddressId,
                Column::Inviter,
                Column::Status,
                Column::ExpiresAt,
                Column::RemindAt,
                Column::DueAt,
                Column::IssuedAt,
                Column::CreatedAt,
                Column::Revision,
                Column::WriteId,
            ])
            .to_owned();
        let row = self.invitation_row(issued)?;
        self.script.push(&invitation::Entity::insert(row).on_conflict(on_conflict));
        let links = invitation_link::Entity::delete_many()
            .filter(invitation_link::Column::TenantId.eq(self.write.tenant))
            .filter(invitation_link::Column::InvitationId.eq(&*issued.id));
        self.script.push(&links);
        let link = invitation_link::ActiveModel {
            tenant_id: Set(self.write.tenant.to_owned()),
            token_hash: Set(issued.token_hash.clone()),
            invitation_id: Set(issued.id.clone()),
            issued_at: Set(issued.issued_at.0),
        };
        self.script.insert(vec![link]);
        Ok(())
    }

    fn invitation_row(&self, issued: &Invitation) -> StoreResult<invitation::ActiveModel> {
        let acceptance = issued.acceptance.as_ref();
        Ok(invitation::ActiveModel {
            tenant_id: Set(self.write.tenant.to_owned()),
            invitation_id: Set(issued.id.clone()),
            member_id: Set(self.write.member(&issued.member)?),
            address_id: Set(self.write.address(&issued.email)?),
            inviter: Set(self.write.member(&issued.inviter)?),
            status: Set(issued.status.code()),
            expires_at: Set(issued.expires_at.0),
            remind_at: Set(issued.remind_at.map(|at| at.0)),
            due_at: Set(issued.due_at().map(|at| at.0)),
            issued_at: Set(issued.issued_at.0),
            created_at: Set(issued.created_at.0),
            accepter: Set(acceptance.map(|acceptance| self.write.member(&acceptance.subject)).transpose()?),
            accepted_at: Set(acceptance.map(|acceptance| acceptance.at.0)),
            revision: Set(self.write.head.revision.0),
            write_id: Set(self.write.write_id()),
        })
    }

    /// Suppresses an address, to which pending invitations send no reminder then.
    fn suppress(&mut self, suppressed: &SuppressedAddress) -> StoreResult<()> {
        let id = self.write.address(&suppressed.email)?;
        let suppress = address::Entity::update_many()
            .col_expr(address::Column::SuppressedAt, Expr::value(suppressed.created_at.0))
            .col_expr(address::Column::SuppressedFor, Expr::value(&*suppressed.detail))
            .filter(address::Column::TenantId.eq(self.write.tenant))
            .filter(address::Column::AddressId.eq(&*id))
            .filter(address::Column::SuppressedAt.is_null());
        self.script.push_one(suppress, Otherwise::Conflict("the address is suppressed already"));
        let reminders = self
            .update_invitations()
            .col_expr(Column::RemindAt, Expr::value(None::<i64>))
            .col_expr(Column::DueAt, Expr::col(Column::ExpiresAt))
            .filter(Column::AddressId.eq(id))
            .filter(Column::Status.eq(InvitationStatus::Pending.code()));
        self.script.push(&reminders);
        Ok(())
    }

    fn clear(&mut self, change: &'a Change, email: &str) -> StoreResult<()> {
        let clear = address::Entity::update_many()
            .col_expr(address::Column::SuppressedAt, Expr::value(None::<i64>))
            .col_expr(address::Column::SuppressedFor, Expr::value(None::<String>))
            .filter(address::Column::TenantId.eq(self.write.tenant))
            .filter(address::Column::AddressId.eq(self.write.address(email)?))
            .filter(address::Column::SuppressedAt.is_not_null());
        self.script.push_one(clear, Otherwise::NoRow(change.kind()));
        Ok(())
    }

    /// Sets the status of an invitation to one in which nothing is due any more.
    fn close_invitation(&mut self, change: &'a Change, id: &str, status: InvitationStatus) {
        let closed = self.closed_invitation(id, status);
        self.script.push_one(closed, Otherwise::NoRow(change.kind()));
    }

    /// An update of one invitation that closes it.
    fn closed_invitation(&self, id: &str, status: InvitationStatus) -> UpdateMany<invitation::Entity> {
        self.update_invitation(id)
            .col_expr(Column::Status, Expr::value(status.code()))
            .col_expr(Column::RemindAt, Expr::value(None::<i64>))
            .col_expr(Column::DueAt, Expr::value(None::<i64>))
    }

    /// An update of the tenant's invitations that sets their revision.
    fn update_invitations(&self) -> UpdateMany<invitation::Entity> {
        invitation::Entity::update_many()
            .col_expr(Column::Revision, Expr::value(self.write.head.revision.0))
            .col_expr(Column::WriteId, Expr::value(self.write.write_id()))
            .filter(Column::TenantId.eq(self.write.tenant))
    }

    /// An update of one invitation that sets its revision.
    fn update_invitation(&self, id: &str) -> UpdateMany<invitation::Entity> {
        self.update_invitations().filter(Column::InvitationId.eq(id))
    }
}
