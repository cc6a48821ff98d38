use async_trait::async_trait;
use rollcall_engine::{Change, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    ports::MemberRecord,
    write::{
        engine::{
            answers::IssuedInvitation,
            context::WriteContext,
            run::{Plan, Write},
        },
        invitations::{invitation, renewal::Renewal},
    },
};

/// Issues an open invitation again, under a new secret and, as far as the actor may prolong it, for its whole time. It is
/// governed by the policy's `resend` rules, and one place that they are invited to suffices; the roles of the others are not
/// prolonged by it.
#[derive(Clone, Debug)]
pub struct ResendInvitation {
    /// The invitation's id.
    pub invitation: String,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for ResendInvitation {
    type Answer = IssuedInvitation;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<IssuedInvitation>> {
        let (found, changed_at) = session.invitation(&self.invitation).await?;
        invitation::still_open(&found)?;
        let invited = session.member(&Subject::email(&found.email)).await?;
        let rule = permitted(session, &invited)?;
        session.invitation_unchanged(&found.id, changed_at, &self.etag)?;
        if session.tx.suppressed(&found.email).await?.is_some() {
            return Err(invitation::suppressed(&found.email));
        }
        session.check_invitation_quota(1).await?;
        let renewal = Renewal::of(session, &invited, &found, (&[], None))?.some()?;
        let answer = invitation::issue(session, &found.email, found.inviter.clone(), Some(&found), &renewal)?;
        let issued = answer.invitation.invitation.clone();
        let mut changes: Vec<Change> = renewal.changes(&invited.member.subject).collect();
        changes.push(Change::InvitationIssued { before: Some(found), invitation: issued });
        Ok(Plan { changes, rule, answer })
    }
}

/// The rule of a place that they are invited to, by which the actor may send the invitation again.
fn permitted(session: &WriteContext<'_>, invited: &MemberRecord) -> Result<String> {
    let resend = MembershipWrite::plain(WriteKind::Resend);
    let mut judged = invitation::places(session, invited)?
        .into_iter()
        .map(|place| session.permit(place, &invited.member.subject, resend).map(|allowed| allowed.rule));
    // There is one place at least; if no rule of any lets the actor, the first one's refusal is told.
    let first = judged.next().unwrap_or_else(|| Ok(String::new()));
    first.or_else(|refused| judged.find_map(Result::ok).ok_or(refused))
}
