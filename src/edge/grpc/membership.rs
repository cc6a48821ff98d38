//! `MembershipService`: the writes of members and their roles. Its lists and look-ups of members are in `reading`, and
//! the methods about invitations in `invitation`.

use rollcall_engine::{Subject, kind};
use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{
        Handler, MAX_OPAQUE,
        convert::{expiry, grant, profile, request_context, resource_key, subject, to_grants, to_member, to_token},
        invitation::to_invitation,
    },
    proto::{self, membership_service_server::MembershipService},
    service::{
        AcceptInvitation, ChangeRole, ChangeRoles, Invite, Invitee, InviteeResult, MemberAnswer, RemoveMember,
        RequestContext, SetActive, SetLock, UpdateMember, Who, Write, input::Validator,
    },
};

/// The most invitees, and the most grants, of one `Invite`; and the most changes of one `BatchChangeRole`.
const MAX_INVITEES: usize = 100;
/// The most pairs of an invitee and a grant of one `Invite`.
const MAX_PAIRS: usize = 1000;

#[tonic::async_trait]
impl MembershipService for Handler {
    async fn list_members(
        &self,
        request: Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        self.list_members_page(&request).await
    }

    async fn get_member(
        &self,
        request: Request<proto::GetMemberRequest>,
    ) -> Result<Response<proto::GetMemberResponse>, Status> {
        self.one_member(&request).await
    }

    async fn invite(&self, request: Request<proto::InviteRequest>) -> Result<Response<proto::InviteResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        validator.entry_count("invitees", request.invitees.len(), MAX_INVITEES);
        validator.entry_count("grants", request.grants.len(), MAX_INVITEES);
        validator.pairs("invitees", request.invitees.len() * request.grants.len(), MAX_PAIRS);
        let invitees = request.invitees.iter().take(MAX_INVITEES).enumerate();
        let invitees = invitees.map(|(index, invitee)| to_invitee(&mut validator, index, invitee)).collect();
        let grants = request.grants.iter().take(MAX_INVITEES).enumerate();
        let grants =
            grants.map(|(index, message)| grant(&mut validator, &format!("grants[{index}]"), message)).collect();
        validator.finish()?;
        let tenant = context.tenant.clone();
        let written = self.service.write(context, Invite { invitees, grants }).await?;
        let results = written.answer.results.into_iter().map(|result| to_invite_result(&tenant, result));
        let token = to_token(&tenant, written.revision);
        Ok(Response::new(proto::InviteResponse { results: results.collect(), token }))
    }

    async fn accept_invitation(
        &self,
        request: Request<proto::AcceptInvitationRequest>,
    ) -> Result<Response<proto::AcceptInvitationResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        validator.person("actor", &context.actor);
        if validator.required("invitation_token", &request.invitation_token) {
            validator.max_bytes("invitation_token", &request.invitation_token, MAX_OPAQUE);
        }
        let email = request.profile.as_ref().map_or("", |profile| &profile.email);
        validator.required("profile.email", email);
        let profile = validator.profile("profile", profile(request.profile.as_ref()));
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = AcceptInvitation { token: request.invitation_token.clone(), profile };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::AcceptInvitationResponse {
            member: Some(to_member(&tenant, written.answer.member)),
            grants: to_grants(written.answer.grants),
            token: to_token(&tenant, written.revision),
        }))
    }

    async fn decline_invitation(
        &self,
        request: Request<proto::DeclineInvitationRequest>,
    ) -> Result<Response<proto::DeclineInvitationResponse>, Status> {
        self.decline(&request).await
    }

    async fn resend_invitation(
        &self,
        request: Request<proto::ResendInvitationRequest>,
    ) -> Result<Response<proto::ResendInvitationResponse>, Status> {
        self.resend(&request).await
    }

    async fn revoke_invitation(
        &self,
        request: Request<proto::RevokeInvitationRequest>,
    ) -> Result<Response<proto::RevokeInvitationResponse>, Status> {
        self.revoke(&request).await
    }

    async fn get_invitation(
        &self,
        request: Request<proto::GetInvitationRequest>,
    ) -> Result<Response<proto::GetInvitationResponse>, Status> {
        self.one_invitation(&request).await
    }

    async fn list_invitations(
        &self,
        request: Request<proto::ListInvitationsRequest>,
    ) -> Result<Response<proto::ListInvitationsResponse>, Status> {
        self.list_invitations_page(&request).await
    }

    async fn suppress_address(
        &self,
        request: Request<proto::SuppressAddressRequest>,
    ) -> Result<Response<proto::SuppressAddressResponse>, Status> {
        self.suppress(&request).await
    }

    async fn clear_address(
        &self,
        request: Request<proto::ClearAddressRequest>,
    ) -> Result<Response<proto::ClearAddressResponse>, Status> {
        self.clear(&request).await
    }

    async fn list_suppressed_addresses(
        &self,
        request: Request<proto::ListSuppressedAddressesRequest>,
    ) -> Result<Response<proto::ListSuppressedAddressesResponse>, Status> {
        self.list_suppressed_page(&request).await
    }

    async fn change_role(
        &self,
        request: Request<proto::ChangeRoleRequest>,
    ) -> Result<Response<proto::ChangeRoleResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        let resource = resource_key(request.resource.as_ref());
        validator.resource("resource", resource.as_ref());
        validator.name("role", &request.role);
        validator.max_bytes("from_role", &request.from_role, MAX_OPAQUE);
        let expires_at = expiry(&mut validator, "expire_time", request.expire_time);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let (from, role) = (request.from_role.clone(), request.role.clone());
        let write = ChangeRole { member, resource, from, role, expires_at, etag: request.etag.clone() };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::ChangeRoleResponse {
            member: Some(to_member(&tenant, written.answer.member)),
            previous_role: written.answer.previous_role,
            token: to_token(&tenant, written.revision),
        }))
    }

    async fn batch_change_role(
        &self,
        request: Request<proto::BatchChangeRoleRequest>,
    ) -> Result<Response<proto::BatchChangeRoleResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        validator.entry_count("changes", request.changes.len(), MAX_INVITEES);
        let changes = request.changes.iter().take(MAX_INVITEES).enumerate();
        let changes = changes.map(|(index, change)| role_change(&mut validator, index, change)).collect();
        validator.finish()?;
        let tenant = context.tenant.clone();
        let written = self.service.write(context, ChangeRoles { changes }).await?;
        let results = written.answer.results.into_iter().map(|result| proto::RoleExchanged {
            member: Some(to_member(&tenant, result.member)),
            previous_role: result.previous_role,
        });
        let token = to_token(&tenant, written.revision);
        Ok(Response::new(proto::BatchChangeRoleResponse { results: results.collect(), token }))
    }

    async fn remove_member(
        &self,
        request: Request<proto::RemoveMemberRequest>,
    ) -> Result<Response<proto::RemoveMemberResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        let resource = resource_key(request.resource.as_ref());
        validator.resource("resource", resource.as_ref());
        validator.max_bytes("role", &request.role, MAX_OPAQUE);
        validator.finish()?;
        let tenant = context.tenant.clone();
        let write = RemoveMember { member, resource, role: request.role.clone(), etag: request.etag.clone() };
        let written = self.service.write(context, write).await?;
        Ok(Response::new(proto::RemoveMemberResponse {
            revoked: to_grants(written.answer.revoked),
            token: to_token(&tenant, written.revision),
        }))
    }

    async fn deactivate_member(
        &self,
        request: Request<proto::DeactivateMemberRequest>,
    ) -> Result<Response<proto::DeactivateMemberResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        validator.finish()?;
        let write = SetActive { member, active: false, etag: request.etag.clone() };
        let (member, token) = self.written_member(context, write).await?;
        Ok(Response::new(proto::DeactivateMemberResponse { member: Some(member), token }))
    }

    async fn reactivate_member(
        &self,
        request: Request<proto::ReactivateMemberRequest>,
    ) -> Result<Response<proto::ReactivateMemberResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        validator.finish()?;
        let write = SetActive { member, active: true, etag: request.etag.clone() };
        let (member, token) = self.written_member(context, write).await?;
        Ok(Response::new(proto::ReactivateMemberResponse { member: Some(member), token }))
    }

    async fn lock_member(
        &self,
        request: Request<proto::LockMemberRequest>,
    ) -> Result<Response<proto::LockMemberResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        validator.finish()?;
        let write = SetLock { member, locked: true, etag: request.etag.clone() };
        let (member, token) = self.written_member(context, write).await?;
        Ok(Response::new(proto::LockMemberResponse { member: Some(member), token }))
    }

    async fn unlock_member(
        &self,
        request: Request<proto::UnlockMemberRequest>,
    ) -> Result<Response<proto::UnlockMemberResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        validator.finish()?;
        let write = SetLock { member, locked: false, etag: request.etag.clone() };
        let (member, token) = self.written_member(context, write).await?;
        Ok(Response::new(proto::UnlockMemberResponse { member: Some(member), token }))
    }

    async fn update_member(
        &self,
        request: Request<proto::UpdateMemberRequest>,
    ) -> Result<Response<proto::UpdateMemberResponse>, Status> {
        let caller = self.callers.identify(request.metadata())?;
        let request = request.get_ref();
        let mut validator = Validator::default();
        let context = request_context(&mut validator, caller, request);
        let member = existing(&mut validator, "", request.member.as_ref(), &request.etag);
        if request.profile.is_none() {
            // A forgotten profile must not clear the one that is there.
            validator.required("profile", "");
        }
        let profile = validator.profile("profile", profile(request.profile.as_ref()));
        validator.finish()?;
        let (member, token) =
            self.written_member(context, UpdateMember { member, profile, etag: request.etag.clone() }).await?;
        Ok(Response::new(proto::UpdateMemberResponse { member: Some(member), token }))
    }
}

impl Handler {
    /// Executes a write that returns a member, and converts the member and the token.
    async fn written_member<W>(&self, context: RequestContext, write: W) -> Result<(proto::Member, String), Status>
    where
        W: Write<Answer = MemberAnswer>,
    {
        let tenant = context.tenant.clone();
        let written = self.service.write(context, write).await?;
        Ok((to_member(&tenant, written.answer), to_token(&tenant, written.revision)))
    }
}

/// Reads the member that a write is about, and validates the etag. `prefix` is put before the paths of both fields:
/// empty, or the path of a list's item with a dot.
fn existing(validator: &mut Validator, prefix: &str, member: Option<&proto::Subject>, etag: &str) -> Subject {
    let member = subject(member);
    validator.max_bytes(&format!("{prefix}etag"), etag, MAX_OPAQUE);
    // An invited member's id is the email, which may be longer than other ids and is stored normalised.
    if member.kind == kind::EMAIL {
        return Subject::email(validator.email(&format!("{prefix}member.id"), &member.id));
    }
    validator.subject(&format!("{prefix}member"), member.as_ref());
    member
}

fn role_change(validator: &mut Validator, index: usize, change: &proto::RoleExchange) -> ChangeRole {
    let field = format!("changes[{index}]");
    let member = existing(validator, &format!("{field}."), change.member.as_ref(), &change.etag);
    let resource = resource_key(change.resource.as_ref());
    validator.resource(&format!("{field}.resource"), resource.as_ref());
    validator.name(&format!("{field}.role"), &change.role);
    validator.max_bytes(&format!("{field}.from_role"), &change.from_role, MAX_OPAQUE);
    let expires_at = expiry(validator, &format!("{field}.expire_time"), change.expire_time);
    let (from, role, etag) = (change.from_role.clone(), change.role.clone(), change.etag.clone());
    ChangeRole { member, resource, from, role, expires_at, etag }
}

fn to_invitee(validator: &mut Validator, index: usize, invitee: &proto::Invitee) -> Invitee {
    use proto::invitee::Who as Named;
    let field = format!("invitees[{index}]");
    validator.display_name(&format!("{field}.display_name"), &invitee.display_name);
    let who = match &invitee.who {
        Some(Named::Email(email)) => Who::Email(validator.email(&format!("{field}.email"), email)),
        Some(Named::Subject(named)) if named.r#type == kind::EMAIL => {
            Who::Email(validator.email(&format!("{field}.subject.id"), &named.id))
        }
        Some(Named::Subject(named)) => {
            let named = subject(Some(named));
            validator.person(&format!("{field}.subject"), &named);
            Who::Member(named)
        }
        None => {
            validator.required(&field, "");
            Who::Email(String::new())
        }
    };
    Invitee { who, display_name: invitee.display_name.clone() }
}

fn to_invite_result(tenant: &str, result: InviteeResult) -> proto::InviteResult {
    let invited = result.issued.is_some();
    let outcome = if invited { proto::InviteOutcome::Invited } else { proto::InviteOutcome::Added };
    let token = result.issued.as_ref().map_or(String::new(), |issued| issued.token.clone());
    proto::InviteResult {
        outcome: outcome.into(),
        member: Some(to_member(tenant, result.member)),
        grants: to_grants(result.grants),
        invitation: result.issued.map(|issued| to_invitation(tenant, issued.invitation)),
        invitation_token: token,
    }
}
