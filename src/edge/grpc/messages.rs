//! What the messages of the contract have in common: the tenant of a request, the fields of every write, the token of an
//! answer.

use prost::Message;

use crate::proto;

/// A request about one tenant.
pub(super) trait TenantRequest {
    fn tenant(&self) -> &str;
}

/// An answer that carries the token of the revision it was made at.
pub(super) trait WithToken {
    fn set_token(&mut self, token: String);
}

/// The request message of a write.
pub(super) trait WriteRequest: TenantRequest + Message {
    /// The method's name in the contract. It goes into the digest by which a retry is known, so it never changes.
    const METHOD: &'static str;
    /// The fewest bytes of a request id, where there is one: invitation tokens must not be guessed from it.
    const MIN_REQUEST_ID: usize;
    /// The answer.
    type Response: WriteResponse;

    fn actor(&self) -> Option<&proto::Subject>;
    fn request_id(&self) -> &str;
    fn validate_only(&self) -> bool;
    fn explain(&self) -> bool;
    fn reason(&self) -> &str;
    fn impersonator(&self) -> Option<&proto::Subject>;
}

/// The answer of a write.
pub(super) trait WriteResponse: WithToken + Default {
    /// The answer of a dry run that explains why the write would be refused: `total` refusals, the first of them whole.
    fn refused(total: u32, refusals: Vec<proto::Refusal>) -> Self;
}

macro_rules! questions {
    ($($request:ident $response:ident,)*) => {
        $(impl TenantRequest for proto::$request {
            fn tenant(&self) -> &str {
                &self.tenant
            }
        }

        impl WithToken for proto::$response {
            fn set_token(&mut self, token: String) {
                self.token = token;
            }
        })*
    };
}

macro_rules! writes {
    ($($request:ident $response:ident $method:literal $min_request_id:literal,)*) => {
        questions! { $($request $response,)* }

        $(impl WriteRequest for proto::$request {
            const METHOD: &'static str = $method;
            const MIN_REQUEST_ID: usize = $min_request_id;
            type Response = proto::$response;

            fn actor(&self) -> Option<&proto::Subject> {
                self.actor.as_ref()
            }

            fn request_id(&self) -> &str {
                &self.request_id
            }

            fn validate_only(&self) -> bool {
                self.validate_only
            }

            fn explain(&self) -> bool {
                self.explain
            }

            fn reason(&self) -> &str {
                &self.reason
            }

            fn impersonator(&self) -> Option<&proto::Subject> {
                self.impersonator.as_ref()
            }
        }

        impl WriteResponse for proto::$response {
            fn refused(total: u32, refusals: Vec<proto::Refusal>) -> Self {
                Self { total_refusals: total, refusals, ..Self::default() }
            }
        })*
    };
}

questions! {
    BatchCheckRequest BatchCheckResponse,
    CheckRequest CheckResponse,
    GetInvitationRequest GetInvitationResponse,
    GetMemberRequest GetMemberResponse,
    GetResourceRequest GetResourceResponse,
    GetTenantRequest GetTenantResponse,
    ListActionsRequest ListActionsResponse,
    ListChangesRequest ListChangesResponse,
    ListInvitationsRequest ListInvitationsResponse,
    ListMembersRequest ListMembersResponse,
    ListResourcesRequest ListResourcesResponse,
    ListSuppressedAddressesRequest ListSuppressedAddressesResponse,
    WatchChangesRequest WatchChangesResponse,
}

writes! {
    AcceptInvitationRequest AcceptInvitationResponse "AcceptInvitation" 1,
    ArchiveResourceRequest ArchiveResourceResponse "ArchiveResource" 1,
    BatchChangeRoleRequest BatchChangeRoleResponse "BatchChangeRole" 1,
    ChangeRoleRequest ChangeRoleResponse "ChangeRole" 1,
    ClearAddressRequest ClearAddressResponse "ClearAddress" 1,
    CreateResourceRequest CreateResourceResponse "CreateResource" 1,
    CreateTenantRequest CreateTenantResponse "CreateTenant" 1,
    DeactivateMemberRequest DeactivateMemberResponse "DeactivateMember" 1,
    DeclineInvitationRequest DeclineInvitationResponse "DeclineInvitation" 1,
    DeleteResourceRequest DeleteResourceResponse "DeleteResource" 1,
    InviteRequest InviteResponse "Invite" 16,
    LockMemberRequest LockMemberResponse "LockMember" 1,
    MoveResourceRequest MoveResourceResponse "MoveResource" 1,
    ReactivateMemberRequest ReactivateMemberResponse "ReactivateMember" 1,
    RemoveMemberRequest RemoveMemberResponse "RemoveMember" 1,
    ResendInvitationRequest ResendInvitationResponse "ResendInvitation" 16,
    RestoreResourceRequest RestoreResourceResponse "RestoreResource" 1,
    RevokeInvitationRequest RevokeInvitationResponse "RevokeInvitation" 1,
    SetPolicyRequest SetPolicyResponse "SetPolicy" 1,
    SuppressAddressRequest SuppressAddressResponse "SuppressAddress" 1,
    TransferOwnershipRequest TransferOwnershipResponse "TransferOwnership" 1,
    UnlockMemberRequest UnlockMemberResponse "UnlockMember" 1,
    UpdateMemberRequest UpdateMemberResponse "UpdateMember" 1,
}
