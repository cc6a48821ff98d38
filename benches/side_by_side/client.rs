//! Unary calls that cost the client as little as can be: requests are encoded beforehand, answers are not decoded, and
//! there is nothing above HTTP/2.

use std::{future::poll_fn, net::SocketAddr, sync::Arc};

use h2::client::SendRequest;
use http::{Request, Version};
use prost::{
    Message,
    bytes::{BufMut as _, Bytes, BytesMut},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use crate::{
    process::{Process, resume},
    support::transport::TlsClient,
};

/// Calls under way at once, over all connections, when a server is driven as hard as it goes.
pub const IN_FLIGHT: usize = 64;
const CONNECTIONS: usize = 4;
/// So large that no answer waits for room.
const WINDOW: u32 = 16 << 20;

/// How a server is reached: encrypted or not, and with a key or without one.
#[derive(Clone, Default)]
pub struct Access {
    pub tls: Option<TlsClient>,
    pub key: Option<&'static str>,
}

/// A method of a server, and callers of it.
pub struct Target {
    /// The id of the server's process.
    pub server: u32,
    pub callers: Vec<Caller>,
}

/// Calls a method with its messages in turn.
#[derive(Clone)]
pub struct Caller {
    method: Method,
    messages: Arc<[Bytes]>,
    next: usize,
}

/// A method of a server over one connection.
#[derive(Clone)]
pub struct Method {
    connection: SendRequest<Bytes>,
    head: Request<()>,
}

impl Target {
    /// Connects to a running server. Each of the callers begins at another of the messages.
    pub async fn connect(process: &Process, path: &str, messages: Vec<Bytes>) -> Self {
        Self::connect_by(&Access::default(), process, path, messages).await
    }

    /// Connects to a server that is stopped but for now, and calls it once.
    pub async fn warm(access: &Access, process: &Process, path: &str, messages: Vec<Bytes>) -> Self {
        let _running = resume(process.id);
        let mut target = Self::connect_by(access, process, path, messages).await;
        target.once().await;
        target
    }

    async fn connect_by(access: &Access, process: &Process, path: &str, messages: Vec<Bytes>) -> Self {
        let messages = Arc::<[Bytes]>::from(messages);
        let mut target = Self::new(access, process, path, vec![messages.clone(); IN_FLIGHT]).await;
        for (number, caller) in target.callers.iter_mut().enumerate() {
            caller.next = number * messages.len() / IN_FLIGHT;
        }
        target
    }

    /// Connects to a running server. Each caller has messages of its own.
    pub async fn of_callers(process: &Process, path: &str, messages: Vec<Arc<[Bytes]>>) -> Self {
        Self::new(&Access::default(), process, path, messages).await
    }

    async fn new(access: &Access, process: &Process, path: &str, messages: Vec<Arc<[Bytes]>>) -> Self {
        let mut methods = Vec::new();
        for _ in 0..CONNECTIONS {
            methods.push(Method::connect(access, process.address, path).await);
        }
        let callers = methods.iter().cycle().zip(messages);
        let callers = callers.map(|(method, messages)| Caller { method: method.clone(), messages, next: 0 });
        Self { server: process.id, callers: callers.collect() }
    }

    /// One call.
    pub async fn once(&mut self) {
        self.callers[0].call().await;
    }
}

impl Caller {
    /// The next call.
    pub async fn call(&mut self) {
        let message = self.message(self.next);
        self.next = (self.next + 1) % self.messages.len();
        self.method.call(message).await;
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method.clone()
    }

    /// The message of a number; after the last one they start over.
    pub fn message(&self, number: usize) -> Bytes {
        self.messages[number % self.messages.len()].clone()
    }
}

impl Method {
    /// A connection of its own to a server.
    pub async fn connect(access: &Access, address: SocketAddr, path: &str) -> Self {
        let connection = if let Some(client) = &access.tls {
            talk(client.handshake(address).await.expect("the server speaks TLS")).await
        } else {
            let socket = TcpStream::connect(address).await.expect("the server takes connections");
            socket.set_nodelay(true).expect("a connection can be told not to wait");
            talk(socket).await
        };
        let mut head = Request::post(format!("http://{address}{path}"))
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        if let Some(key) = access.key {
            head = head.header("authorization", format!("Bearer {key}"));
        }
        Self { connection, head: head.body(()).expect("the path is one") }
    }

    /// Calls with a framed message, and returns when the whole answer has come.
    ///
    /// # Panics
    /// When the answer is anything but a success.
    pub async fn call(&mut self, message: Bytes) {
        poll_fn(|context| self.connection.poll_ready(context)).await.expect("the connection is open");
        let sent = self.connection.send_request(self.head.clone(), false);
        let (response, mut stream) = sent.expect("the connection is open");
        // What is more than the server has room for waits inside the connection.
        stream.send_data(message, true).expect("the stream is open");
        let (head, mut body) = response.await.expect("the server answers").into_parts();
        while let Some(chunk) = body.data().await {
            let length = chunk.expect("the answer comes whole").len();
            body.flow_control().release_capacity(length).expect("as much came");
        }
        // An answer without a body has in its head what else is at the end.
        let end = body.trailers().await.expect("the answer comes whole").unwrap_or(head.headers);
        let success = end.get("grpc-status").is_some_and(|status| status.as_bytes() == b"0");
        assert!(success, "{} of {} failed: {end:?}", head.status, self.head.uri());
    }
}

/// Begins to speak HTTP/2.
async fn talk(socket: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> SendRequest<Bytes> {
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let (sender, connection) = builder.handshake::<_, Bytes>(socket).await.expect("the server speaks HTTP/2");
    // An error of the connection reaches those that call over it.
    tokio::spawn(connection);
    sender
}

/// A message as gRPC sends it: not compressed, and its length before it.
pub fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(length + 5);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).expect("a message is shorter than 4 GiB"));
    message.encode(&mut frame).expect("a buffer grows");
    frame.freeze()
}
