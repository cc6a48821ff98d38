//! The methods of `MembershipService` about issued invitations, and about email addresses to which nothing may be sent.

use rollcall_engine::{Invitation, InvitationStatus, SuppressedAddress};
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler, MAX_ENUMS, MAX_OPAQUE,
        convert::{
            request_context, resource_key, resource_ref, subject, subject_ref, to_grants, to_subject, to_timestamp,
            to_token,
        },
        reading::{MAX_TEXT, PAGE},
    },
    proto,
    service::{
        DeclineInvitation, Error, InvitationAnswer, ListInvitations, ResendInvitation, RevokeInvitation, SetSuppressed,
        input::Validator,
        ports::{InvitationOrder, InvitationRecord},
    },
};

impl Handler {
    pub(super) async fn decline(
        &self,
        request: &Request<proto::DeclineInvitationRequest>,
    ) -> Result<Response<proto::DeclineInvitationResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        if validator.required("invitation_token", &request.invitation_token) {
            validator.max_bytes("invitation_token", &request.invitation_token, MAX_OPAQUE);
        }
        let email = validator.email("email", &request.email);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = DeclineInvitation { token: request.invitation_token.clone(), email };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::DeclineInvitationResponse {
            invitation: Some(to_invitation(&tenant, written.answer)),
            token: to_token(&tenant, written.revision),
        }))
    }

    pub(super) async fn resend(
        &self,
        request: &Request<proto::ResendInvitationRequest>,
    ) -> Result<Response<proto::ResendInvitationResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        existing(&mut validator, &request.invitation, &request.etag);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = ResendInvitation { invitation: request.invitation.clone(), etag: request.etag.clone() };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::ResendInvitationResponse {
            invitation: Some(to_invitation(&tenant, written.answer.invitation)),
            invitation_token: written.answer.token,
            token: to_token(&tenant, written.revision),
        }))
    }

    pub(super) async fn revoke(
        &self,
        request: &Request<proto::RevokeInvitationRequest>,
    ) -> Result<Response<proto::RevokeInvitationResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        existing(&mut validator, &request.invitation, &request.etag);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = RevokeInvitation { invitation: request.invitation.clone(), etag: request.etag.clone() };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::RevokeInvitationResponse {
            invitation: Some(to_invitation(&tenant, written.answer.invitation)),
            revoked: to_grants(written.answer.revoked),
            token: to_token(&tenant, written.revision),
        }))
    }

    pub(super) async fn one_invitation(
        &self,
        request: &Request<proto::GetInvitationRequest>,
    ) -> Result<Response<proto::GetInvitationResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.id("invitation", &request.invitation);
        validator.finish()?;
        let found = self.service.invitation(&request.tenant, &request.invitation).await?;
        Ok(Response::new(proto::GetInvitationResponse {
            invitation: Some(to_listed(&request.tenant, found.record)),
            token: to_token(&request.tenant, found.revision),
        }))
    }

    pub(super) async fn list_invitations_page(
        &self,
        request: &Request<proto::ListInvitationsRequest>,
    ) -> Result<Response<proto::ListInvitationsResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        validator.max_bytes("text", &request.text, MAX_TEXT);
        let email = (!request.email.is_empty()).then(|| validator.email("email", &request.email));
        if let Some(inviter) = &request.inviter {
            validator.subject("inviter", subject_ref(Some(inviter)));
        }
        if let Some(resource) = &request.resource {
            validator.resource("resource", resource_ref(Some(resource)));
        }
        let list = ListInvitations {
            tenant: request.tenant.clone(),
            statuses: statuses(&mut validator, &request.statuses),
            email,
            inviter: request.inviter.as_ref().map(|inviter| subject(Some(inviter))),
            resource: request.resource.as_ref().map(|resource| resource_key(Some(resource))),
            text: request.text.clone(),
            order: order(&mut validator, request.order_by),
            limit: validator.page_size(request.page_size, PAGE.1, PAGE.0),
            page_token: request.page_token.clone(),
        };
        validator.finish()?;
        let page = self.service.list_invitations(&list).await?;
        Ok(Response::new(proto::ListInvitationsResponse {
            invitations: page.invitations.into_iter().map(|record| to_listed(&request.tenant, record)).collect(),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&request.tenant, page.revision),
        }))
    }

    pub(super) async fn suppress(
        &self,
        request: &Request<proto::SuppressAddressRequest>,
    ) -> Result<Response<proto::SuppressAddressResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let email = validator.email("email", &request.email);
        validator.display_name("detail", &request.detail);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = SetSuppressed { email, detail: Some(request.detail.clone()) };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::SuppressAddressResponse {
            address: Some(to_address(written.answer.address)),
            token: to_token(&tenant, written.revision),
        }))
    }

    pub(super) async fn clear(
        &self,
        request: &Request<proto::ClearAddressRequest>,
    ) -> Result<Response<proto::ClearAddressResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let email = validator.email("email", &request.email);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let written = self.service.write(context, SetSuppressed { email, detail: None }).await?;
        Ok(Response::new(proto::ClearAddressResponse {
            address: Some(to_address(written.answer.address)),
            token: to_token(&tenant, written.revision),
        }))
    }

    pub(super) async fn list_suppressed_page(
        &self,
        request: &Request<proto::ListSuppressedAddressesRequest>,
    ) -> Result<Response<proto::ListSuppressedAddressesResponse>, Status> {
        self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        validator.tenant(&request.tenant);
        let limit = validator.page_size(request.page_size, PAGE.1, PAGE.0);
        validator.finish()?;
        let page = self.service.list_suppressed(&request.tenant, limit, &request.page_token).await?;
        Ok(Response::new(proto::ListSuppressedAddressesResponse {
            addresses: page.addresses.into_iter().map(to_address).collect(),
            next_page_token: page.next.unwrap_or_default(),
            token: to_token(&request.tenant, page.revision),
        }))
    }
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
    let etag = to_token(tenant, answer.changed_at);
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

fn to_listed(tenant: &str, record: InvitationRecord) -> proto::ListedInvitation {
    let answer = InvitationAnswer { invitation: record.invitation, changed_at: record.changed_at };
    let invitation = Some(to_invitation(tenant, answer));
    proto::ListedInvitation { invitation, display_name: record.display_name, grants: to_grants(record.grants) }
}

pub(super) fn to_address(address: SuppressedAddress) -> proto::SuppressedAddress {
    proto::SuppressedAddress {
        email: address.email,
        detail: address.detail,
        create_time: Some(to_timestamp(address.created_at)),
    }
}
