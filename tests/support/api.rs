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
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::Channel,
};

/// A connection with the key that its calls send.
pub type Transport = InterceptedService<Channel, Key>;

/// The `authorization` header of every call; none for anonymous ones.
#[derive(Clone, Default)]
pub struct Key(Option<MetadataValue<Ascii>>);

impl Interceptor for Key {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

/// Clients of every service over one connection.
#[derive(Clone)]
pub struct Api {
    pub audit: AuditServiceClient<Transport>,
    pub authorization: AuthorizationServiceClient<Transport>,
    pub membership: MembershipServiceClient<Transport>,
    pub resources: ResourceServiceClient<Transport>,
    pub tenants: TenantServiceClient<Transport>,
    pub watch: WatchServiceClient<Transport>,
    /// The connection below them.
    pub channel: Channel,
    /// The url of the store behind the server, where the test has it at hand.
    pub store: Option<Arc<str>>,
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
    /// Clients over a connection, without a key and with no store at hand.
    pub fn new(channel: Channel) -> Self {
        Self::over(channel, Key::default())
    }

    /// The same clients, which send a key.
    pub fn with_key(&self, key: &str) -> Self {
        let header = format!("Bearer {key}").parse().expect("a header's value");
        Self { store: self.store.clone(), ..Self::over(self.channel.clone(), Key(Some(header))) }
    }

    fn over(channel: Channel, key: Key) -> Self {
        let transport = InterceptedService::new(channel.clone(), key);
        Self {
            audit: AuditServiceClient::new(transport.clone()),
            authorization: AuthorizationServiceClient::new(transport.clone()),
            membership: MembershipServiceClient::new(transport.clone()),
            resources: ResourceServiceClient::new(transport.clone()),
            tenants: TenantServiceClient::new(transport.clone()),
            watch: WatchServiceClient::new(transport),
            channel,
            store: None,
        }
    }
}
