//! What the methods about invitations read of their messages, and answer.

use rollcall_engine::{Acceptance, Invitation, InvitationStatus, Moment, etag, kind};

use crate::{
    edge::grpc::{
        MAX_ENUMS, MAX_OPAQUE,
        convert::{
            resource_key, resource_ref, store_consistency, subject, to_count, to_failed_grant, to_grant, to_granted_by,
            to_grants, to_subject, to_timestamp,
        },
        handler::CallContext,
        reading::{MAX_TEXT, PAGE},
    },
    proto,
    service::{
        Consistency, DeclineInvitation, Error, Hidden, InvitationAnswer, IssuedInvitation, ListInvitations,
        ListedInvitation, ResendInvitation, Result, RevokeInvitation, RevokedInvitation, input::Validator,
        ports::InvitationOrder,
    },
};

pub(super) fn decline(validator: &mut Validator, request: &proto::DeclineInvitationRequest) -> DeclineInvitation {
    if validator.required("invitation_token", &request.invitation_token) {
        validator.max_bytes("invitation_token", &request.invitation_token, MAX_OPAQUE);
    }
    let email = validator.email("email", &request.email);
    let actor = request.actor.as_ref().filter(|actor| actor.r#type == kind::EMAIL);
    if actor.is_some_and(|actor| Validator::default().email("actor.id", &actor.id) != email) {
        let description = "is another email than `email`; somebody without an account declines under the invited one";
        validator.add(Error::field("FIELD_INVALID", "actor.id", description));
    }
    DeclineInvitation { token: Hidden::new(request.invitation_token.clone()), email }
}

pub(super) fn declined(tenant: &str, answer: InvitationAnswer) -> proto::DeclineInvitationResponse {
    proto::DeclineInvitationResponse { invitation: Some(to_invitation(tenant, answer)), ..Default::default() }
}

pub(super) fn resend(validator: &mut Validator, request: &proto::ResendInvitationRequest) -> ResendInvitation {
    existing(validator, &request.invitation, &request.etag);
    ResendInvitation { invitation: request.invitation.clone(), etag: request.etag.clone() }
}

pub(super) fn resent(tenant: &str, answer: IssuedInvitation) -> proto::ResendInvitationResponse {
    proto::ResendInvitationResponse {
        invitation: Some(to_invitation(tenant, answer.invitation)),
        invitation_token: answer.token.expose().clone(),
        ..Default::default()
    }
}

pub(super) fn revoke(validator: &mut Validator, request: &proto::RevokeInvitationRequest) -> RevokeInvitation {
    existing(validator, &request.invitation, &request.etag);
    RevokeInvitation { invitation: request.invitation.clone(), etag: request.etag.clone() }
}

pub(super) fn revoked(tenant: &str, answer: RevokedInvitation) -> proto::RevokeInvitationResponse {
    proto::RevokeInvitationResponse {
        invitation: Some(to_invitation(tenant, answer.invitation)),
        total_revoked: to_count(answer.revoked.len()),
        revoked: to_grants(answer.revoked),
        ..Default::default()
    }
}

pub(super) fn one<'r>(
    validator: &mut Validator,
    request: &'r proto::GetInvitationRequest,
) -> (&'r str, Consistency<'r>) {
    validator.id("invitation", &request.invitation);
    (&request.invitation, store_consistency(validator, request.consistency.as_ref()))
}

pub(super) async fn get_invitation(
    context: CallContext<'_>,
    (id, consistency): (&str, Consistency<'_>),
) -> Result<(proto::GetInvitationResponse, Moment)> {
    let found = context.service.invitation(context.tenant, id, consistency).await?;
    let invitation = Some(to_listed(context.tenant, found.invitation));
    Ok((proto::GetInvitationResponse { invitation, ..Default::default() }, found.moment))
}

pub(super) fn list<'r>(
    validator: &mut Validator,
    request: &'r proto::ListInvitationsRequest,
) -> (ListInvitations, Consistency<'r>) {
    validator.search_text("text", &request.text, MAX_TEXT);
    let email = (!request.email.is_empty()).then(|| validator.email("email", &request.email));
    if let Some(resource) = &request.resource {
        validator.resource("resource", resource_ref(Some(resource)));
    }
    let list = ListInvitations {
        tenant: request.tenant.clone(),
        statuses: statuses(validator, &request.statuses),
        email,
        inviter: request.inviter.as_ref().map(|inviter| subject(validator, "inviter", Some(inviter))),
        resource: request.resource.as_ref().map(|resource| resource_key(Some(resource))),
        text: request.text.clone(),
        order: order(validator, request.order_by),
        limit: validator.page_size(request.page_size, PAGE.1, PAGE.0),
        page_token: request.page_token.clone(),
    };
    (list, store_consistency(validator, request.consistency.as_ref()))
}

pub(super) async fn list_invitations(
    context: CallContext<'_>,
    (list, consistency): (ListInvitations, Consistency<'_>),
) -> Result<(proto::ListInvitationsResponse, Moment)> {
    let page = context.service.list_invitations(&list, consistency).await?;
    let response = proto::ListInvitationsResponse {
        invitations: page.invitations.into_iter().map(|record| to_listed(context.tenant, record)).collect(),
        next_page_token: page.next.unwrap_or_default(),
        ..Default::default()
    };
    Ok((response, page.moment))
}

/// Validates the id of the invitation that a write is about, and the etag.
fn existing(validator: &mut Validator, invitation: &str, etag: &str) {
    validator.id("invitation", invitation);
    validator.max_bytes("etag", etag, MAX_OPAQUE);
}

fn statuses(validator: &mut Validator, statuses: &[i32]) -> Vec<InvitationStatus> {
    let read = |(index, status): (usize, &i32)| match proto::InvitationStatus::try_from(*status) {
        Ok(proto::InvitationStatus::Pending) => Some(InvitationStatus::Pending),
        Ok(proto::InvitationStatus::Accepted) => Some(InvitationStatus::Accepted),
        Ok(proto::InvitationStatus::Revoked) => Some(InvitationStatus::Revoked),
        Ok(proto::InvitationStatus::Declined) => Some(InvitationStatus::Declined),
        Ok(proto::InvitationStatus::Expired) => Some(InvitationStatus::Expired),
        Ok(proto::InvitationStatus::Unspecified) | Err(_) => {
            let description = format!(
                "`{status}` is no status; use INVITATION_STATUS_PENDING, INVITATION_STATUS_ACCEPTED, \
                 INVITATION_STATUS_REVOKED, INVITATION_STATUS_DECLINED or INVITATION_STATUS_EXPIRED"
            );
            validator.add(Error::field("FIELD_INVALID", format!("statuses[{index}]"), description));
            None
        }
    };
    let mut found: Vec<InvitationStatus> = statuses.iter().take(MAX_ENUMS).enumerate().filter_map(read).collect();
    validator.max_entries("statuses", statuses.len(), MAX_ENUMS);
    found.sort_unstable_by_key(|status| status.code());
    found.dedup();
    found
}

fn order(validator: &mut Validator, order: i32) -> InvitationOrder {
    match proto::InvitationOrder::try_from(order) {
        Ok(proto::InvitationOrder::Unspecified | proto::InvitationOrder::CreateTime) => InvitationOrder::Created,
        Ok(proto::InvitationOrder::Email) => InvitationOrder::Email,
        Ok(proto::InvitationOrder::ExpireTime) => InvitationOrder::Expiry,
        Err(_) => {
            let description = format!(
                "`{order}` is no order; use INVITATION_ORDER_CREATE_TIME, INVITATION_ORDER_EMAIL or \
                 INVITATION_ORDER_EXPIRE_TIME"
            );
            validator.add(Error::field("FIELD_INVALID", "order_by", description));
            InvitationOrder::Created
        }
    }
}

/// An invitation with the etag of the revision that last changed it.
pub(super) fn to_invitation(tenant: &str, answer: InvitationAnswer) -> proto::Invitation {
    let etag = etag(tenant, answer.changed_at);
    proto::Invitation { etag, ..to_past_invitation(answer.invitation) }
}

/// An invitation as the log recorded it, without an etag. The hash of its token is not sent.
pub(super) fn to_past_invitation(invitation: Invitation) -> proto::Invitation {
    proto::Invitation {
        id: invitation.id,
        email: invitation.email,
        inviter: Some(to_subject(invitation.inviter)),
        expire_time: Some(to_timestamp(invitation.expires_at)),
        status: to_status(invitation.status).into(),
        create_time: Some(to_timestamp(invitation.created_at)),
        issue_time: Some(to_timestamp(invitation.issued_at)),
        remind_time: invitation.remind_at.map(to_timestamp),
        etag: String::new(),
        accept_time: invitation.acceptance.as_ref().map(|acceptance| to_timestamp(acceptance.at)),
        accepted_by: invitation.acceptance.map(|Acceptance { subject, .. }| to_subject(subject)),
    }
}

fn to_status(status: InvitationStatus) -> proto::InvitationStatus {
    match status {
        InvitationStatus::Pending => proto::InvitationStatus::Pending,
        InvitationStatus::Accepted => proto::InvitationStatus::Accepted,
        InvitationStatus::Revoked => proto::InvitationStatus::Revoked,
        InvitationStatus::Declined => proto::InvitationStatus::Declined,
        InvitationStatus::Expired => proto::InvitationStatus::Expired,
    }
}

fn to_listed(tenant: &str, ListedInvitation { record, offered, failing }: ListedInvitation) -> proto::ListedInvitation {
    let answer = InvitationAnswer { invitation: record.invitation, changed_at: record.changed_at };
    let offer = |(grant, by)| proto::Grant { granted_by: Some(to_granted_by(by)), ..to_grant(grant) };
    proto::ListedInvitation {
        invitation: Some(to_invitation(tenant, answer)),
        display_name: record.display_name,
        grants: offered.into_iter().map(offer).collect(),
        total_grants: to_count(record.grants.len()),
        failing_grants: failing.into_iter().map(to_failed_grant).collect(),
    }
}
