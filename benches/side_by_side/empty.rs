//! The yardstick: a gRPC server whose only method takes nothing, does nothing and answers nothing.

use std::{
    convert::Infallible,
    env,
    future::{Future, Ready, ready},
    io::{BufRead as _, BufReader, Read as _},
    net::SocketAddr,
    pin::Pin,
    process::{Child, Command, Stdio},
    task::{Context, Poll},
    thread,
    time::Duration,
};

use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::Service,
    server::{Grpc, NamedService, UnaryService},
    transport::{Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;

use crate::pin::pinned;

/// What makes this program the server instead of the measurement.
const ARGUMENT: &str = "--serve-empty";
/// The only method.
pub const PATH: &str = "/bench.Empty/Call";
/// As the real server has it.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The server in a process of its own, ended when dropped.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    /// Runs this program again as the server, bound to a core.
    pub fn start(core: usize) -> Self {
        let mut command = Command::new(env::current_exe().expect("a program knows itself"));
        command.arg(ARGUMENT);
        let mut command = pinned(core, &command);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("this program runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server tells its address");
        Self { child, address: line.trim().parse().expect("an address") }
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Serves until standard input ends, so that no server is left behind. The runtime is like the real server's.
pub fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("the system has room for a runtime").block_on(async {
        let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("there is a port");
        let incoming = incoming.with_nodelay(Some(true));
        println!("{}", incoming.local_addr().expect("it is bound"));
        let (ended, end) = tokio::sync::oneshot::channel::<()>();
        thread::spawn(move || {
            std::io::stdin().read_to_end(&mut Vec::new()).ok();
            ended.send(()).ok();
        });
        let end = async { end.await.unwrap_or_default() };
        let server = Server::builder().http2_keepalive_interval(Some(KEEPALIVE)).add_service(Empty);
        server.serve_with_incoming_shutdown(incoming, end).await.expect("it serves");
    });
}

#[derive(Clone)]
struct Empty;

impl NamedService for Empty {
    const NAME: &'static str = "bench.Empty";
}

impl Service<http::Request<Body>> for Empty {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move { Ok(Grpc::new(ProstCodec::<(), ()>::default()).unary(Nothing, request).await) })
    }
}

struct Nothing;

impl UnaryService<()> for Nothing {
    type Response = ();
    type Future = Ready<Result<Response<()>, Status>>;

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}
