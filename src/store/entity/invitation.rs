//! The table of invitations, whatever their status; of an invitation's secret it has the hash only.

use rollcall_engine::{Acceptance, Invitation, InvitationStatus, Revision, Subject, Timestamp};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::{service::ports::StoreResult, store::error::defect};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub invitation_id: String,
    pub email: String,
    pub token_hash: String,
    pub inviter_type: String,
    pub inviter_id: String,
    pub status: i16,
    pub expires_at: i64,
    pub remind_at: Option<i64>,
    /// When something happens to it by itself: see [`Invitation::due_at`].
    pub due_at: Option<i64>,
    pub issued_at: i64,
    pub created_at: i64,
    pub accepter_type: Option<String>,
    pub accepter_id: Option<String>,
    pub accepted_at: Option<i64>,
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}

impl ActiveModel {
    pub fn of(tenant: &str, invitation: &Invitation, revision: Revision) -> Self {
        let Invitation { id, email, token_hash, inviter, status, expires_at, remind_at, issued_at, .. } = invitation;
        let Invitation { created_at, acceptance, .. } = invitation;
        Self {
            tenant_id: Set(tenant.to_owned()),
            invitation_id: Set(id.clone()),
            email: Set(email.clone()),
            token_hash: Set(token_hash.clone()),
            inviter_type: Set(inviter.kind.clone()),
            inviter_id: Set(inviter.id.clone()),
            status: Set(status.code()),
            expires_at: Set(expires_at.0),
            remind_at: Set(remind_at.map(|at| at.0)),
            due_at: Set(invitation.due_at().map(|at| at.0)),
            issued_at: Set(issued_at.0),
            created_at: Set(created_at.0),
            accepter_type: Set(acceptance.as_ref().map(|acceptance| acceptance.subject.kind.clone())),
            accepter_id: Set(acceptance.as_ref().map(|acceptance| acceptance.subject.id.clone())),
            accepted_at: Set(acceptance.as_ref().map(|acceptance| acceptance.at.0)),
            revision: Set(revision.0),
        }
    }
}

impl Model {
    /// The invitation, and the revision that last changed it.
    pub fn into_invitation(self) -> StoreResult<(Invitation, Revision)> {
        let code = self.status;
        let acceptance = match (self.accepter_type, self.accepter_id, self.accepted_at) {
            (Some(kind), Some(id), Some(at)) => Some(Acceptance { subject: Subject { kind, id }, at: Timestamp(at) }),
            _ => None,
        };
        let invitation = Invitation {
            id: self.invitation_id,
            email: self.email,
            token_hash: self.token_hash,
            inviter: Subject { kind: self.inviter_type, id: self.inviter_id },
            status: InvitationStatus::from_code(code)
                .ok_or_else(|| defect(format!("no invitation has status `{code}`")))?,
            expires_at: Timestamp(self.expires_at),
            remind_at: self.remind_at.map(Timestamp),
            issued_at: Timestamp(self.issued_at),
            created_at: Timestamp(self.created_at),
            acceptance,
        };
        Ok((invitation, Revision(self.revision)))
    }
}
