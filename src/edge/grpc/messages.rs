//! What the messages of the contract have in common: the tenant of a request, the fields of every write, the token of an
//! answer.

use prost::Message;

use crate::{proto, service::Right};

/// A request about one tenant.
pub(super) trait TenantRequest {
    /// The right that its caller needs in the tenant, as the contract says.
    const RIGHT: Right;

    fn tenant(&self) -> &str;

    /// In whose name it asks or writes; none for a request that is about nobody, or about several.
    fn spoken_for(&self) -> Option<&proto::Subject>;
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

macro_rules! requests {
    ($($request:ident $response:ident $right:ident $($subject:ident)?,)*) => {
        $(impl TenantRequest for proto::$request {
            const RIGHT: Right = Right::$right;

            fn tenant(&self) -> &str {
                &self.tenant
            }

            fn spoken_for(&self) -> Option<&proto::Subject> {
                $(if let subject @ Some(_) = self.$subject.as_ref() {
                    return subject;
                })?
                None
            }
        }

        impl WithToken for proto::$response {
            fn set_token(&mut self, token: String) {
                self.token = token;
            }
        })*

        /// The requests with the rights that they need, for what holds them against the contract.
        #[cfg(test)]
        const RIGHTS: &[(&str, Right)] = &[$((stringify!($request), <proto::$request>::RIGHT)),*];
    };
}

macro_rules! writes {
    ($($request:ident $response:ident $method:literal $min_request_id:literal,)*) => {
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

requests! {
    AcceptInvitationRequest AcceptInvitationResponse Write actor,
    ArchiveResourceRequest ArchiveResourceResponse Write actor,
    BatchChangeRoleRequest BatchChangeRoleResponse Write actor,
    BatchCheckRequest BatchCheckResponse Read,
    ChangeRoleRequest ChangeRoleResponse Write actor,
    CheckRequest CheckResponse Read subject,
    ClearAddressRequest ClearAddressResponse Operate actor,
    CreateResourceRequest CreateResourceResponse Write actor,
    CreateTenantRequest CreateTenantResponse Operate actor,
    DeactivateMemberRequest DeactivateMemberResponse Write actor,
    DeclineInvitationRequest DeclineInvitationResponse Write actor,
    DeleteResourceRequest DeleteResourceResponse Write actor,
    GetInvitationRequest GetInvitationResponse Read,
    GetMemberRequest GetMemberResponse Read,
    GetResourceRequest GetResourceResponse Read,
    GetTenantRequest GetTenantResponse Read,
    InviteRequest InviteResponse Write actor,
    ListActionsRequest ListActionsResponse Read subject,
    ListChangesRequest ListChangesResponse Audit,
    ListInvitationsRequest ListInvitationsResponse Read,
    ListMembersRequest ListMembersResponse Read,
    ListResourcesRequest ListResourcesResponse Read subject,
    ListSuppressedAddressesRequest ListSuppressedAddressesResponse Read,
    LockMemberRequest LockMemberResponse Write actor,
    MoveResourceRequest MoveResourceResponse Write actor,
    ReactivateMemberRequest ReactivateMemberResponse Write actor,
    RemoveMemberRequest RemoveMemberResponse Write actor,
    ResendInvitationRequest ResendInvitationResponse Write actor,
    RestoreResourceRequest RestoreResourceResponse Write actor,
    RevokeInvitationRequest RevokeInvitationResponse Write actor,
    SetPolicyRequest SetPolicyResponse Operate actor,
    SuppressAddressRequest SuppressAddressResponse Operate actor,
    TransferOwnershipRequest TransferOwnershipResponse Write actor,
    UnlockMemberRequest UnlockMemberResponse Write actor,
    UpdateMemberRequest UpdateMemberResponse Write actor,
    WatchChangesRequest WatchChangesResponse Watch,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_needs_the_right_that_the_contract_says() {
        let of_contract = proto::methods::METHODS.iter().map(|method| (method.request, method.right));
        let of_contract: std::collections::BTreeMap<_, _> = of_contract.collect();
        assert_eq!(of_contract.len(), RIGHTS.len(), "each method has a request of its own");
        for (request, right) in RIGHTS {
            let named = format!("RIGHT_{}", right.name().to_uppercase());
            assert_eq!(of_contract.get(request), Some(&named.as_str()), "{request}");
        }
    }
}
