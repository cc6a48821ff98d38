//! The settings, typed and checked. Those of a component are the component's own options.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    cache::HistoryLimits,
    edge::{grpc::TransportLimits, tls::TlsOptions},
    service::{Quotas, WatchOptions},
    store,
    telemetry::TelemetryOptions,
};

/// Every setting of the server, as [`Config::load`] gives them: complete and consistent. `default.toml` says what each
/// one means to the operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `listen`: the address on which the server listens. Port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// `reflection`: whether the contract can be asked for, by everyone.
    pub reflection: bool,
    /// `store.*`: the database. Its timeout is no setting.
    pub store: store::Options,
    /// `policies.*`: where the policy files are.
    pub policies: Policies,
    /// `auth.*`: which callers are accepted.
    pub auth: Auth,
    /// `tls.*`: how connections are encrypted.
    pub tls: TlsOptions,
    /// `health.listen`: another address for the health service alone, if there is one.
    pub health: Option<SocketAddr>,
    /// `shutdown.*`: how the server stops.
    pub shutdown: Shutdown,
    /// `log.*` and `telemetry.*`: what is logged and traced.
    pub telemetry: TelemetryOptions,
    /// `watch.*`: how watches of the change log are served.
    pub watch: WatchOptions,
    /// `snapshots.*`: what questions as of an earlier token may cost.
    pub snapshots: HistoryLimits,
    /// `limits.*`, apart from the quotas: what a connection and its requests may use.
    pub limits: TransportLimits,
    /// `limits.invitations_per_day`: how much a tenant may do.
    pub quotas: Quotas,
    /// `sweep.*`: the background work on what is due.
    pub sweep: Sweep,
}

/// Where the policy files are, and how often they are read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// The directory of the policy files, relative to the working directory or absolute; not blank.
    pub dir: PathBuf,
    /// The time between two readings of the files; zero: they are read at the start only.
    pub poll: Duration,
}

/// Which callers are accepted.
///
/// Either there are `callers` or a `file` of them, and `allow_anonymous` is false; or `allow_anonymous` is true and every
/// caller is anonymous; or neither, which is for `--demo` on a loopback address only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    /// The known callers. A name may occur more than once, a key may not.
    pub callers: Vec<CallerKey>,
    /// The names of the callers that may assert an operator; each is in `callers`.
    pub operators: Vec<String>,
    /// Whether callers without a key are trusted, whoever can connect.
    pub allow_anonymous: bool,
    /// Whether anonymous callers may assert an operator.
    pub anonymous_operators: bool,
    /// The callers' file, if there is one.
    pub file: Option<PathBuf>,
    /// The time between two readings of the files of callers, keys and certificates; zero: they are read at the start only.
    pub poll: Duration,
}

/// A caller and the hash of the key that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerKey {
    /// The caller's name, one or more of `a-z`, `0-9` and `-`. The change log records it.
    pub name: String,
    /// The SHA-256 of the caller's bearer key.
    pub key_sha256: [u8; 32],
}

/// How the server stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shutdown {
    /// How long open requests may take to end before they are cut off; zero: they are cut off at once.
    pub grace: Duration,
}

/// The background work on what is due: ends of roles, expired invitations, and reminders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The time between two searches for what is due; zero: there are none.
    pub every: Duration,
}
