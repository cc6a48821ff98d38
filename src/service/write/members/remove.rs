use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Facts, Grant, MemberStatus, MembershipWrite, Node, ResourceKey, Subject, WriteKind,
};

use crate::service::{
    error::Result,
    ports::MemberRecord,
    write::engine::{
        answers::RemovedMember,
        context::WriteContext,
        run::{Plan, Write},
    },
};

/// Takes a member out of a resource, or out of the tenant with everything that they hold.
#[derive(Clone, Debug)]
pub struct RemoveMember {
    /// Whom.
    pub member: Subject,
    /// From where; the root resource, without a role, means the tenant.
    pub resource: ResourceKey,
    /// Only this role; empty for everything that they hold there.
    pub role: String,
    /// The etag that the caller read, or empty.
    pub etag: String,
}

#[async_trait]
impl Write for RemoveMember {
    type Answer = RemovedMember;

    async fn plan(&self, session: &mut WriteContext<'_>) -> Result<Plan<RemovedMember>> {
        let record = session.member(&self.member).await?;
        let place = session.resource_node(&self.resource, "resource")?;
        let role = if self.role.is_empty() { None } else { Some(session.role(place, &self.role, "role")?) };
        let allowed = session.permit(place, &self.member, MembershipWrite::plain(WriteKind::Remove).taking(role))?;
        session.unchanged(&record, &self.etag)?;
        let person = session.with(|facts| Ok(facts.policy().is_person(self.member.as_ref())))?;
        let leaves = place.is_root && role.is_none() && person;
        let revoked: Vec<Grant> = if leaves {
            record.held.clone()
        } else {
            allowed.taken.iter().map(|role| session.held(&record, place, *role)).collect::<Result<_>>()?
        };
        let mut changes: Vec<Change> = revoked.iter().map(|grant| Change::revoked(&self.member, grant)).collect();
        if leaves {
            changes.extend(self.gone(session, &record).await?);
        }
        Ok(Plan { changes, rule: allowed.rule, answer: RemovedMember { revoked } })
    }
}

impl RemoveMember {
    /// What becomes of the member themself, and of the invitation of one who has not accepted.
    async fn gone(&self, session: &mut WriteContext<'_>, record: &MemberRecord) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        if record.member.status == MemberStatus::Invited {
            let open = session.tx.open_invitation(&self.member.id).await?;
            changes.extend(open.map(|open| Change::InvitationRevoked { id: open.id, email: open.email }));
        }
        changes.extend(session.with(|facts| Ok(disowned(facts, &self.member)))?);
        changes.push(Change::MemberRemoved { member: record.member.clone() });
        Ok(changes)
    }
}

/// What a member owns has no owner when they are gone: nobody comes by it who later comes under the same id.
fn disowned(facts: &dyn Facts, member: &Subject) -> Vec<Change> {
    // Also what no owner counts for in this version of the policy: another one may bring that back.
    let owned = facts.policy().types().iter().flat_map(|of| facts.resources_of_type(of.id()));
    let owned = owned.filter(|node| facts.resource(**node).owner == Some(member.as_ref()));
    let disowned = |node: &Node| Change::OwnerChanged {
        resource: engine::name_of(facts, *node).to_key(),
        from: Some(member.clone()),
        to: None,
    };
    owned.map(disowned).collect()
}
