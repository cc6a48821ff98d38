//! The renewal of an open invitation: which of its roles go on when it is issued again, and for how long.

use rollcall_engine::{
    self as engine, Change, Facts, Grant, Invitation, InvitationStatus, MembershipWrite, Node, RoleId, Subject,
    Timestamp, WriteKind,
};

use crate::service::{
    error::{Error, Result},
    ports::{MemberRecord, StoredGrant},
    write::{
        engine::{context::WriteContext, refuse},
        invitations::pending::unexpired_grants,
    },
};

/// What becomes of an open invitation and its roles when it is issued again.
#[derive(Default)]
pub(crate) struct Renewal {
    /// The roles that have expired with the invitation, and that this actor may not renew: they are removed.
    pub(crate) expired_grants: Vec<Grant>,
    /// The latest expiry of the invitation; none for its whole lifetime. It stays as it was while there are pending
    /// roles that this actor may not renew.
    pub(crate) until: Option<Timestamp>,
    /// Why the first of these roles can't be renewed.
    refusal: Option<Error>,
    /// How many roles the actor renews or gives.
    renewed: usize,
}

impl Renewal {
    /// The renewal of an invitation by the actor of this write, who also gives the invited member `new_grants`, and
    /// whose right to do so ends at `until`.
    ///
    /// INVARIANT (renewal): issuing an invitation again prolongs only roles that the actor may give or resend, for as
    /// long as they may. Roles that have expired with it and may not be renewed are removed.
    pub(crate) fn plan(
        context: &WriteContext<'_>,
        invited: &MemberRecord,
        open: &Invitation,
        (new_grants, until): (&[Grant], Option<Timestamp>),
    ) -> Result<Self> {
        let is_expired = is_expired(context, open);
        let mut renewal = Self::default();
        let mut renewed: Vec<(Grant, Option<Timestamp>)> =
            new_grants.iter().map(|grant| (grant.clone(), until)).collect();
        let mut refused = Vec::new();
        for StoredGrant { grant, .. } in unexpired_grants(context, invited) {
            match may_renew(context, &invited.member.subject, grant)? {
                Ok(until) => renewed.push((grant.clone(), until)),
                Err(refusal) => refused.push((grant.clone(), refusal)),
            }
        }
        renewal.renewed = renewed.len();
        // A joining role goes on with the roles that it comes with, and no longer.
        for (grant, refusal) in refused {
            if is_joining_role_of(context, &grant, &renewed)? {
                continue;
            }
            renewal.refusal.get_or_insert(refusal);
            if is_expired {
                renewal.expired_grants.push(grant);
            } else {
                renewal.until = Some(open.expires_at);
            }
        }
        Ok(renewal)
    }

    /// The renewal, or the first refusal if no role goes on.
    pub(crate) fn or_refusal(self) -> Result<Self> {
        match self.refusal {
            Some(refusal) if self.renewed == 0 && self.until.is_none() => Err(refusal),
            _ => Ok(self),
        }
    }

    /// The changes that remove the expired roles.
    pub(crate) fn changes(&self, invited: &Subject) -> impl Iterator<Item = Change> {
        let expired = |grant: &Grant| Change::RoleExpired {
            subject: invited.clone(),
            resource: grant.resource.clone(),
            role: grant.role.clone(),
        };
        self.expired_grants.iter().map(expired)
    }
}

/// Why a pending role can't be renewed, where it has expired with its invitation; none where it need not or can be.
pub(crate) fn expired_refusal(
    context: &WriteContext<'_>,
    target: &Subject,
    open: Option<&Invitation>,
    pending: Option<&Grant>,
) -> Result<Option<Error>> {
    match (open, pending) {
        (Some(open), Some(pending)) if is_expired(context, open) => Ok(may_renew(context, target, pending)?.err()),
        _ => Ok(None),
    }
}

fn is_expired(context: &WriteContext<'_>, open: &Invitation) -> bool {
    open.status == InvitationStatus::Expired || open.expires_at <= context.now()
}

/// When the actor's right to renew a pending role ends, or why they may not renew it.
fn may_renew(context: &WriteContext<'_>, target: &Subject, grant: &Grant) -> Result<Result<Option<Timestamp>>> {
    let resource = context.resource_node(&grant.resource, "invitation")?;
    let role = context.role(resource, &grant.role, "invitation")?;
    context.with_facts(|facts| {
        let actor = context.request.actor.as_ref();
        let outcome = engine::may_renew(facts, actor, resource.node, target.as_ref(), role, grant.expires_at);
        let write = MembershipWrite::giving(WriteKind::Invite, role);
        Ok(outcome.map_err(|refusal| {
            refuse::membership_write(facts, &context.request.actor, resource.node, target, write, &refusal)
        }))
    })
}

/// Whether a role is the joining role of one of these, and expires no later than the actor may give that one.
fn is_joining_role_of(
    context: &WriteContext<'_>,
    grant: &Grant,
    others: &[(Grant, Option<Timestamp>)],
) -> Result<bool> {
    context.with_facts(|facts| {
        let brings =
            |other: &Grant| joining_role(facts, other).is_some_and(|(root, role)| names(facts, root, role, grant));
        let covers =
            |until: Option<Timestamp>| until.is_none_or(|until| grant.expires_at.is_some_and(|end| end <= until));
        Ok(others.iter().any(|(other, until)| covers(*until) && brings(other)))
    })
}

/// The root node and the role there that comes with a role of this type.
fn joining_role(facts: &dyn Facts, grant: &Grant) -> Option<(Node, RoleId)> {
    let role = facts.policy().find_type(&grant.resource.kind).ok()?.joins_as()?;
    Some((facts.root(), role))
}

/// Whether a grant is of this role at this node.
fn names(facts: &dyn Facts, node: Node, role: RoleId, grant: &Grant) -> bool {
    engine::name_of(facts, node) == grant.resource.as_ref() && facts.policy().role(role).name() == grant.role
}
