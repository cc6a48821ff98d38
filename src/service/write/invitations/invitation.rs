//! One invitation: how it is found by its token, issued, reminded of and closed.

use rollcall_engine::{Change, Invitation, InvitationStatus, Policy, Subject, Timestamp};

use crate::service::{
    error::{Error, ErrorKind, Result},
    hidden::Hidden,
    ports::MemberRecord,
    write::{
        engine::{
            answers::{InvitationAnswer, IssuedInvitation},
            context::WriteContext,
            request_context::hex,
            secret,
        },
        invitations::renewal::Renewal,
    },
};

/// The pending invitation of a token, if `email` is the one that it was sent to. Refused otherwise: unknown, closed or
/// expired, or of another email.
pub(crate) async fn by_token(context: &mut WriteContext<'_>, token: &str, email: Option<&str>) -> Result<Invitation> {
    let found = context.snapshot()?.invitation_by_hash(&secret::hash(token)).await?;
    let invitation = found.ok_or_else(|| {
        let message = "no invitation has this token; a newer one may have been sent since";
        Error::new(ErrorKind::NotFound, "INVITATION_NOT_FOUND", message)
    })?;
    still_open(&invitation)?;
    if invitation.status == InvitationStatus::Expired || invitation.expires_at <= context.now() {
        let message = "the invitation has expired; ask for a new one";
        return Err(
            Error::new(ErrorKind::FailedPrecondition, "INVITATION_EXPIRED", message).with("invitation", invitation.id)
        );
    }
    context.rely_until(invitation.expires_at);
    if email != Some(invitation.email.as_str()) {
        let message = "the invitation is bound to another email; answer it with the email that it was sent to";
        return Err(Error::new(ErrorKind::PermissionDenied, "EMAIL_MISMATCH", message)
            .with("invitation", invitation.id)
            .with("email", email.unwrap_or_default()));
    }
    Ok(invitation)
}

/// Refuses an invitation that was accepted, revoked or declined. An expired one is open: it can be issued again.
pub(crate) fn still_open(invitation: &Invitation) -> Result<()> {
    let (reason, message) = match invitation.status {
        InvitationStatus::Pending | InvitationStatus::Expired => return Ok(()),
        InvitationStatus::Accepted => ("INVITATION_USED", "the invitation was accepted already"),
        InvitationStatus::Revoked => ("INVITATION_REVOKED", "the invitation was revoked; a new one is needed"),
        InvitationStatus::Declined => ("INVITATION_DECLINED", "the invitation was declined; a new one is needed"),
    };
    Err(Error::new(ErrorKind::FailedPrecondition, reason, message).with("invitation", invitation.id.clone()))
}

/// The error of an email to which nothing may be sent.
pub(crate) fn suppressed(email: &str) -> Error {
    let message = format!("`{email}` is suppressed: nothing may be sent there until an operator clears it");
    Error::new(ErrorKind::FailedPrecondition, "ADDRESS_SUPPRESSED", message)
        .with("email", email)
        .with("cleared_by", "operator")
}

/// An invitation of this invited member and their email under a new token: a new one, or the `open` one issued again for its whole lifetime,
/// unless its renewal ends sooner.
pub(crate) fn issue(
    context: &WriteContext<'_>,
    member: &Subject,
    email: &str,
    (inviter, open): (Subject, Option<&Invitation>),
    renewal: &Renewal,
) -> Result<IssuedInvitation> {
    let now = context.now();
    let nonce = secret::nonce(context.random.bytes());
    let (id, created_at) = match open {
        Some(open) => (open.id.clone(), open.created_at),
        None => (hex(context.random.bytes().first_chunk::<16>().unwrap_or(&[0; 16])), now),
    };
    let (expires_at, remind_at) = context.with_facts(|facts| {
        let expires_at = now.plus(facts.policy().invitation_lifetime());
        let expires_at = renewal.until.map_or(expires_at, |until| until.min(expires_at));
        Ok((expires_at, next_reminder(facts.policy(), now, now, expires_at)))
    })?;
    let invitation = Invitation {
        id,
        member: member.clone(),
        email: email.to_owned(),
        token_hash: secret::hash(&context.secret.token(&nonce)),
        inviter,
        status: InvitationStatus::Pending,
        expires_at,
        remind_at,
        issued_at: now,
        created_at,
        acceptance: None,
    };
    Ok(IssuedInvitation { invitation: answer(context, invitation), nonce, token: Hidden::default() })
}

/// When the next reminder of an invitation is due, after `after` and before it expires; none if the policy has no more.
pub(crate) fn next_reminder(
    policy: &Policy,
    issued_at: Timestamp,
    after: Timestamp,
    expires_at: Timestamp,
) -> Option<Timestamp> {
    let due_at = policy.reminders().iter().map(|span| issued_at.plus(*span));
    due_at.filter(|at| *at > after && *at < expires_at).min()
}

/// The changes that remove the invited member, with every role assigned to them.
pub(crate) fn invited_member_removed(invited: &MemberRecord) -> Vec<Change> {
    let subject = &invited.member.subject;
    let revoked = invited.grants.iter().map(|grant| Change::revoked(subject, grant));
    revoked.chain([Change::MemberRemoved { member: invited.member.clone() }]).collect()
}

/// The answer about an invitation that this write closes.
pub(crate) fn closed(context: &WriteContext<'_>, invitation: Invitation, status: InvitationStatus) -> InvitationAnswer {
    answer(context, Invitation { status, remind_at: None, ..invitation })
}

fn answer(context: &WriteContext<'_>, invitation: Invitation) -> InvitationAnswer {
    InvitationAnswer { invitation, changed_at: context.commit() }
}
