//! What the request messages of all writes have in common, and the name of each method.

use prost::Message;

use crate::proto;

/// The request message of a write.
pub(super) trait WriteRequest: Message {
    /// The method's name in the contract. It goes into the digest by which a retry is known, so it never changes.
    const METHOD: &'static str;

    fn tenant(&self) -> &str;
    fn actor(&self) -> Option<&proto::Subject>;
    fn request_id(&self) -> &str;
    fn validate_only(&self) -> bool;
}

macro_rules! write_requests {
    ($($message:ident $method:literal,)*) => {
        $(impl WriteRequest for proto::$message {
            const METHOD: &'static str = $method;

            fn tenant(&self) -> &str {
                &self.tenant
            }

            fn actor(&self) -> Option<&proto::Subject> {
                self.actor.as_ref()
            }

            fn request_id(&self) -> &str {
                &self.request_id
            }

            fn validate_only(&self) -> bool {
                self.validate_only
            }
        })*
    };
}

write_requests! {
    AcceptInvitationRequest "AcceptInvitation",
    ArchiveResourceRequest "ArchiveResource",
    BatchChangeRoleRequest "BatchChangeRole",
    ChangeRoleRequest "ChangeRole",
    ClearAddressRequest "ClearAddress",
    CreateResourceRequest "CreateResource",
    CreateTenantRequest "CreateTenant",
    DeactivateMemberRequest "DeactivateMember",
    DeclineInvitationRequest "DeclineInvitation",
    DeleteResourceRequest "DeleteResource",
    InviteRequest "Invite",
    LockMemberRequest "LockMember",
    MoveResourceRequest "MoveResource",
    ReactivateMemberRequest "ReactivateMember",
    RemoveMemberRequest "RemoveMember",
    ResendInvitationRequest "ResendInvitation",
    RestoreResourceRequest "RestoreResource",
    RevokeInvitationRequest "RevokeInvitation",
    SetPolicyRequest "SetPolicy",
    SuppressAddressRequest "SuppressAddress",
    TransferOwnershipRequest "TransferOwnership",
    UnlockMemberRequest "UnlockMember",
    UpdateMemberRequest "UpdateMember",
}
