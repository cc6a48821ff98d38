//! Types the values of all sources, and gathers every one that is mistaken.

use std::{mem, net::SocketAddr};

use crate::{
    cache::HistoryLimits,
    config::{
        error::{ConfigError, Mistake, Warning},
        layers::Layers,
        parse,
        settings::{Auth, CallerKey, Config, Policies, Shutdown, Sweep},
        value::Value,
    },
    edge::grpc::TransportLimits,
    service::{Quotas, WatchOptions},
    store,
    telemetry::TelemetryOptions,
};

/// Reads the settings of the layers.
pub(super) struct Reader {
    layers: Layers,
    mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn new(mut layers: Layers) -> Self {
        Self { mistakes: mem::take(&mut layers.mistakes), layers }
    }

    /// The settings and the warnings.
    ///
    /// # Errors
    /// All mistakes of all sources, with the warnings.
    pub(super) fn read(mut self) -> Result<(Config, Vec<Warning>), ConfigError> {
        let warnings = mem::take(&mut self.layers.warnings);
        match self.settings() {
            Some(config) if self.mistakes.is_empty() => Ok((config, warnings)),
            _ => Err(ConfigError { mistakes: self.mistakes, warnings }),
        }
    }

    /// The settings; `None` when the last value of one is mistaken. Here and in each section, every setting is read
    /// before any `?`, so that all mistakes are found.
    fn settings(&mut self) -> Option<Config> {
        let listen = self.last("listen", parse::socket_address);
        let reflection = self.last("reflection", parse::boolean);
        let store = self.store();
        let policies = self.policies();
        let auth = self.auth(listen);
        let grace = self.last("shutdown.grace", parse::duration);
        let telemetry = self.telemetry();
        let watch = self.watch();
        let snapshots = self.snapshots();
        let limits = self.limits();
        let quotas = self.quotas();
        let every = self.last("sweep.every", parse::duration);
        Some(Config {
            listen: listen?,
            store: store?,
            reflection: reflection?,
            policies: policies?,
            auth: auth?,
            shutdown: Shutdown { grace: grace? },
            telemetry: telemetry?,
            watch: watch?,
            snapshots: snapshots?,
            limits: limits?,
            quotas: quotas?,
            sweep: Sweep { every: every? },
        })
    }

    fn store(&mut self) -> Option<store::Options> {
        let url = self.last("store.url", parse::store_url);
        let read_connections = self.last("store.read_connections", |v| parse::integer(v, &(1..=256)));
        let write_connections = self.last("store.write_connections", |v| parse::integer(v, &(1..=256)));
        let direct_url = self.last("store.direct_url", parse::direct_store_url);
        let migrates = self.last("store.migrate", parse::boolean);
        let prepared_statements = self.last("store.prepared_statements", |v| parse::integer(v, &(0..=1000)));
        Some(store::Options {
            direct_url: direct_url?,
            migrates: migrates?,
            prepared_statements: prepared_statements?,
            read_connections: read_connections?,
            write_connections: write_connections?,
            ..store::Options::new(url?)
        })
    }

    fn policies(&mut self) -> Option<Policies> {
        let dir = self.last("policies.dir", parse::path);
        let poll = self.last("policies.poll", parse::duration);
        Some(Policies { dir: dir?, poll: poll? })
    }

    fn auth(&mut self, listen: Option<SocketAddr>) -> Option<Auth> {
        let callers = self.last("auth.callers", parse::callers);
        let operators = self.last("auth.operators", parse::names);
        let allow_anonymous = self.last("auth.allow_anonymous", parse::boolean);
        let anonymous_operators = self.last("auth.anonymous_operators", parse::boolean);
        if let (Some(callers), Some(operators)) = (&callers, &operators) {
            self.check_operators(callers, operators);
        }
        if let (Some(listen), Some(callers), Some(allow_anonymous)) = (listen, &callers, allow_anonymous) {
            self.check_anonymous(listen, callers, allow_anonymous);
        }
        if let (Some(callers), Some(true)) = (&callers, anonymous_operators)
            && !callers.is_empty()
        {
            let problem = "expected `false` while auth.callers is set; name callers in auth.operators instead";
            self.mistake("auth.anonymous_operators", problem.to_owned());
        }
        Some(Auth {
            callers: callers?,
            operators: operators?,
            allow_anonymous: allow_anonymous?,
            anonymous_operators: anonymous_operators?,
        })
    }

    fn telemetry(&mut self) -> Option<TelemetryOptions> {
        let format = self.last("log.format", parse::log_format);
        let level = self.last("log.level", parse::log_level);
        let otlp_endpoint = self.last("telemetry.otlp_endpoint", parse::otlp_endpoint);
        let sample_ratio = self.last("telemetry.sample_ratio", parse::ratio);
        let service_name = self.last("telemetry.service_name", parse::name);
        Some(TelemetryOptions {
            format: format?,
            level: level?,
            otlp_endpoint: otlp_endpoint?,
            sample_ratio: sample_ratio?,
            service_name: service_name?,
        })
    }

    fn watch(&mut self) -> Option<WatchOptions> {
        let heartbeat = self.last("watch.heartbeat", parse::duration);
        let poll = self.last("watch.poll", parse::duration);
        let timeout = self.last("watch.timeout", parse::duration);
        let watchers = self.last("watch.watchers", |v| parse::integer(v, &(1..=100_000)));
        Some(WatchOptions { heartbeat: heartbeat?, poll: poll?, timeout: timeout?, watchers: watchers? })
    }

    fn snapshots(&mut self) -> Option<HistoryLimits> {
        let changes = self.last("snapshots.changes", |v| parse::integer(v, &(1000..=1_000_000_000)));
        let cached = self.last("snapshots.kept", |v| parse::integer(v, &(0..=10_000)));
        Some(HistoryLimits { changes: changes?, cached: cached? })
    }

    fn limits(&mut self) -> Option<TransportLimits> {
        let request_bytes = self.last("limits.request_bytes", |v| parse::integer(v, &(1024..=67_108_864)));
        let connection_bytes: Option<usize> =
            self.last("limits.connection_bytes", |v| parse::integer(v, &(1024..=1_073_741_824)));
        if let (Some(request), Some(connection)) = (request_bytes, connection_bytes)
            && connection < request
        {
            let problem = format!("expected at least limits.request_bytes, {request}, found `{connection}`");
            self.mistake("limits.connection_bytes", problem);
        }
        let connection_streams = self.last("limits.connection_streams", |v| parse::integer(v, &(1..=100_000)));
        Some(TransportLimits {
            request_bytes: request_bytes?,
            connection_bytes: connection_bytes?,
            connection_streams: connection_streams?,
        })
    }

    fn quotas(&mut self) -> Option<Quotas> {
        let invitations_per_day =
            self.last("limits.invitations_per_day", |v| parse::integer(v, &(1..=u64::from(u32::MAX))));
        Some(Quotas { invitations_per_day: invitations_per_day? })
    }

    /// The last value of a setting; the ones that it overrides are checked too.
    fn last<T>(&mut self, key: &str, parse: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        let mut last = None;
        for raw in self.layers.values(key) {
            last = match parse(&raw.value) {
                Ok(value) => Some(value),
                Err(problem) => {
                    let source = raw.source.clone();
                    self.mistakes.push(Mistake { source, key: Some(key.to_owned()), problem });
                    None
                }
            };
        }
        last
    }

    fn check_operators(&mut self, callers: &[CallerKey], operators: &[String]) {
        for operator in operators {
            if !callers.iter().any(|caller| caller.name == *operator) {
                let problem = format!("expected names from auth.callers, `{operator}` is not among them");
                self.mistake("auth.operators", problem);
            }
        }
    }

    /// Clients that merely reach the address are trusted only by an explicit setting.
    fn check_anonymous(&mut self, listen: SocketAddr, callers: &[CallerKey], allow_anonymous: bool) {
        if callers.is_empty() && !allow_anonymous && !listen.ip().is_loopback() {
            let problem = format!(
                "expected a loopback address while auth.callers is empty, found `{listen}`; name the callers in \
                 auth.callers, or set auth.allow_anonymous to true to trust whoever can connect"
            );
            self.mistake("listen", problem);
        }
        if !callers.is_empty() && allow_anonymous {
            let problem = "expected `false` while auth.callers is set; empty auth.callers to trust whoever can connect";
            self.mistake("auth.allow_anonymous", problem.to_owned());
        }
    }

    /// Adds a mistake of the source whose value of `key` counts.
    fn mistake(&mut self, key: &str, problem: String) {
        if let Some(raw) = self.layers.values(key).last() {
            self.mistakes.push(Mistake { source: raw.source.clone(), key: Some(key.to_owned()), problem });
        }
    }
}
