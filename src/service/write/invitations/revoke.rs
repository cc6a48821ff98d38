use async_trait::async_trait;
use rollcall_engine::{Change, Grant, InvitationStatus, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    ports::MemberRecord,
    write::{
        engine::{
            answers::RevokedInvitation,
            context::WriteContext,
            run::{Plan, Write},
        },
        invitations::invitation,
    },
};

/// Takes an open invitation back, and with it the invited member. That is for whoever may remove them from the tenant,
/// or from every place that the invitation grants.
#[derive(Clone, Debug)]
pub struct RevokeInvitation {
    /// The invitation's id.
    pub invitation: String,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for RevokeInvitation {
    type Answer = RevokedInvitation;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<RevokedInvitation>> {
        let (found, changed_at) = session.invitation(&self.invitation).await?;
        invitation::still_open(&found)?;
        let invited = session.member(&Subject::email(&found.email)).await?;
        let rule = permitted(session, &invited)?;
        session.invitation_unchanged(&found.id, changed_at, &self.etag)?;
        let mut changes = vec![Change::InvitationRevoked { id: found.id.clone(), email: found.email.clone() }];
        changes.extend(invitation::gone(&invited));
        let invitation = invitation::ended(session, found, InvitationStatus::Revoked);
        Ok(Plan { changes, rule, answer: RevokedInvitation { invitation, revoked: invited.held } })
    }
}

/// The rules by which the actor may take everything that the invitation gives.
fn permitted(session: &WriteContext<'_>, invited: &MemberRecord) -> Result<String> {
    let (subject, remove) = (&invited.member.subject, MembershipWrite::plain(WriteKind::Remove));
    let held: Vec<&Grant> = invitation::giving(session, invited).collect();
    let from_the_tenant = session.permit(session.root()?, subject, remove);
    if from_the_tenant.is_ok() || held.is_empty() {
        return Ok(from_the_tenant?.rule);
    }
    let mut rules = Vec::new();
    for grant in held {
        let place = session.resource_node(&grant.resource, "invitation")?;
        let role = session.role(place, &grant.role, "invitation")?;
        rules.push(session.permit(place, subject, remove.taking(Some(role)))?.rule);
    }
    rules.dedup();
    Ok(rules.join(" "))
}
