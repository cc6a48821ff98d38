//! Typed clients of the server's services, with one method for each read.

use std::{path::Path, sync::Arc};

use rollcall::proto::{
    BatchCheckRequest, BatchCheckResponse, CheckRequest, CheckResponse, GetInvitationRequest, GetInvitationResponse,
    GetMemberRequest, GetMemberResponse, GetResourceRequest, GetResourceResponse, GetTenantRequest, GetTenantResponse,
    ListActionsRequest, ListActionsResponse, ListChangesRequest, ListChangesResponse, ListInvitationsRequest,
    ListInvitationsResponse, ListMembersRequest, ListMembersResponse, ListResourcesRequest, ListResourcesResponse,
    ListSuppressedAddressesRequest, ListSuppressedAddressesResponse, audit_service_client::AuditServiceClient,
    authorization_service_client::AuthorizationServiceClient, membership_service_client::MembershipServiceClient,
    resource_service_client::ResourceServiceClient, tenant_service_client::TenantServiceClient,
    watch_service_client::WatchServiceClient,
};
use tonic::{Status, transport::Channel};

/// Clients of every service over one connection.
#[derive(Clone)]
pub struct Api {
    pub audit: AuditServiceClient<Channel>,
    pub authorization: AuthorizationServiceClient<Channel>,
    pub membership: MembershipServiceClient<Channel>,
    pub resources: ResourceServiceClient<Channel>,
    pub tenants: TenantServiceClient<Channel>,
    pub watch: WatchServiceClient<Channel>,
    /// The file of the store behind the server, where the test has it at hand.
    pub store: Option<Arc<Path>>,
}

macro_rules! reads {
    ($($method:ident, $client:ident, $request:ident, $response:ident;)*) => {
        impl Api {
            $(pub async fn $method(&self, request: $request) -> Result<$response, Status> {
                Ok(self.$client.clone().$method(request).await?.into_inner())
            })*
        }
    };
}

reads! {
    list_changes, audit, ListChangesRequest, ListChangesResponse;
    check, authorization, CheckRequest, CheckResponse;
    batch_check, authorization, BatchCheckRequest, BatchCheckResponse;
    list_actions, authorization, ListActionsRequest, ListActionsResponse;
    list_resources, authorization, ListResourcesRequest, ListResourcesResponse;
    list_members, membership, ListMembersRequest, ListMembersResponse;
    get_member, membership, GetMemberRequest, GetMemberResponse;
    get_invitation, membership, GetInvitationRequest, GetInvitationResponse;
    list_invitations, membership, ListInvitationsRequest, ListInvitationsResponse;
    list_suppressed_addresses, membership, ListSuppressedAddressesRequest, ListSuppressedAddressesResponse;
    get_resource, resources, GetResourceRequest, GetResourceResponse;
    get_tenant, tenants, GetTenantRequest, GetTenantResponse;
}

impl Api {
    /// Clients over a connection, with no store at hand.
    pub fn new(channel: Channel) -> Self {
        Self {
            audit: AuditServiceClient::new(channel.clone()),
            authorization: AuthorizationServiceClient::new(channel.clone()),
            membership: MembershipServiceClient::new(channel.clone()),
            resources: ResourceServiceClient::new(channel.clone()),
            tenants: TenantServiceClient::new(channel.clone()),
            watch: WatchServiceClient::new(channel),
            store: None,
        }
    }
}
