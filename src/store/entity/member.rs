//! The table of members with their profiles. Invited people are members too, with the email as their subject.

use rollcall_engine::{Grant, Member, MemberStatus, Profile, Revision, Subject, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{
    service::ports::{MemberRecord, StoreResult},
    store::error::defect,
};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_type: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: String,
    pub status: i16,
    pub locked: bool,
    pub display_name: String,
    pub name_key: String,
    pub email: Option<String>,
    pub username: Option<String>,
    pub phone: Option<String>,
    pub revision: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, member: &Member, revision: Revision) -> Self {
        let Member { subject, profile, status, locked, created_at } = member;
        Self {
            tenant_id: Set(tenant.to_owned()),
            subject_type: Set(subject.kind.clone()),
            subject_id: Set(subject.id.clone()),
            status: Set(status.code()),
            locked: Set(*locked),
            display_name: Set(profile.display_name.clone()),
            name_key: Set(profile.display_name.to_lowercase()),
            email: Set(profile.email.clone()),
            username: Set(profile.username.clone()),
            phone: Set(profile.phone.clone()),
            revision: Set(revision.0),
            created_at: Set(created_at.0),
        }
    }
}

impl Model {
    /// The member with what they hold, which need not be in order.
    pub fn into_record(self, mut grants: Vec<Grant>) -> StoreResult<MemberRecord> {
        grants.sort_unstable();
        let member = Member {
            subject: Subject { kind: self.subject_type, id: self.subject_id },
            profile: Profile {
                display_name: self.display_name,
                email: self.email,
                username: self.username,
                phone: self.phone,
            },
            status: status(self.status)?,
            locked: self.locked,
            created_at: Timestamp(self.created_at),
        };
        Ok(MemberRecord { member, changed_at: Revision(self.revision), grants })
    }
}

/// The status that a row's number stands for.
pub fn status(code: i16) -> StoreResult<MemberStatus> {
    MemberStatus::from_code(code).ok_or_else(|| defect(format!("no member has status `{code}`")))
}
