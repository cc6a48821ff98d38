//! What writes about invitations have in common.

use crate::{
    domain::{Change, Grant, Invitation, InvitationStatus, ResourceKey, Subject, Timestamp},
    policy::{self, Facts, Operation, Policy, Verb},
};

use super::{
    super::{
        error::{Error, Kind, Result},
        ports::MemberRecord,
    },
    answers::{InvitationAnswer, Offer},
    call::hex,
    lock::root,
    secret,
    session::{Place, Session},
};

/// The pending invitation of this token, for whoever brings its email too.
pub(super) async fn by_token(session: &mut Session<'_>, token: &str, email: Option<&str>) -> Result<Invitation> {
    let found = session.tx.invitation_by_hash(&secret::hash(token)).await?;
    let invitation = found.ok_or_else(|| {
        let message = "no invitation has this token; a newer one may have been sent since";
        Error::new(Kind::NotFound, "INVITATION_NOT_FOUND", message)
    })?;
    still_open(&invitation)?;
    if invitation.status == InvitationStatus::Expired || invitation.expires_at <= session.now() {
        let message = "the invitation has expired; ask for a new one";
        return Err(
            Error::new(Kind::FailedPrecondition, "INVITATION_EXPIRED", message).with("invitation", invitation.id)
        );
    }
    if email != Some(invitation.email.as_str()) {
        let message = "the invitation is bound to another email; answer it with the email that it was sent to";
        return Err(Error::new(Kind::PermissionDenied, "EMAIL_MISMATCH", message)
            .with("invitation", invitation.id)
            .with("email", email.unwrap_or_default()));
    }
    Ok(invitation)
}

/// Refuses an invitation that has come to its end. One that has expired has not.
pub(super) fn still_open(invitation: &Invitation) -> Result<()> {
    let (reason, message) = match invitation.status {
        InvitationStatus::Pending | InvitationStatus::Expired => return Ok(()),
        InvitationStatus::Accepted => ("INVITATION_USED", "the invitation was accepted already"),
        InvitationStatus::Revoked => ("INVITATION_REVOKED", "the invitation was taken back; a new one is needed"),
        InvitationStatus::Declined => ("INVITATION_DECLINED", "the invitation was declined; a new one is needed"),
    };
    Err(Error::new(Kind::FailedPrecondition, reason, message).with("invitation", invitation.id.clone()))
}

/// Nothing may be sent to this email.
pub(super) fn suppressed(email: &str) -> Error {
    let message = format!("`{email}` is suppressed: nothing may be sent there until an operator clears it");
    Error::new(Kind::FailedPrecondition, "ADDRESS_SUPPRESSED", message)
        .with("email", email)
        .with("cleared_by", "operator")
}

/// What becomes of the roles that an open invitation gives when it is issued again.
#[derive(Default)]
pub(super) struct Renewal {
    /// Those whose time is over, and which this actor can't give anew.
    pub(super) run_out: Vec<Grant>,
    /// When the invitation ends at the latest, for the sake of those that are pending and which this actor can't prolong.
    until: Option<Timestamp>,
}

impl Renewal {
    /// What becomes of what somebody is invited to, when this actor issues the invitation again and gives them roles beside.
    ///
    /// INVARIANT (renewal): an invitation that is issued again prolongs only what its actor may give or send again. What has
    /// run out and is neither is gone.
    pub(super) fn of(
        session: &Session<'_>,
        invited: &MemberRecord,
        open: &Invitation,
        beside: &[Grant],
    ) -> Result<Self> {
        let (mut renewed, mut others) = (beside.to_vec(), Vec::new());
        for grant in giving(session, invited) {
            if may_renew(session, invited, grant)? { renewed.push(grant.clone()) } else { others.push(grant.clone()) }
        }
        // Whatever brings somebody into the tenant goes on with what it comes of.
        let joins = session.with(|facts| Ok(joining_roles(facts, &renewed)))?;
        others.retain(|grant| !joins.contains(&(grant.resource.clone(), grant.role.clone())));
        if open.status == InvitationStatus::Expired || open.expires_at <= session.now() {
            return Ok(Self { run_out: others, until: None });
        }
        Ok(Self { run_out: Vec::new(), until: (!others.is_empty()).then_some(open.expires_at) })
    }

    /// The changes that it comes to.
    pub(super) fn changes(&self, invited: &Subject) -> impl Iterator<Item = Change> {
        let expired = |grant: &Grant| Change::RoleExpired {
            subject: invited.clone(),
            resource: grant.resource.clone(),
            role: grant.role.clone(),
        };
        self.run_out.iter().map(expired)
    }
}

/// Whether the actor may give somebody invited a role that is pending, or send them its invitation again.
fn may_renew(session: &Session<'_>, invited: &MemberRecord, grant: &Grant) -> Result<bool> {
    let (target, place) = (&invited.member.subject, session.place(&grant.resource, "invitation")?);
    let role = session.role(place, &grant.role, "invitation")?;
    let invite = Operation::giving(Verb::Invite, role).until(grant.expires_at);
    let may = |operation: Operation| session.judge(place, target, operation).is_ok();
    Ok(may(Operation::plain(Verb::Resend)) || may(invite))
}

/// The roles in the tenant itself that these roles bring with them.
fn joining_roles(facts: &dyn Facts, grants: &[Grant]) -> Vec<(ResourceKey, String)> {
    let policy = facts.policy();
    let root = policy::name_of(facts, facts.root()).to_key();
    let joins = |grant: &Grant| policy.find_type(&grant.resource.kind).ok()?.joins_as();
    grants.iter().filter_map(joins).map(|role| (root.clone(), policy.role(role).name().to_owned())).collect()
}

/// An invitation of this email under a new secret: a new one, or the open one again.
pub(super) fn issue(
    session: &Session<'_>,
    email: &str,
    inviter: Subject,
    open: Option<&Invitation>,
    renewal: &Renewal,
) -> Result<Offer> {
    let now = session.now();
    let nonce = secret::nonce(session.random.bytes());
    let (id, created_at) = match open {
        Some(open) => (open.id.clone(), open.created_at),
        None => (hex(session.random.bytes().first_chunk::<16>().unwrap_or(&[0; 16])), now),
    };
    let (expires_at, remind_at) = session.with(|facts| {
        let expires_at = now.plus(facts.policy().invitation_lifetime());
        let expires_at = renewal.until.map_or(expires_at, |until| until.min(expires_at));
        Ok((expires_at, next_reminder(facts.policy(), now, now, expires_at)))
    })?;
    let invitation = Invitation {
        id,
        email: email.to_owned(),
        token_hash: secret::hash(&session.secret.token(&nonce)),
        inviter,
        status: InvitationStatus::Pending,
        expires_at,
        remind_at,
        issued_at: now,
        created_at,
    };
    Ok(Offer { invitation: answer(session, invitation), nonce, token: String::new() })
}

/// When to remind somebody next of an invitation that was issued at `issued_at`, after `after` and before it expires.
pub(super) fn next_reminder(
    policy: &Policy,
    issued_at: Timestamp,
    after: Timestamp,
    expires_at: Timestamp,
) -> Option<Timestamp> {
    let points = policy.reminders().iter().map(|span| issued_at.plus(*span));
    points.filter(|at| *at > after && *at < expires_at).min()
}

/// The invited member goes, with all that they held.
pub(super) fn gone(invited: &MemberRecord) -> Vec<Change> {
    let subject = &invited.member.subject;
    let revoked = invited.held.iter().map(|grant| Change::revoked(subject, grant));
    revoked.chain([Change::MemberRemoved { member: invited.member.clone() }]).collect()
}

/// An invitation at its end, as it will be after this write.
pub(super) fn ended(session: &Session<'_>, invitation: Invitation, status: InvitationStatus) -> InvitationAnswer {
    answer(session, Invitation { status, remind_at: None, ..invitation })
}

fn answer(session: &Session<'_>, invitation: Invitation) -> InvitationAnswer {
    InvitationAnswer { invitation, changed_at: session.revision() }
}

/// The roles that an invitation gives: those of the invited member whose time is not over.
pub(super) fn giving<'r>(
    session: &Session<'_>,
    invited: &'r MemberRecord,
) -> impl Iterator<Item = &'r Grant> + use<'r> {
    let now = session.now();
    invited.held.iter().filter(move |grant| grant.expires_at.is_none_or(|end| end > now))
}

/// Where somebody is invited to, in the order of resource type and id; the tenant, if they hold nothing at all.
pub(super) fn places(session: &Session<'_>, invited: &MemberRecord) -> Result<Vec<Place>> {
    let mut resources: Vec<&ResourceKey> = giving(session, invited).map(|grant| &grant.resource).collect();
    resources.dedup();
    if resources.is_empty() {
        return Ok(vec![root(session)?]);
    }
    resources.into_iter().map(|resource| session.place(resource, "invitation")).collect()
}
