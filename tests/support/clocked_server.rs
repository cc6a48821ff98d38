//! The service over gRPC in this process, on a real store, with a clock that the test sets.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use rollcall::{
    edge::{
        grpc::Handler,
        identity::{CallerBook, Callers, IdentityLayer},
    },
    service::Service,
};
use rollcall_engine::Policy;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    service::Routes,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};

use super::{
    Api,
    clock::{self, ManualClock},
};

/// The largest request message, in bytes.
const REQUEST_BYTES: usize = 1 << 20;

/// A service that answers anybody, operators included, on a port of its own. It ends when it is dropped.
pub struct ClockedServer {
    /// Its clock, which begins at 0, if it is served with one that a test sets.
    pub clock: Arc<ManualClock>,
    /// What it serves, for what no RPC asks for.
    pub service: Arc<Service>,
    address: SocketAddr,
    running: JoinHandle<()>,
}

impl ClockedServer {
    /// Serves the store in `dir`, whose tenants run one of these policies. Nothing is swept unless the test asks for it.
    pub async fn start(dir: &Path, policies: &[Arc<Policy>]) -> Self {
        let (store, clock) = (Arc::new(clock::store_in(dir).await), Arc::new(ManualClock::default()));
        let service = clock::service(&store, &clock, policies).await;
        let mut served = Self::serve(service).await;
        served.clock = clock;
        served
    }

    /// Serves a service to everybody.
    pub async fn serve(service: Service) -> Self {
        Self::serve_to(service, CallerBook::anyone(true)).await
    }

    /// Serves a service to these callers.
    pub async fn serve_to(service: Service, callers: CallerBook) -> Self {
        let (service, clock) = (Arc::new(service), Arc::<ManualClock>::default());
        let callers = Arc::new(Callers::new(callers, clock.clone()));
        let handler = Handler::new(Arc::clone(&service), Arc::clone(&callers), Arc::default());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("the listener is bound");
        let server = Server::builder()
            .layer(IdentityLayer::new(callers, Arc::default()))
            .add_routes(handler.add_to(Routes::default(), REQUEST_BYTES))
            .serve_with_incoming(TcpIncoming::from(listener));
        let running = tokio::spawn(async move { server.await.expect("nothing ends it") });
        Self { clock, service, address, running }
    }

    /// Clients of every service over a new connection.
    pub async fn api(&self) -> Api {
        Api::new(self.channel().await)
    }

    /// A new connection.
    pub async fn channel(&self) -> Channel {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address)).expect("an address makes a URI");
        endpoint.connect().await.expect("the server takes connections")
    }
}

impl Drop for ClockedServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}
