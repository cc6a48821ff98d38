//! Three ways to call a method: as fast as it goes, one call at a time, and at a given rate.

use std::{
    future::Future,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use prost::bytes::{Buf as _, BufMut as _, Bytes};
use tokio::task::JoinSet;
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};

const CONNECTIONS: usize = 4;
/// Calls under way at once, over all connections, when a server is driven as hard as it goes.
const IN_FLIGHT: usize = 64;

/// A method of a server, connections to it, and the encoded requests that it is called with in turn.
pub struct Target {
    channels: Vec<Channel>,
    path: &'static str,
    messages: Arc<[Bytes]>,
}

/// How long calls took.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    pub p50: Duration,
    pub p99: Duration,
}

impl Target {
    /// Connects.
    pub async fn connect(address: SocketAddr, path: &'static str, messages: Vec<Vec<u8>>) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address makes a URI");
        let mut channels = Vec::new();
        for _ in 0..CONNECTIONS {
            channels.push(endpoint.connect().await.expect("the server takes connections"));
        }
        Self { channels, path, messages: messages.into_iter().map(Bytes::from).collect() }
    }

    fn caller(&self, number: usize) -> Caller {
        Caller {
            grpc: Grpc::new(self.channels[number % CONNECTIONS].clone()),
            path: PathAndQuery::from_static(self.path),
            messages: self.messages.clone(),
            next: number * self.messages.len() / IN_FLIGHT,
        }
    }
}

/// Calls per second with a fixed number of calls under way.
pub async fn saturate(target: &Target, span: Duration) -> f64 {
    let start = Instant::now();
    let latencies = all(target, IN_FLIGHT, |mut caller, _| async move {
        let mut latencies = Vec::new();
        while start.elapsed() < span {
            latencies.push(caller.call().await);
        }
        latencies
    });
    let calls = latencies.await.len();
    // A bench counts far fewer calls than a float holds exactly.
    f64::from(u32::try_from(calls).expect("a bench is short")) / start.elapsed().as_secs_f64()
}

/// Latencies with one call under way.
pub async fn alone(target: &Target, span: Duration) -> Latency {
    let start = Instant::now();
    let latencies = all(target, 1, |mut caller, _| async move {
        let mut latencies = Vec::new();
        while start.elapsed() < span {
            latencies.push(caller.call().await);
        }
        latencies
    });
    Latency::of(latencies.await)
}

/// Latencies at a rate, in calls per second: every caller has its slots, evenly spread, and skips those that it is
/// late for.
pub async fn paced(target: &Target, rate: f64, span: Duration) -> Latency {
    let callers = f64::from(u32::try_from(IN_FLIGHT).expect("few"));
    let slot = Duration::from_secs_f64(callers / rate);
    let start = Instant::now();
    let latencies = all(target, IN_FLIGHT, |mut caller, number| async move {
        let mut latencies = Vec::new();
        let mut next = start + slot.mul_f64(f64::from(number) / callers);
        while next < start + span {
            tokio::time::sleep_until(next.into()).await;
            latencies.push(caller.call().await);
            next += slot;
            while next < Instant::now() {
                next += slot;
            }
        }
        latencies
    });
    Latency::of(latencies.await)
}

async fn all<F, T>(target: &Target, callers: usize, run: F) -> Vec<Duration>
where
    F: Fn(Caller, u32) -> T,
    T: Future<Output = Vec<Duration>> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for (caller, number) in (0..callers).zip(0..) {
        tasks.spawn(run(target.caller(caller), number));
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

struct Caller {
    grpc: Grpc<Channel>,
    path: PathAndQuery,
    messages: Arc<[Bytes]>,
    next: usize,
}

impl Caller {
    async fn call(&mut self) -> Duration {
        let message = self.messages[self.next % self.messages.len()].clone();
        self.next += 1;
        let start = Instant::now();
        self.grpc.ready().await.expect("the connection is open");
        self.grpc.unary(Request::new(message), self.path.clone(), Raw).await.expect("the call succeeds");
        start.elapsed()
    }
}

impl Latency {
    fn of(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |percent: usize| latencies[(latencies.len() * percent / 100).min(latencies.len() - 1)];
        Self { p50: at(50), p99: at(99) }
    }
}

/// Sends and returns messages as they are.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
