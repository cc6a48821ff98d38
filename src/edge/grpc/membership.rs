//! `MembershipService`. What its writes read and answer is in `members` and `invitation`, its lists and look-ups in
//! `reading` and `invitation`.

use tonic::{Request, Response, Status};

use crate::{
    edge::grpc::{Handler, address, convert::to_member, invitation, members, reading},
    proto::{self, membership_service_server::MembershipService},
    service::{SetActive, SetLock},
};

#[tonic::async_trait]
impl MembershipService for Handler {
    async fn list_members(
        &self,
        request: Request<proto::ListMembersRequest>,
    ) -> Result<Response<proto::ListMembersResponse>, Status> {
        self.question(&request, reading::list, reading::list_members).await
    }

    async fn get_member(
        &self,
        request: Request<proto::GetMemberRequest>,
    ) -> Result<Response<proto::GetMemberResponse>, Status> {
        self.question(&request, reading::one, reading::get_member).await
    }

    async fn invite(&self, request: Request<proto::InviteRequest>) -> Result<Response<proto::InviteResponse>, Status> {
        self.write(&request, members::invite, members::invited).await
    }

    async fn accept_invitation(
        &self,
        request: Request<proto::AcceptInvitationRequest>,
    ) -> Result<Response<proto::AcceptInvitationResponse>, Status> {
        self.write(&request, members::accept, members::accepted).await
    }

    async fn decline_invitation(
        &self,
        request: Request<proto::DeclineInvitationRequest>,
    ) -> Result<Response<proto::DeclineInvitationResponse>, Status> {
        self.write(&request, invitation::decline, invitation::declined).await
    }

    async fn resend_invitation(
        &self,
        request: Request<proto::ResendInvitationRequest>,
    ) -> Result<Response<proto::ResendInvitationResponse>, Status> {
        self.write(&request, invitation::resend, invitation::resent).await
    }

    async fn revoke_invitation(
        &self,
        request: Request<proto::RevokeInvitationRequest>,
    ) -> Result<Response<proto::RevokeInvitationResponse>, Status> {
        self.write(&request, invitation::revoke, invitation::revoked).await
    }

    async fn get_invitation(
        &self,
        request: Request<proto::GetInvitationRequest>,
    ) -> Result<Response<proto::GetInvitationResponse>, Status> {
        self.question(&request, invitation::one, invitation::get_invitation).await
    }

    async fn list_invitations(
        &self,
        request: Request<proto::ListInvitationsRequest>,
    ) -> Result<Response<proto::ListInvitationsResponse>, Status> {
        self.question(&request, invitation::list, invitation::list_invitations).await
    }

    async fn suppress_address(
        &self,
        request: Request<proto::SuppressAddressRequest>,
    ) -> Result<Response<proto::SuppressAddressResponse>, Status> {
        self.write(&request, address::suppress, address::suppressed).await
    }

    async fn clear_address(
        &self,
        request: Request<proto::ClearAddressRequest>,
    ) -> Result<Response<proto::ClearAddressResponse>, Status> {
        self.write(&request, address::clear, address::cleared).await
    }

    async fn list_suppressed_addresses(
        &self,
        request: Request<proto::ListSuppressedAddressesRequest>,
    ) -> Result<Response<proto::ListSuppressedAddressesResponse>, Status> {
        self.question(&request, address::list, address::list_suppressed_addresses).await
    }

    async fn change_role(
        &self,
        request: Request<proto::ChangeRoleRequest>,
    ) -> Result<Response<proto::ChangeRoleResponse>, Status> {
        self.write(&request, members::change_role, members::changed_role).await
    }

    async fn batch_change_role(
        &self,
        request: Request<proto::BatchChangeRoleRequest>,
    ) -> Result<Response<proto::BatchChangeRoleResponse>, Status> {
        self.write(&request, members::change_roles, members::changed_roles).await
    }

    async fn remove_member(
        &self,
        request: Request<proto::RemoveMemberRequest>,
    ) -> Result<Response<proto::RemoveMemberResponse>, Status> {
        self.write(&request, members::remove, members::removed).await
    }

    async fn deactivate_member(
        &self,
        request: Request<proto::DeactivateMemberRequest>,
    ) -> Result<Response<proto::DeactivateMemberResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let member = members::existing(validator, "", request.member.as_ref(), &request.etag);
                SetActive { member, active: false, etag: request.etag.clone() }
            },
            |tenant, answer| proto::DeactivateMemberResponse {
                member: Some(to_member(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn reactivate_member(
        &self,
        request: Request<proto::ReactivateMemberRequest>,
    ) -> Result<Response<proto::ReactivateMemberResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let member = members::existing(validator, "", request.member.as_ref(), &request.etag);
                SetActive { member, active: true, etag: request.etag.clone() }
            },
            |tenant, answer| proto::ReactivateMemberResponse {
                member: Some(to_member(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn lock_member(
        &self,
        request: Request<proto::LockMemberRequest>,
    ) -> Result<Response<proto::LockMemberResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let member = members::existing(validator, "", request.member.as_ref(), &request.etag);
                SetLock { member, locked: true, etag: request.etag.clone() }
            },
            |tenant, answer| proto::LockMemberResponse {
                member: Some(to_member(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn unlock_member(
        &self,
        request: Request<proto::UnlockMemberRequest>,
    ) -> Result<Response<proto::UnlockMemberResponse>, Status> {
        self.write(
            &request,
            |validator, request| {
                let member = members::existing(validator, "", request.member.as_ref(), &request.etag);
                SetLock { member, locked: false, etag: request.etag.clone() }
            },
            |tenant, answer| proto::UnlockMemberResponse {
                member: Some(to_member(tenant, answer)),
                ..Default::default()
            },
        )
        .await
    }

    async fn update_member(
        &self,
        request: Request<proto::UpdateMemberRequest>,
    ) -> Result<Response<proto::UpdateMemberResponse>, Status> {
        self.write(&request, members::update, members::updated).await
    }
}
