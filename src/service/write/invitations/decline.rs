use async_trait::async_trait;
use rollcall_engine::{Change, InvitationStatus, Subject};

use crate::service::{
    error::Result,
    write::{
        engine::{
            answers::InvitationAnswer,
            context::WriteContext,
            run::{Plan, Write},
        },
        invitations::invitation,
    },
};

/// Turns an invitation down. Like accepting one, this takes its token and its email, and no membership.
#[derive(Clone, Debug)]
pub struct DeclineInvitation {
    /// The secret that the invitation came with.
    pub token: String,
    /// The normalised email of whoever declines; one that the caller has verified.
    pub email: String,
}

#[async_trait]
impl Write for DeclineInvitation {
    type Answer = InvitationAnswer;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<InvitationAnswer>> {
        session.tenant()?;
        let found = invitation::by_token(session, &self.token, Some(&self.email)).await?;
        let invited = session.member(&Subject::email(&found.email)).await?;
        let mut changes = vec![Change::InvitationDeclined { id: found.id.clone(), email: found.email.clone() }];
        changes.extend(invitation::gone(&invited));
        let rule = format!("invitation:{}", found.id);
        Ok(Plan { changes, rule, answer: invitation::ended(session, found, InvitationStatus::Declined) })
    }
}
