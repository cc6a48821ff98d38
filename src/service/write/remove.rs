use async_trait::async_trait;

use crate::{
    domain::{Change, Grant, MemberStatus, ResourceKey, Subject},
    policy::{Facts, Mask, Node, Operation},
};

use super::{
    super::{error::Result, ports::MemberRecord},
    answers::Removed,
    run::{Plan, Write},
    session::Session,
};

/// Takes a member out of a resource, or out of the tenant with everything that they hold.
#[derive(Clone, Debug)]
pub struct RemoveMember {
    /// Whom.
    pub member: Subject,
    /// From where; the root resource means the tenant.
    pub resource: ResourceKey,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for RemoveMember {
    type Answer = Removed;

    async fn plan(&self, session: &mut Session<'_>) -> Result<Plan<Removed>> {
        let record = session.member(&self.member).await?;
        let place = session.place(&self.resource, "resource")?;
        let from = session.own_role(place, &self.member, "remove")?;
        let rule = session.permit(place, &self.member, Operation::Remove { from })?;
        session.unchanged(&record, &self.etag)?;
        let (revoked, lost) = if place.is_root {
            (record.held.clone(), everything(session, &self.member)?)
        } else {
            (vec![session.grant(place, from)?], vec![(place.node, from.mask())])
        };
        session.keeps_holders(&self.member, &lost)?;
        let mut changes: Vec<Change> = revoked.iter().map(|grant| self.revoked(grant)).collect();
        if place.is_root {
            changes.extend(self.gone(session, &record).await?);
        }
        Ok(Plan { changes, rule, answer: Removed { revoked } })
    }
}

impl RemoveMember {
    fn revoked(&self, grant: &Grant) -> Change {
        Change::RoleRevoked { subject: self.member.clone(), resource: grant.resource.clone(), role: grant.role.clone() }
    }

    /// What becomes of the member themself, and of the invitation of one who has not accepted.
    async fn gone(&self, session: &mut Session<'_>, record: &MemberRecord) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        if let (MemberStatus::Invited, Some(email)) = (record.member.status, &record.member.profile.email) {
            let open = session.tx.pending_invitation(email).await?;
            changes.extend(open.map(|open| Change::InvitationRevoked { id: open.id, email: open.email }));
        }
        changes.push(Change::MemberRemoved { subject: self.member.clone() });
        Ok(changes)
    }
}

/// Every role that a member holds, by resource.
fn everything(session: &Session<'_>, member: &Subject) -> Result<Vec<(Node, Mask)>> {
    session.with(|facts: &dyn Facts| {
        let mut all = Vec::new();
        if let Some(standing) = facts.standing(member.as_ref()) {
            facts.each_bound(standing.member, &mut |node, bound| all.push((node, bound)));
        }
        Ok(all)
    })
}
