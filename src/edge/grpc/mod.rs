//! The wire: requests are checked and turned into the service's own words, answers and errors back into Protobuf.

mod admission;
mod audit;
mod authorization;
mod caller;
mod change;
mod connection;
mod convert;
mod invitation;
mod membership;
mod metered;
mod reading;
mod resource;
mod status;
mod tenant;
mod watch;

use std::sync::Arc;

use tonic::service::Routes;

use crate::{
    proto::{
        audit_service_server::AuditServiceServer, authorization_service_server::AuthorizationServiceServer,
        membership_service_server::MembershipServiceServer, resource_service_server::ResourceServiceServer,
        tenant_service_server::TenantServiceServer, watch_service_server::WatchServiceServer,
    },
    service::Service,
};

pub use admission::AdmissionLayer;
pub use caller::Callers;
pub use connection::Connection;

/// The most values that a list of values of an enum may have.
const MAX_ENUMS: usize = 128;
/// A token or etag of this service is shorter than this.
const MAX_OPAQUE: usize = 256;

/// The parts of a request that every write has, in the order in which [`call`] takes them.
macro_rules! common {
    ($request:expr) => {
        (&$request.tenant, $request.actor.as_ref(), &$request.request_id, $request.validate_only)
    };
}

pub(crate) use common;

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

/// Answers the RPCs of every service.
#[derive(Clone)]
pub struct Handler {
    service: Arc<Service>,
    callers: Arc<Callers>,
}

impl Handler {
    /// Answers from `service`, to `callers`.
    pub fn new(service: Arc<Service>, callers: Arc<Callers>) -> Self {
        Self { service, callers }
    }

    /// Adds every service to `routes`; a request may be `request_bytes` long.
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
