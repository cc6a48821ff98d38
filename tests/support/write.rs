//! Every write of the API as one type, and every response to one as another.

use rollcall::proto::{
    AcceptInvitationRequest, AcceptInvitationResponse, ArchiveResourceRequest, ArchiveResourceResponse,
    BatchChangeRoleRequest, BatchChangeRoleResponse, ChangeRoleRequest, ChangeRoleResponse, ClearAddressRequest,
    ClearAddressResponse, CreateResourceRequest, CreateResourceResponse, CreateTenantRequest, CreateTenantResponse,
    DeactivateMemberRequest, DeactivateMemberResponse, DeclineInvitationRequest, DeclineInvitationResponse,
    DeleteResourceRequest, DeleteResourceResponse, Invitation, InviteRequest, InviteResponse, LockMemberRequest,
    LockMemberResponse, Member, MoveResourceRequest, MoveResourceResponse, ReactivateMemberRequest,
    ReactivateMemberResponse, RemoveMemberRequest, RemoveMemberResponse, ResendInvitationRequest,
    ResendInvitationResponse, Resource, RestoreResourceRequest, RestoreResourceResponse, RevokeInvitationRequest,
    RevokeInvitationResponse, SetPolicyRequest, SetPolicyResponse, SuppressAddressRequest, SuppressAddressResponse,
    TransferOwnershipRequest, TransferOwnershipResponse, UnlockMemberRequest, UnlockMemberResponse,
    UpdateMemberRequest, UpdateMemberResponse,
};
use tonic::Status;

use super::{Api, tokens::revision_of};

macro_rules! writes {
    ($($method:ident, $kind:ident, $client:ident, $request:ident, $response:ident;)*) => {
        /// A request of any write.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "few exist at a time")]
        pub enum Write {
            $($kind($request),)*
        }

        /// The response to a [`Write`].
        #[derive(Clone, Debug, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "few exist at a time")]
        pub enum Answer {
            $($kind($response),)*
        }

        /// The RPC of a [`Write`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $($kind,)*
        }

        impl Kind {
            /// Every kind, in the order of their list.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];
        }

        impl Write {
            /// The same write as a dry run.
            #[must_use]
            pub fn dry(mut self) -> Self {
                match &mut self {
                    $(Self::$kind(request) => request.validate_only = true,)*
                }
                self
            }

            /// The same write under a request id.
            #[must_use]
            pub fn under(mut self, id: &str) -> Self {
                match &mut self {
                    $(Self::$kind(request) => request.request_id = id.into(),)*
                }
                self
            }

            /// The same write with a reason for the log.
            #[must_use]
            pub fn because(mut self, reason: &str) -> Self {
                match &mut self {
                    $(Self::$kind(request) => request.reason = reason.into(),)*
                }
                self
            }

            /// The RPC that it is for.
            pub fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// The tenant that it is for.
            pub fn tenant(&self) -> &str {
                match self {
                    $(Self::$kind(request) => &request.tenant,)*
                }
            }
        }

        impl Answer {
            /// The token of the revision that the write made.
            pub fn token(&self) -> &str {
                match self {
                    $(Self::$kind(answer) => &answer.token,)*
                }
            }

            fn token_mut(&mut self) -> &mut String {
                match self {
                    $(Self::$kind(answer) => &mut answer.token,)*
                }
            }

            $(pub fn $method(self) -> $response {
                let Self::$kind(answer) = self else { panic!("the response is another write's: {self:?}") };
                answer
            })*
        }

        impl Api {
            /// Sends a write to the service that it belongs to.
            pub async fn write(&self, write: Write) -> Result<Answer, Status> {
                match write {
                    $(Write::$kind(request) => {
                        let answer = self.$client.clone().$method(request).await?;
                        Ok(Answer::$kind(answer.into_inner()))
                    })*
                }
            }
        }

        $(impl From<$request> for Write {
            fn from(request: $request) -> Self {
                Self::$kind(request)
            }
        })*
    };
}

writes! {
    create_tenant, CreateTenant, tenants, CreateTenantRequest, CreateTenantResponse;
    set_policy, SetPolicy, tenants, SetPolicyRequest, SetPolicyResponse;
    create_resource, CreateResource, resources, CreateResourceRequest, CreateResourceResponse;
    archive_resource, ArchiveResource, resources, ArchiveResourceRequest, ArchiveResourceResponse;
    restore_resource, RestoreResource, resources, RestoreResourceRequest, RestoreResourceResponse;
    delete_resource, DeleteResource, resources, DeleteResourceRequest, DeleteResourceResponse;
    move_resource, MoveResource, resources, MoveResourceRequest, MoveResourceResponse;
    transfer_ownership, TransferOwnership, resources, TransferOwnershipRequest, TransferOwnershipResponse;
    invite, Invite, membership, InviteRequest, InviteResponse;
    accept_invitation, AcceptInvitation, membership, AcceptInvitationRequest, AcceptInvitationResponse;
    decline_invitation, DeclineInvitation, membership, DeclineInvitationRequest, DeclineInvitationResponse;
    resend_invitation, ResendInvitation, membership, ResendInvitationRequest, ResendInvitationResponse;
    revoke_invitation, RevokeInvitation, membership, RevokeInvitationRequest, RevokeInvitationResponse;
    suppress_address, SuppressAddress, membership, SuppressAddressRequest, SuppressAddressResponse;
    clear_address, ClearAddress, membership, ClearAddressRequest, ClearAddressResponse;
    change_role, ChangeRole, membership, ChangeRoleRequest, ChangeRoleResponse;
    batch_change_role, BatchChangeRole, membership, BatchChangeRoleRequest, BatchChangeRoleResponse;
    remove_member, RemoveMember, membership, RemoveMemberRequest, RemoveMemberResponse;
    deactivate_member, DeactivateMember, membership, DeactivateMemberRequest, DeactivateMemberResponse;
    reactivate_member, ReactivateMember, membership, ReactivateMemberRequest, ReactivateMemberResponse;
    lock_member, LockMember, membership, LockMemberRequest, LockMemberResponse;
    unlock_member, UnlockMember, membership, UnlockMemberRequest, UnlockMemberResponse;
    update_member, UpdateMember, membership, UpdateMemberRequest, UpdateMemberResponse;
}

impl Write {
    /// The same write, whose roles end at `end`.
    ///
    /// # Panics
    ///
    /// For a write other than an invitation or a change of one role.
    #[must_use]
    pub fn until(mut self, end: prost_types::Timestamp) -> Self {
        match &mut self {
            Self::Invite(request) => {
                let grants = request.invitees.iter_mut().flat_map(|invitee| &mut invitee.grants);
                grants.for_each(|grant| grant.expire_time = Some(end));
            }
            Self::ChangeRole(request) => request.expire_time = Some(end),
            other => panic!("{other:?} gives no role"),
        }
        self
    }
}

impl Answer {
    /// The revision that the write made.
    pub fn revision(&self) -> i64 {
        revision_of(self.token())
    }

    /// The response without what a dry run can't know: tokens, etags, ids that the write makes, times.
    #[must_use]
    pub fn settled(mut self) -> Self {
        self.token_mut().clear();
        match &mut self {
            Self::CreateTenant(answer) => {
                answer.tenant.iter_mut().for_each(|tenant| tenant.create_time = None);
                answer.first_member.iter_mut().for_each(settle);
            }
            Self::CreateResource(answer) => answer.resource.iter_mut().for_each(settle_resource),
            Self::ArchiveResource(answer) => answer.resource.iter_mut().for_each(settle_resource),
            Self::RestoreResource(answer) => answer.resource.iter_mut().for_each(settle_resource),
            Self::MoveResource(answer) => answer.resource.iter_mut().for_each(settle_resource),
            Self::TransferOwnership(answer) => answer.resource.iter_mut().for_each(settle_resource),
            Self::Invite(answer) => {
                for result in &mut answer.results {
                    result.invitation_token.clear();
                    result.member.iter_mut().for_each(settle);
                    if let Some(invitation) = &mut result.invitation {
                        invitation.id.clear();
                        invitation.create_time = None;
                        settle_invitation(invitation);
                    }
                }
            }
            Self::ResendInvitation(answer) => {
                answer.invitation_token.clear();
                answer.invitation.iter_mut().for_each(settle_invitation);
            }
            Self::RevokeInvitation(answer) => answer.invitation.iter_mut().for_each(settle_invitation),
            Self::DeclineInvitation(answer) => answer.invitation.iter_mut().for_each(settle_invitation),
            Self::SuppressAddress(answer) => answer.address.iter_mut().for_each(|address| address.create_time = None),
            Self::AcceptInvitation(answer) => answer.member.iter_mut().for_each(settle),
            Self::ChangeRole(answer) => answer.member.iter_mut().for_each(settle),
            Self::BatchChangeRole(answer) => {
                answer.results.iter_mut().filter_map(|result| result.member.as_mut()).for_each(settle);
            }
            Self::DeactivateMember(answer) => answer.member.iter_mut().for_each(settle),
            Self::ReactivateMember(answer) => answer.member.iter_mut().for_each(settle),
            Self::LockMember(answer) => answer.member.iter_mut().for_each(settle),
            Self::UnlockMember(answer) => answer.member.iter_mut().for_each(settle),
            Self::UpdateMember(answer) => answer.member.iter_mut().for_each(settle),
            Self::SetPolicy(_) | Self::RemoveMember(_) | Self::DeleteResource(_) | Self::ClearAddress(_) => {}
        }
        self
    }
}

fn settle_resource(resource: &mut Resource) {
    resource.create_time = None;
    resource.etag.clear();
}

fn settle(member: &mut Member) {
    member.etag.clear();
    member.create_time = None;
    // The id of somebody invited is made up anew each time.
    member.subject.iter_mut().filter(|subject| subject.r#type == "invited").for_each(|subject| subject.id.clear());
}

fn settle_invitation(invitation: &mut Invitation) {
    invitation.etag.clear();
    invitation.issue_time = None;
    invitation.expire_time = None;
    invitation.remind_time = None;
}
