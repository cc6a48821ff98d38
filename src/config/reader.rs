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
    edge::{
        grpc::TransportLimits,
        tls::{ClientCertificates, TlsOptions},
    },
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
        let tls = self.tls(listen);
        let health = self.last("health.listen", parse::optional_socket_address);
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
            tls: tls?,
            health: health?,
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
        let file = self.last("auth.file", parse::optional_path);
        let poll = self.last("auth.poll", parse::duration);
        if let (Some(callers), Some(operators)) = (&callers, &operators) {
            self.check_operators(callers, operators);
        }
        if let (Some(listen), Some(callers), Some(file), Some(allow_anonymous)) =
            (listen, &callers, &file, allow_anonymous)
        {
            let named = match (callers.is_empty(), file) {
                (true, None) => None,
                (false, _) => Some("auth.callers"),
                (true, Some(_)) => Some("auth.file"),
            };
            self.check_anonymous(listen, named, allow_anonymous);
            if let (Some(named), Some(true)) = (named, anonymous_operators) {
                let problem = format!("expected `false` while {named} is set; name callers in auth.operators instead");
                self.mistake("auth.anonymous_operators", problem);
            }
        }
        Some(Auth {
            callers: callers?,
            operators: operators?,
            allow_anonymous: allow_anonymous?,
            anonymous_operators: anonymous_operators?,
            file: file?,
            poll: poll?,
        })
    }

    fn tls(&mut self, listen: Option<SocketAddr>) -> Option<TlsOptions> {
        let certificate = self.last("tls.certificate", parse::optional_path);
        let key = self.last("tls.key", parse::optional_path);
        let client_authorities = self.last("tls.client_authorities", parse::optional_path);
        let client_certificates = self.last("tls.client_certificates", parse::client_certificates);
        let minimum_version = self.last("tls.minimum_version", parse::tls_version);
        let handshake_timeout = self.last("tls.handshake_timeout", parse::duration);
        let allow_plaintext = self.last("tls.allow_plaintext", parse::boolean);
        let options = TlsOptions {
            certificate: certificate?,
            key: key?,
            client_authorities: client_authorities?,
            client_certificates: client_certificates?,
            minimum_version: minimum_version?,
            handshake_timeout: handshake_timeout?,
        };
        let (is_encrypted, has_key) = (options.certificate.is_some(), options.key.is_some());
        if is_encrypted != has_key {
            let (set, missing) = if is_encrypted { ("certificate", "key") } else { ("key", "certificate") };
            self.mistake(&format!("tls.{missing}"), format!("expected a path while tls.{set} is set"));
        }
        if !is_encrypted && options.client_certificates != ClientCertificates::None {
            let problem =
                "expected `none` while tls.certificate is empty: only an encrypted connection has certificates";
            self.mistake("tls.client_certificates", problem.to_owned());
        }
        if options.client_authorities.is_some() && options.client_certificates == ClientCertificates::None {
            let problem =
                "expected nothing while tls.client_certificates is `none`; set that to `optional` or `required`";
            self.mistake("tls.client_authorities", problem.to_owned());
        }
        if options.handshake_timeout.is_zero() {
            self.mistake("tls.handshake_timeout", "expected more than 0: no client is that fast".to_owned());
        }
        let is_elsewhere = listen.is_some_and(|listen| !listen.ip().is_loopback());
        if is_elsewhere && !is_encrypted && !allow_plaintext? {
            let problem = "expected a loopback address while connections are not encrypted; set tls.certificate and tls.key, or \
                           tls.allow_plaintext to true where something else encrypts them";
            self.mistake("listen", problem.to_owned());
        }
        Some(options)
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
        let connection_age = self.last("limits.connection_age", parse::duration);
        Some(TransportLimits {
            connection_age: connection_age?,
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
    /// `named` is the setting that names callers.
    fn check_anonymous(&mut self, listen: SocketAddr, named: Option<&str>, allow_anonymous: bool) {
        match named {
            None if !allow_anonymous && !listen.ip().is_loopback() => {
                let problem = format!(
                    "expected a loopback address while auth.callers is empty, found `{listen}`; name the callers in \
                     auth.callers or auth.file, or set auth.allow_anonymous to true to trust whoever can connect"
                );
                self.mistake("listen", problem);
            }
            Some(named) if allow_anonymous => {
                let problem =
                    format!("expected `false` while {named} is set; empty {named} to trust whoever can connect");
                self.mistake("auth.allow_anonymous", problem);
            }
            _ => {}
        }
    }

    /// Adds a mistake of the source whose value of `key` counts.
    fn mistake(&mut self, key: &str, problem: String) {
        if let Some(raw) = self.layers.values(key).last() {
            self.mistakes.push(Mistake { source: raw.source.clone(), key: Some(key.to_owned()), problem });
        }
    }
}
