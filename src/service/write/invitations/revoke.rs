//! Revocation of an open invitation.

use async_trait::async_trait;
use rollcall_engine::{Change, InvitationStatus, MembershipWrite, Subject, WriteKind};

use crate::service::{
    error::Result,
    ports::{MemberRecord, StoredGrant},
    resolve::rules::distinct,
    write::{
        engine::{
            answers::RevokedInvitation,
            context::WriteContext,
            plan::{Plan, Write},
        },
        invitations::{invitation, pending},
    },
};

/// Revokes an open invitation and removes the invited member. Permitted to whoever may remove them from the tenant, or
/// remove every role of the invitation.
#[derive(Clone, Debug)]
pub struct RevokeInvitation {
    /// The id of an open invitation (`INVITATION_NOT_FOUND`), pending or expired.
    pub invitation: String,
    /// The invitation's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not
    /// compared.
    pub etag: String,
}

#[async_trait]
impl Write for RevokeInvitation {
    type Answer = RevokedInvitation;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        Vec::new()
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<RevokedInvitation>> {
        let (found, changed_at) = context.invitation(&self.invitation).await?;
        invitation::still_open(&found)?;
        let invited = context.member(&found.member).await?;
        let rule = permit(context, &invited)?;
        context.check_invitation_etag(&found.id, changed_at, &self.etag)?;
        let mut changes = vec![Change::InvitationRevoked {
            id: found.id.clone(),
            member: found.member.clone(),
            email: found.email.clone(),
        }];
        changes.extend(invitation::invited_member_removed(&invited));
        let invitation = invitation::closed(context, found, InvitationStatus::Revoked);
        Ok(Plan::by(&rule, changes, RevokedInvitation { invitation, revoked: invited.plain_grants() }))
    }
}

/// The policy lines by which the actor may remove everything that the invitation gives.
fn permit(context: &WriteContext<'_>, invited: &MemberRecord) -> Result<String> {
    let (subject, remove) = (&invited.member.subject, MembershipWrite::plain(WriteKind::Remove));
    let grants: Vec<&StoredGrant> = pending::unexpired_grants(context, invited).collect();
    let from_the_tenant = context.permit(context.root()?, subject, remove);
    if from_the_tenant.is_ok() || grants.is_empty() {
        return Ok(from_the_tenant?.rule);
    }
    let mut rules = Vec::new();
    for grant in grants {
        let resource = context.resource_node(&grant.resource, "invitation")?;
        let role = context.role(resource, &grant.role, "invitation")?;
        rules.push(context.permit(resource, subject, remove.taking(Some(role)))?.rule);
    }
    Ok(distinct(rules))
}
