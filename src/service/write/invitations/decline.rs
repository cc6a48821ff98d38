//! Refusal of an invitation by the person who was invited.

use async_trait::async_trait;
use rollcall_engine::{Change, InvitationStatus, Subject};

use crate::service::{
    error::Result,
    hidden::Hidden,
    write::{
        engine::{
            answers::InvitationAnswer,
            context::WriteContext,
            plan::{Plan, Write},
        },
        invitations::invitation,
    },
};

/// Declines an invitation and removes the invited member. Permitted to whoever has the token and the email; the actor
/// need not be a member.
#[derive(Clone, Debug)]
pub struct DeclineInvitation {
    /// The token of the invitation, as its issuer got it.
    pub token: Hidden<String>,
    /// The normalised email of whoever declines, which the caller has verified and which must be the invitation's.
    pub email: String,
}

#[async_trait]
impl Write for DeclineInvitation {
    type Answer = InvitationAnswer;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<InvitationAnswer>> {
        context.tenant()?;
        let found = invitation::by_token(context, self.token.expose(), Some(&self.email)).await?;
        let invited = context.member(&found.member).await?;
        let mut changes = vec![Change::InvitationDeclined {
            id: found.id.clone(),
            member: found.member.clone(),
            email: found.email.clone(),
        }];
        changes.extend(invitation::invited_member_removed(&invited));
        let rule = format!("invitation:{}", found.id);
        Ok(Plan::by(&rule, changes, invitation::closed(context, found, InvitationStatus::Declined)))
    }
}
