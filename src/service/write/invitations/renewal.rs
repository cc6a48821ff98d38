//! The renewal of an open invitation: which of its roles go on when it is issued again, and for how long.

use rollcall_engine::{
    self as engine, Change, Facts, Grant, GrantedBy, Invitation, InvitationStatus, MembershipWrite, Node, RoleId,
    Subject, Timestamp, WriteKind,
};

use crate::service::{
    error::{Error, Result},
    ports::{MemberRecord, StoredGrant},
    resolve::{ends::earlier, givers::Givers, rules::came_along},
    write::{
        engine::{context::WriteContext, refuse},
        invitations::pending::unexpired_grants,
    },
};

/// What becomes of an open invitation and its roles when it is issued again.
#[derive(Default)]
pub(crate) struct Renewal {
    /// The roles that could be accepted no more, and that this actor may not renew: they are removed.
    pub(crate) expired_grants: Vec<Grant>,
    /// The expiry that the invitation keeps, for nothing of it is renewed; none for its whole lifetime.
    pub(crate) until: Option<Timestamp>,
    /// The roles that can be accepted until another instant than before, as long as the invitation where there is none.
    moved: Vec<(Grant, GrantedBy, Option<Timestamp>)>,
    /// Why the first of the roles that are not renewed is not.
    refusal: Option<Error>,
    /// How many roles the actor renews or gives.
    renewed: usize,
}

impl Renewal {
    /// The renewal of an invitation by the actor of this write, who also gives the invited member `new_grants`, and
    /// whose right to do so ends at `until`.
    ///
    /// INVARIANT (renewal): issuing an invitation again prolongs only roles that the actor may give or resend, for as
    /// long as they may. Another keeps the end of its own that it had, and one that could be accepted no more is removed.
    pub(crate) async fn plan(
        context: &mut WriteContext<'_>,
        invited: &MemberRecord,
        open: &Invitation,
        (new_grants, until): (&[Grant], Option<Timestamp>),
    ) -> Result<Self> {
        let mut renewal = Self::default();
        // What brings a joining role, and until when.
        let ends = |grant: &Grant, until| (grant.clone(), earlier(grant.expires_at, until));
        let mut renewed: Vec<(Grant, Option<Timestamp>)> = new_grants.iter().map(|grant| ends(grant, until)).collect();
        let is_given_anew = |stored: &&StoredGrant| new_grants.iter().any(|grant| stored.is_same_role(grant));
        let (mut refused, mut moved) = (Vec::new(), Vec::new());
        for stored in unexpired_grants(context, invited).filter(|stored| !is_given_anew(stored)) {
            match may_renew(context, &invited.member.subject, stored)? {
                Ok(until) => {
                    renewed.push(ends(&stored.grant, until));
                    moved.extend(stored.offer_ends_at.map(|_| (stored.clone(), None)));
                }
                Err(refusal) => refused.push((stored, refusal)),
            }
        }
        renewal.renewed = renewed.len();
        let mut kept = Vec::new();
        for (stored, refusal) in refused {
            // A joining role goes on with the roles that it comes with, and no longer.
            if is_joining_role_of(context, stored, &renewed)? {
                moved.extend(stored.offer_ends_at.map(|_| (stored.clone(), None)));
                continue;
            }
            renewal.refusal.get_or_insert(refusal);
            if is_lapsed(context, open, stored) {
                renewal.expired_grants.push(stored.grant.clone());
            } else {
                kept.push(stored.clone());
            }
        }
        if renewed.is_empty() {
            renewal.until = (!kept.is_empty()).then_some(open.expires_at);
        } else {
            let still = kept.into_iter().filter(|stored| stored.offer_ends_at.is_none());
            moved.extend(still.map(|stored| (stored, Some(open.expires_at))));
        }
        let (stored, ends): (Vec<_>, Vec<_>) = moved.into_iter().unzip();
        if !stored.is_empty() {
            let offered = Givers::offered(context.snapshot()?, stored).await?;
            renewal.moved = offered.into_iter().zip(ends).map(|((grant, by), end)| (grant, by, end)).collect();
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

    /// Whether it changes what is pending.
    pub(crate) fn changes_grants(&self) -> bool {
        !(self.expired_grants.is_empty() && self.moved.is_empty())
    }

    /// The changes that remove the roles that could be accepted no more, and move the ends of others.
    pub(crate) fn changes(&self, invited: &Subject) -> impl Iterator<Item = Change> {
        let expired = |grant: &Grant| Change::RoleExpired {
            subject: invited.clone(),
            resource: grant.resource.clone(),
            role: grant.role.clone(),
            is_last: false,
        };
        let moved = self.moved.iter().map(|(grant, by, end)| Change::offered(invited, grant, by.clone(), *end));
        self.expired_grants.iter().map(expired).chain(moved)
    }
}

/// Why a pending role can't be renewed that could be accepted no more; none where it need not or can be.
pub(crate) fn expired_refusal(
    context: &WriteContext<'_>,
    target: &Subject,
    open: Option<&Invitation>,
    pending: Option<&StoredGrant>,
) -> Result<Option<Error>> {
    match (open, pending) {
        (Some(open), Some(pending)) if is_lapsed(context, open, pending) => {
            Ok(may_renew(context, target, pending)?.err())
        }
        _ => Ok(None),
    }
}

/// Whether a pending role can be accepted no more: its own time is over, or its invitation's.
fn is_lapsed(context: &WriteContext<'_>, open: &Invitation, stored: &StoredGrant) -> bool {
    let is_expired = open.status == InvitationStatus::Expired || open.expires_at <= context.now();
    is_expired || stored.offer_ends_at.is_some_and(|end| end <= context.now())
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

/// Whether a role came along with others, is the joining role of one of these, and expires no later than that one or the actor's
/// right to give it.
fn is_joining_role_of(
    context: &WriteContext<'_>,
    grant: &StoredGrant,
    others: &[(Grant, Option<Timestamp>)],
) -> Result<bool> {
    if !came_along(&grant.giver.rule) {
        return Ok(false);
    }
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
