//! What changes of members do to their table, and to what is known of people beside it.

use rollcall_engine::{Change, Member, MemberStatus, Profile};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, ExprTrait as _},
};

use crate::{
    service::ports::StoreResult,
    store::{
        error::defect,
        sql::{
            entity::{address, member, profile},
            project::Projection,
            script::Otherwise,
        },
    },
};

impl<'a> Projection<'a, '_> {
    pub(super) fn member_row(&self, member: &Member) -> StoreResult<member::ActiveModel> {
        Ok(member::ActiveModel {
            tenant_id: Set(self.write.tenant.to_owned()),
            member_id: Set(self.write.member(&member.subject)?),
            status: Set(member.status.code()),
            locked: Set(member.locked),
            revision: Set(self.write.head.revision.0),
            write_id: Set(self.write.write_id()),
            created_at: Set(member.created_at.0),
        })
    }

    /// Changes or removes a member.
    pub(super) fn project_member(&mut self, change: &'a Change) -> StoreResult<()> {
        match change {
            Change::MemberUpdated { member, .. } => {
                let update = member::Entity::update_many()
                    .col_expr(member::Column::Status, Expr::value(member.status.code()))
                    .col_expr(member::Column::Locked, Expr::value(member.locked))
                    .col_expr(member::Column::Revision, Expr::value(self.write.head.revision.0))
                    .col_expr(member::Column::WriteId, Expr::value(self.write.write_id()))
                    .filter(member::Column::TenantId.eq(self.write.tenant))
                    .filter(member::Column::MemberId.eq(self.write.member(&member.subject)?));
                self.script.push_one(update, Otherwise::NoRow(change.kind()));
                self.set_profile(member)
            }
            Change::MemberRemoved { member } => {
                let deletion = member::Entity::delete_many()
                    .filter(member::Column::TenantId.eq(self.write.tenant))
                    .filter(member::Column::MemberId.eq(self.write.member(&member.subject)?));
                self.script.push_one(deletion, Otherwise::NoRow(change.kind()));
                self.release(member)
            }
            other => Err(defect(format!("change `{}` is none of a member", other.kind()))),
        }
    }

    /// Writes how a member is called and reached, and gives back the addresses that are theirs no more.
    pub(super) fn set_profile(&mut self, member: &Member) -> StoreResult<()> {
        use profile::Column;
        let id = self.write.member(&member.subject)?;
        let profile = &member.profile;
        let update = profile::Entity::update_many()
            .col_expr(Column::DisplayName, Expr::value(&*profile.display_name))
            .col_expr(Column::NameKey, Expr::value(profile.display_name.to_lowercase()))
            .col_expr(Column::EmailKey, Expr::value(profile.email.as_deref().unwrap_or_default()))
            .col_expr(Column::SearchKey, Expr::value(search_key(profile)))
            .col_expr(Column::Username, Expr::value(profile.username.clone()))
            .col_expr(Column::Phone, Expr::value(profile.phone.clone()))
            .col_expr(Column::Revision, Expr::value(self.write.head.revision.0))
            .filter(Column::TenantId.eq(self.write.tenant))
            .filter(Column::MemberId.eq(&*id));
        self.script.push_one(update, Otherwise::Defect("a member has no profile"));
        self.release_addresses(&id, profile.email.as_deref());
        let Some(email) = &profile.email else { return Ok(()) };
        let claim = address::Entity::update_many()
            .col_expr(address::Column::MemberId, Expr::value(&*id))
            // Who is invited shows by accepting that the address is theirs.
            .col_expr(address::Column::Verified, Expr::value(member.status != MemberStatus::Invited))
            .filter(address::Column::TenantId.eq(self.write.tenant))
            .filter(address::Column::AddressId.eq(self.write.address(email)?))
            .filter(address::Column::MemberId.is_null().or(address::Column::MemberId.eq(&*id)));
        self.script.push_one(claim, Otherwise::Conflict("the email is another member's"));
        Ok(())
    }

    /// Gives back what a removed member was found by. Their id and name stay for the log, until they are erased.
    fn release(&mut self, member: &Member) -> StoreResult<()> {
        use profile::Column;
        let id = self.write.member(&member.subject)?;
        let release = profile::Entity::update_many()
            .col_expr(Column::ExternalId, Expr::value(None::<String>))
            .col_expr(Column::Username, Expr::value(None::<String>))
            .col_expr(Column::Phone, Expr::value(None::<String>))
            .filter(Column::TenantId.eq(self.write.tenant))
            .filter(Column::MemberId.eq(&*id));
        self.script.push(&release);
        self.release_addresses(&id, None);
        Ok(())
    }

    /// Gives back every address of a member but this one.
    fn release_addresses(&mut self, member: &str, but: Option<&str>) {
        let mut release = address::Entity::update_many()
            .col_expr(address::Column::MemberId, Expr::value(None::<String>))
            .col_expr(address::Column::Verified, Expr::value(false))
            .filter(address::Column::TenantId.eq(self.write.tenant))
            .filter(address::Column::MemberId.eq(member));
        if let Some(email) = but {
            release = release.filter(address::Column::Email.ne(email));
        }
        self.script.push(&release);
    }
}

/// What a search for somebody looks in.
fn search_key(profile: &Profile) -> String {
    let parts = [Some(&profile.display_name), profile.email.as_ref(), profile.username.as_ref()];
    parts.into_iter().flatten().map(|part| part.to_lowercase()).collect::<Vec<_>>().join("\n")
}
