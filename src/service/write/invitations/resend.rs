//! Resending of an open invitation.

use async_trait::async_trait;
use rollcall_engine::{Change, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    ports::MemberRecord,
    write::{
        engine::{
            answers::IssuedInvitation,
            context::WriteContext,
            plan::{Plan, Write},
        },
        invitations::{invitation, pending, renewal::Renewal},
    },
};

/// Issues an open invitation again, under a new token and, as far as the actor may prolong it, for its whole lifetime.
/// Permitted by the `resend` rules of one of the resources that it is for; roles at the others are not prolonged.
#[derive(Clone, Debug)]
pub struct ResendInvitation {
    /// The id of an open invitation (`INVITATION_NOT_FOUND`), pending or expired.
    pub invitation: String,
    /// The invitation's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not
    /// compared.
    pub etag: String,
}

#[async_trait]
impl Write for ResendInvitation {
    type Answer = IssuedInvitation;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<IssuedInvitation>> {
        let (found, changed_at) = context.invitation(&self.invitation).await?;
        invitation::still_open(&found)?;
        let invited = context.member(&found.member).await?;
        let rule = permit(context, &invited)?;
        context.check_invitation_etag(&found.id, changed_at, &self.etag)?;
        if context.snapshot()?.suppressed(&found.email).await?.is_some() {
            return Err(invitation::suppressed(&found.email));
        }
        context.check_invitation_quota(1).await?;
        let renewal = Renewal::plan(context, &invited, &found, (&[], None)).await?.or_refusal()?;
        let answer = invitation::issue(
            context,
            &invited.member.subject,
            &found.email,
            (found.inviter.clone(), Some(&found)),
            &renewal,
        )?;
        let issued = answer.invitation.invitation.clone();
        let mut changes: Vec<Change> = renewal.changes(&invited.member.subject).collect();
        changes.push(Change::InvitationIssued { before: Some(found), invitation: issued });
        Ok(Plan::by(&rule, changes, answer))
    }
}

/// The policy line of one of the resources of the invitation by which the actor may resend it.
fn permit(context: &WriteContext<'_>, invited: &MemberRecord) -> Result<String> {
    let resend = MembershipWrite::plain(WriteKind::Resend);
    let mut rules = pending::invited_resources(context, invited)?
        .into_iter()
        .map(|resource| context.permit(resource, &invited.member.subject, resend).map(|permitted| permitted.rule));
    // There is at least one resource. If none permits it, the first one's refusal is returned.
    let first = rules.next().unwrap_or_else(|| Ok(String::new()));
    first.or_else(|refused| rules.find_map(Result::ok).ok_or(refused))
}
