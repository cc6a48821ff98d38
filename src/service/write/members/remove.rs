//! Removal: from one resource, or from the tenant with all that goes with it.

use async_trait::async_trait;
use rollcall_engine::{
    self as engine, Change, Facts, Grant, Invitation, Member, MemberStatus, MembershipWrite, Node, ResourceKey,
    Subject, WriteKind,
};

use crate::service::{
    error::Result,
    ports::MemberRecord,
    write::engine::{
        answers::RemovedMember,
        context::WriteContext,
        plan::{Plan, Write},
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
    /// The roles that earlier steps of this removal have revoked; none to begin with.
    pub revoked: Vec<Grant>,
}

/// The most roles that one step of a removal revokes.
const STEP: usize = 1000;

#[async_trait]
impl Write for RemoveMember {
    type Answer = RemovedMember;

    fn subjects(&mut self) -> Vec<&mut Subject> {
        vec![&mut self.member]
    }

    fn proceed(&mut self, step: RemovedMember) {
        self.revoked = step.revoked;
        // It was compared at the first step, which has changed it.
        self.etag.clear();
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
        let mut revoked: Vec<Grant> = if leaves_tenant {
            record.plain_grants()
        } else {
            let roles = permitted.removed_roles.iter();
            roles.map(|role| context.assigned_grant(&record, resource, *role)).collect::<Result<_>>()?
        };
        let is_themselves = context.request.actor == self.member;
        let more = revoked.len() > STEP && leaves_tenant && !is_themselves && !context.request.validate_only;
        if more {
            // The roles by which the actor may remove them come last, or the next step would find none.
            let root = context.root_key()?;
            revoked.sort_by_key(|grant| grant.resource == root);
        }
        let step = revoked.get(..if more { STEP } else { revoked.len() }).unwrap_or_default();
        let mut changes = Vec::with_capacity(step.len() + 2);
        if more {
            changes.extend(cut_off(&record.member));
        }
        changes.extend(step.iter().map(|grant| Change::revoked(&self.member, grant)));
        if leaves_tenant && !more {
            changes.extend(self.left_tenant(context, &record).await?);
        }
        let revoked = [&self.revoked[..], step].concat();
        Ok(Plan { more, ..Plan::by(&permitted.rule, changes, RemovedMember { revoked }) })
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

/// The change by which somebody who is removed in steps can do nothing from the first one on.
fn cut_off(before: &Member) -> Option<Change> {
    let is_active = before.status == MemberStatus::Active;
    let member = Member { status: MemberStatus::Deactivated, ..before.clone() };
    is_active.then(|| Change::updated(before, member))
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
