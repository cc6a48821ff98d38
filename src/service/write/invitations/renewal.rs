//! What becomes of the roles that an open invitation gives, when it is issued again.

use rollcall_engine::{
    self as engine, Change, Facts, Grant, Invitation, InvitationStatus, MembershipWrite, Node, RoleId, Subject,
    Timestamp, WriteKind,
};

use crate::service::{
    error::{Error, Result},
    ports::MemberRecord,
    write::{
        engine::{context::WriteContext, refuse},
        invitations::invitation::giving,
    },
};

/// What becomes of them.
#[derive(Default)]
pub(crate) struct Renewal {
    /// Those whose time is over, and which this actor can't have go on.
    pub(crate) run_out: Vec<Grant>,
    /// When the invitation ends at the latest, for the sake of those that are pending and which this actor can't prolong.
    pub(crate) until: Option<Timestamp>,
    /// Why one can't go on.
    refusal: Option<Error>,
    /// How many go on.
    renewed: usize,
}

impl Renewal {
    /// What becomes of what somebody is invited to when this actor issues the invitation again, and gives them roles beside,
    /// which they may until then, if not for good.
    ///
    /// INVARIANT (renewal): an invitation that is issued again prolongs only what its actor may give or send again, for as
    /// long as it is to count. What has run out and is neither is gone.
    pub(crate) fn of(
        session: &WriteContext<'_>,
        invited: &MemberRecord,
        open: &Invitation,
        (beside, until): (&[Grant], Option<Timestamp>),
    ) -> Result<Self> {
        let is_over = is_over(session, open);
        let mut renewal = Self::default();
        let mut go_on: Vec<(Grant, Option<Timestamp>)> = beside.iter().map(|grant| (grant.clone(), until)).collect();
        let mut others = Vec::new();
        for grant in giving(session, invited) {
            match may_renew(session, &invited.member.subject, grant)? {
                Ok(until) => go_on.push((grant.clone(), until)),
                Err(refusal) => others.push((grant.clone(), refusal)),
            }
        }
        renewal.renewed = go_on.len();
        // Whatever brings somebody into the tenant goes on with what it comes of, and no longer.
        for (grant, refusal) in others {
            if is_brought(session, &grant, &go_on)? {
                continue;
            }
            renewal.refusal.get_or_insert(refusal);
            if is_over {
                renewal.run_out.push(grant);
            } else {
                renewal.until = Some(open.expires_at);
            }
        }
        Ok(renewal)
    }

    /// Refuses when nothing goes on.
    pub(crate) fn some(self) -> Result<Self> {
        match self.refusal {
            Some(refusal) if self.renewed == 0 && self.until.is_none() => Err(refusal),
            _ => Ok(self),
        }
    }

    /// The changes that it comes to.
    pub(crate) fn changes(&self, invited: &Subject) -> impl Iterator<Item = Change> {
        let expired = |grant: &Grant| Change::RoleExpired {
            subject: invited.clone(),
            resource: grant.resource.clone(),
            role: grant.role.clone(),
        };
        self.run_out.iter().map(expired)
    }
}

/// Why a role of somebody invited has run out and can't go on, if so.
pub(crate) fn gone(
    session: &WriteContext<'_>,
    target: &Subject,
    open: Option<&Invitation>,
    pending: Option<&Grant>,
) -> Result<Option<Error>> {
    match (open, pending) {
        (Some(open), Some(pending)) if is_over(session, open) => Ok(may_renew(session, target, pending)?.err()),
        _ => Ok(None),
    }
}

fn is_over(session: &WriteContext<'_>, open: &Invitation) -> bool {
    open.status == InvitationStatus::Expired || open.expires_at <= session.now()
}

/// Whether the actor may have a role of somebody invited go on, or why not.
fn may_renew(session: &WriteContext<'_>, target: &Subject, grant: &Grant) -> Result<Result<Option<Timestamp>>> {
    let place = session.resource_node(&grant.resource, "invitation")?;
    let role = session.role(place, &grant.role, "invitation")?;
    session.with(|facts| {
        let actor = session.call.actor.as_ref();
        let outcome = engine::may_renew(facts, actor, place.node, target.as_ref(), role, grant.expires_at);
        let wanted = MembershipWrite::giving(WriteKind::Invite, role);
        Ok(outcome.map_err(|refusal| refuse::refused(facts, session.call, place.node, target, wanted, &refusal)))
    })
}

/// Whether a role in the tenant itself comes with others, and ends no later than the actor may give one of those.
fn is_brought(session: &WriteContext<'_>, grant: &Grant, others: &[(Grant, Option<Timestamp>)]) -> Result<bool> {
    session.with(|facts| {
        let brings = |other: &Grant| joined(facts, other).is_some_and(|(root, role)| names(facts, root, role, grant));
        let covers =
            |until: Option<Timestamp>| until.is_none_or(|until| grant.expires_at.is_some_and(|end| end <= until));
        Ok(others.iter().any(|(other, until)| covers(*until) && brings(other)))
    })
}

/// The role that somebody comes into the tenant with by way of another.
fn joined(facts: &dyn Facts, grant: &Grant) -> Option<(Node, RoleId)> {
    let role = facts.policy().find_type(&grant.resource.kind).ok()?.joins_as()?;
    Some((facts.root(), role))
}

fn names(facts: &dyn Facts, node: Node, role: RoleId, grant: &Grant) -> bool {
    engine::name_of(facts, node) == grant.resource.as_ref() && facts.policy().role(role).name() == grant.role
}
