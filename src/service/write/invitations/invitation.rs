//! What writes about invitations have in common.

use rollcall_engine::{Change, Grant, Invitation, InvitationStatus, Policy, ResourceKey, Subject, Timestamp};

use crate::service::{
    error::{Error, ErrorKind, Result},
    ports::MemberRecord,
    write::{
        engine::{
            answers::{InvitationAnswer, IssuedInvitation},
            context::{ResourceNode, WriteContext},
            request_context::hex,
            secret,
        },
        invitations::renewal::Renewal,
    },
};

/// The pending invitation of this token, for whoever brings its email too.
pub(crate) async fn by_token(session: &mut WriteContext<'_>, token: &str, email: Option<&str>) -> Result<Invitation> {
    let found = session.tx.invitation_by_hash(&secret::hash(token)).await?;
    let invitation = found.ok_or_else(|| {
        let message = "no invitation has this token; a newer one may have been sent since";
        Error::new(ErrorKind::NotFound, "INVITATION_NOT_FOUND", message)
    })?;
    still_open(&invitation)?;
    if invitation.status == InvitationStatus::Expired || invitation.expires_at <= session.now() {
        let message = "the invitation has expired; ask for a new one";
        return Err(
            Error::new(ErrorKind::FailedPrecondition, "INVITATION_EXPIRED", message).with("invitation", invitation.id)
        );
    }
    if email != Some(invitation.email.as_str()) {
        let message = "the invitation is bound to another email; answer it with the email that it was sent to";
        return Err(Error::new(ErrorKind::PermissionDenied, "EMAIL_MISMATCH", message)
            .with("invitation", invitation.id)
            .with("email", email.unwrap_or_default()));
    }
    Ok(invitation)
}

/// Refuses an invitation that has come to its end. One that has expired has not.
pub(crate) fn still_open(invitation: &Invitation) -> Result<()> {
    let (reason, message) = match invitation.status {
        InvitationStatus::Pending | InvitationStatus::Expired => return Ok(()),
        InvitationStatus::Accepted => ("INVITATION_USED", "the invitation was accepted already"),
        InvitationStatus::Revoked => ("INVITATION_REVOKED", "the invitation was taken back; a new one is needed"),
        InvitationStatus::Declined => ("INVITATION_DECLINED", "the invitation was declined; a new one is needed"),
    };
    Err(Error::new(ErrorKind::FailedPrecondition, reason, message).with("invitation", invitation.id.clone()))
}

/// Nothing may be sent to this email.
pub(crate) fn suppressed(email: &str) -> Error {
    let message = format!("`{email}` is suppressed: nothing may be sent there until an operator clears it");
    Error::new(ErrorKind::FailedPrecondition, "ADDRESS_SUPPRESSED", message)
        .with("email", email)
        .with("cleared_by", "operator")
}

/// An invitation of this email under a new secret: a new one, or the open one again.
pub(crate) fn issue(
    session: &WriteContext<'_>,
    email: &str,
    inviter: Subject,
    open: Option<&Invitation>,
    renewal: &Renewal,
) -> Result<IssuedInvitation> {
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
    Ok(IssuedInvitation { invitation: answer(session, invitation), nonce, token: String::new() })
}

/// When to remind somebody next of an invitation that was issued at `issued_at`, after `after` and before it expires.
pub(crate) fn next_reminder(
    policy: &Policy,
    issued_at: Timestamp,
    after: Timestamp,
    expires_at: Timestamp,
) -> Option<Timestamp> {
    let points = policy.reminders().iter().map(|span| issued_at.plus(*span));
    points.filter(|at| *at > after && *at < expires_at).min()
}

/// The invited member goes, with all that they held.
pub(crate) fn gone(invited: &MemberRecord) -> Vec<Change> {
    let subject = &invited.member.subject;
    let revoked = invited.held.iter().map(|grant| Change::revoked(subject, grant));
    revoked.chain([Change::MemberRemoved { member: invited.member.clone() }]).collect()
}

/// An invitation at its end, as it will be after this write.
pub(crate) fn ended(session: &WriteContext<'_>, invitation: Invitation, status: InvitationStatus) -> InvitationAnswer {
    answer(session, Invitation { status, remind_at: None, ..invitation })
}

fn answer(session: &WriteContext<'_>, invitation: Invitation) -> InvitationAnswer {
    InvitationAnswer { invitation, changed_at: session.revision() }
}

/// The roles that an invitation gives: those of the invited member whose time is not over.
pub(crate) fn giving<'r>(
    session: &WriteContext<'_>,
    invited: &'r MemberRecord,
) -> impl Iterator<Item = &'r Grant> + use<'r> {
    let now = session.now();
    invited.held.iter().filter(move |grant| grant.expires_at.is_none_or(|end| end > now))
}

/// Where somebody is invited to, in the order of resource type and id; the tenant, if they hold nothing at all.
pub(crate) fn places(session: &WriteContext<'_>, invited: &MemberRecord) -> Result<Vec<ResourceNode>> {
    let mut resources: Vec<&ResourceKey> = giving(session, invited).map(|grant| &grant.resource).collect();
    resources.dedup();
    if resources.is_empty() {
        return Ok(vec![session.root()?]);
    }
    resources.into_iter().map(|resource| session.resource_node(resource, "invitation")).collect()
}
