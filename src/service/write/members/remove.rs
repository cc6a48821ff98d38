//! Removal: from one resource, or from the tenant with all that goes with it.

use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Facts, Grant, Invitation, MemberStatus, MembershipWrite, Node, ResourceKey, Subject,
    WriteKind,
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

/// Revokes the roles of a member at a resource, or removes the member from the tenant with every role that they hold.
/// Permitted by the `remove` rules of the resource's type.
#[derive(Clone, Debug)]
pub struct RemoveMember {
    /// The member, who must exist (`MEMBER_NOT_FOUND`).
    pub member: Subject,
    /// Where the roles are assigned. A person who is removed from the root resource, without `role`, leaves the tenant.
    pub resource: ResourceKey,
    /// The short name of the one role to revoke; empty for every role that is assigned there.
    pub role: String,
    /// The member's etag as the caller read it; an outdated one is refused with `ETAG_MISMATCH`. Empty: not compared.
    pub etag: String,
}

#[async_trait]
impl Write for RemoveMember {
    type Answer = RemovedMember;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.member]
    }

    async fn plan(&self, context: &mut WriteContext<'_>) -> Result<Plan<RemovedMember>> {
        let record = context.member(&self.member).await?;
        let resource = context.resource_node(&self.resource, "resource")?;
        let role = if self.role.is_empty() { None } else { Some(context.role(resource, &self.role, "role")?) };
        let permitted =
            context.permit(resource, &self.member, MembershipWrite::plain(WriteKind::Remove).taking(role))?;
        context.check_member_etag(&record, &self.etag)?;
        let is_person = context.with_facts(|facts| Ok(facts.policy().is_person(self.member.as_ref())))?;
        let leaves_tenant = resource.is_root && role.is_none() && is_person;
        let revoked: Vec<Grant> = if leaves_tenant {
            record.grants.clone()
        } else {
            let roles = permitted.removed_roles.iter();
            roles.map(|role| context.assigned_grant(&record, resource, *role)).collect::<Result<_>>()?
        };
        let mut changes: Vec<Change> = revoked.iter().map(|grant| Change::revoked(&self.member, grant)).collect();
        if leaves_tenant {
            changes.extend(self.left_tenant(context, &record).await?);
        }
        Ok(Plan::by(&permitted.rule, changes, RemovedMember { revoked }))
    }
}

impl RemoveMember {
    /// The changes beside the revoked roles when the member leaves the tenant: an open invitation is revoked, their
    /// resources lose their owner, and the member is removed.
    async fn left_tenant(&self, context: &mut WriteContext<'_>, record: &MemberRecord) -> Result<Vec<Change>> {
        let mut changes = Vec::new();
        if record.member.status == MemberStatus::Invited {
            let email = record.member.profile.email.as_deref().unwrap_or_default();
            let open = context.snapshot()?.open_invitation(email).await?;
            changes.extend(open.map(|Invitation { id, member, email, .. }| Change::InvitationRevoked {
                id,
                member,
                email,
            }));
        }
        changes.extend(context.with_facts(|facts| Ok(owner_cleared(facts, &self.member)))?);
        changes.push(Change::MemberRemoved { member: record.member.clone() });
        Ok(changes)
    }
}

/// Clears the owner of each resource that the member owns, so that nobody who joins later under the same id owns it.
fn owner_cleared(facts: &dyn Facts, member: &Subject) -> Vec<Change> {
    // Of every type: another version of the policy may give rights to the owners of one that ignores them now.
    let owned = facts.policy().types().iter().flat_map(|resource_type| facts.resources_of_type(resource_type.id()));
    let owned = owned.filter(|node| facts.resource(**node).owner == Some(member.as_ref()));
    let cleared = |node: &Node| Change::OwnerChanged {
        resource: engine::name_of(facts, *node).to_key(),
        from: Some(member.clone()),
        to: None,
    };
    owned.map(cleared).collect()
}
