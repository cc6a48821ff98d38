//! The settings, typed and checked. What each one means is written in `default.toml`.

use std::{fmt, net::SocketAddr, path::PathBuf, time::Duration};

/// Every setting of the server, as [`Config::load`](super::Config::load) gives them: complete and consistent.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The database.
    pub store: Store,
    /// Where policies come from.
    pub policies: Policies,
    /// Who may call.
    pub auth: Auth,
    /// How the server stops.
    pub shutdown: Shutdown,
    /// What is logged, and how.
    pub log: Log,
    /// What is traced, and where spans go.
    pub telemetry: Telemetry,
    /// How watchers are served.
    pub watch: Watch,
    /// What questions about the past may cost.
    pub snapshots: Snapshots,
    /// What a request may cost, and how much a tenant may do.
    pub limits: Limits,
    /// What happens by itself when its time comes.
    pub sweep: Sweep,
}

/// The database.
#[derive(Clone, PartialEq, Eq)]
pub struct Store {
    /// A URL that begins with `sqlite:`.
    pub url: String,
    /// Connections that only read, 1 to 256.
    pub read_connections: u32,
}

/// Where policies come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// The directory of the policy files, relative to the working directory or absolute.
    pub dir: PathBuf,
    /// How often the files are looked at for changes; zero: never.
    pub poll: Duration,
}

/// Who may call.
///
/// Either `callers` is not empty and `allow_anonymous` is false, or every caller is anonymous and trusted in full, on
/// a loopback address or by `allow_anonymous`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// The known callers. A name may occur more than once, a key may not.
    pub callers: Vec<Caller>,
    /// The names of the callers that may assert an operator; each is in `callers`.
    pub operators: Vec<String>,
    /// Whether anonymous callers are trusted on any address.
    pub allow_anonymous: bool,
}

/// A caller and what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Of `a-z`, `0-9` and `-`.
    pub name: String,
    /// The SHA-256 of the caller's bearer key.
    pub key_sha256: [u8; 32],
}

/// How the server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long open requests may take to end.
    pub grace: Duration,
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The form of a line.
    pub format: LogFormat,
    /// A list of `tracing` filter directives, known to parse.
    pub level: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What is traced, and where spans go.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// An OTLP gRPC endpoint that begins with `http://`; empty for none.
    pub otlp_endpoint: String,
    /// The share of requests traced among those without a `traceparent` header, 0 to 1.
    pub sample_ratio: f64,
    /// The `service.name` of the spans.
    pub service_name: String,
}

/// How watchers are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    /// How often a watcher to whom nothing was told is told where they are; zero: never.
    pub heartbeat: Duration,
    /// How often the log is looked at without a commit of this process; zero: never.
    pub poll: Duration,
    /// How long a watcher may take to read one response.
    pub timeout: Duration,
    /// The most watchers at a time, 1 to 100,000.
    pub watchers: usize,
}

/// What questions about the past may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// The most changes that are replayed for one, 1,000 to 1,000,000,000.
    pub changes: u64,
    /// How many tenants' earlier facts are kept, 0 to 10,000.
    pub kept: usize,
}

/// What a request may cost, and how much a tenant may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest request message, in bytes.
    pub request_bytes: usize,
    /// The most bytes of request messages that one connection has under way; at least `request_bytes`.
    pub connection_bytes: usize,
    /// The most streams that one connection has open, 1 to 100,000.
    pub connection_streams: u32,
    /// The most invitations that a tenant issues in any 24 hours.
    pub invitations_per_day: u32,
}

/// What happens by itself when its time comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// How often what has come due is looked for; zero: never.
    pub every: Duration,
}

/// Leaves out the URL, which may hold a password.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("read_connections", &self.read_connections).finish_non_exhaustive()
    }
}
