//! The gRPC protocol: validates requests, calls the service, and converts results and errors to Protobuf.

mod address;
mod admission;
mod audit;
mod authorization;
mod change;
mod convert;
mod deadline;
mod handler;
mod invitation;
mod limits;
mod members;
mod membership;
mod messages;
mod metered;
mod protocol;
mod question;
mod reading;
mod resource;
mod tenant;
mod timed;
mod trace;
mod watch;

use tonic::service::Routes;

use crate::proto::{
    audit_service_server::AuditServiceServer, authorization_service_server::AuthorizationServiceServer,
    membership_service_server::MembershipServiceServer, resource_service_server::ResourceServiceServer,
    tenant_service_server::TenantServiceServer, watch_service_server::WatchServiceServer,
};

pub use admission::{AdmissionLayer, PUBLIC_BYTES};
pub use handler::Handler;
pub use limits::TransportLimits;

/// The most values of a list of enum values.
const MAX_ENUMS: usize = 128;
/// The most bytes of an etag, an invitation token or a role's name in a request. Those that the server makes are
/// shorter.
const MAX_OPAQUE: usize = 256;

/// The names of the services, as health checks ask for them.
pub const SERVICES: [&str; 6] = [
    tonic_name::<AuditServiceServer<Handler>>(),
    tonic_name::<AuthorizationServiceServer<Handler>>(),
    tonic_name::<MembershipServiceServer<Handler>>(),
    tonic_name::<ResourceServiceServer<Handler>>(),
    tonic_name::<TenantServiceServer<Handler>>(),
    tonic_name::<WatchServiceServer<Handler>>(),
];

const fn tonic_name<S: tonic::server::NamedService>() -> &'static str {
    S::NAME
}

impl Handler {
    /// Adds every service to `routes`. A request message may have at most `request_bytes` bytes, which the admission has
    /// seen to already.
    pub fn add_to(&self, routes: Routes, request_bytes: usize) -> Routes {
        let this = || self.clone();
        routes
            .add_service(AuditServiceServer::new(this()).max_decoding_message_size(request_bytes))
            .add_service(AuthorizationServiceServer::new(this()).max_decoding_message_size(request_bytes))
            .add_service(MembershipServiceServer::new(this()).max_decoding_message_size(request_bytes))
            .add_service(ResourceServiceServer::new(this()).max_decoding_message_size(request_bytes))
            .add_service(TenantServiceServer::new(this()).max_decoding_message_size(request_bytes))
            .add_service(WatchServiceServer::new(this()).max_decoding_message_size(request_bytes))
    }
}
