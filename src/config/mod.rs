//! The settings of the server, from four sources, each overriding the one before: `default.toml`, which is also their
//! documentation, a file, the environment, and flags. Every mistake in any of them is reported at once; a variable of
//! the environment that is no setting is a warning.

mod layers;
mod parse;
mod settings;
#[cfg(test)]
mod tests;

use std::{env, fmt, fs, mem, net::SocketAddr, path::Path};

use crate::config::layers::{Layers, Source, Value};
pub use crate::config::settings::{
    Auth, Caller, Config, Limits, Log, LogFormat, Policies, Shutdown, Snapshots, Store, Sweep, Telemetry, Watch,
};

/// Every setting with its default and what it means, in the form of a file of settings.
pub const DEFAULTS: &str = include_str!("default.toml");

/// A setting given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The flag as the user knows it, for messages: `--set`, or one that stands for a single setting.
    pub name: String,
    /// The setting: `store.url`.
    pub key: String,
    /// Its value, as in the environment: a list is comma separated.
    pub value: String,
}

/// The settings of all sources, and what was ignored in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// In the order of the environment; empty when nothing was ignored.
    pub warnings: Vec<Warning>,
}

/// An environment variable that begins with `ROLLCALL_` and is no setting, and was therefore ignored: a misspelt
/// one, or another program's. Displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The variable's whole name.
    pub variable: String,
    /// The variable of a setting whose name is most like it, if any is like it at all.
    pub nearest: Option<String>,
}

/// All that is wrong with the settings. Displayed as one line a mistake: the source, the setting, what was expected.
/// The warnings come below, for a mistake may come of a misspelt variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    mistakes: Vec<Mistake>,
    warnings: Vec<Warning>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Mistake {
    source: Source,
    key: Option<String>,
    problem: String,
}

/// The variables of the process's environment, text that is not UTF-8 replaced.
#[must_use]
pub fn environment() -> Vec<(String, String)> {
    env::vars_os().map(|(k, v)| (k.to_string_lossy().into_owned(), v.to_string_lossy().into_owned())).collect()
}

impl Config {
    /// Reads every source, the later overriding the earlier: defaults, `file`, `environment`, `flags`.
    ///
    /// A variable of the environment that begins with `ROLLCALL_` and is no setting is a warning.
    ///
    /// # Errors
    /// All mistakes of all sources, also those in a value that a later source overrides; with the warnings.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<Loaded, ConfigError> {
        let mut layers = Layers::new();
        if let Some(path) = file {
            match fs::read_to_string(path) {
                Ok(text) => layers.add_file(path, &text),
                Err(error) => layers.mistakes.push(Mistake {
                    source: Source::File(path.to_owned(), None),
                    key: None,
                    problem: format!("expected a readable file of settings: {error}"),
                }),
            }
        }
        layers.add_environment(environment);
        for flag in flags {
            layers.add_flag(flag);
        }
        Reader { mistakes: mem::take(&mut layers.mistakes), layers }.read()
    }
}

/// Types the layers, and gathers what does not fit.
struct Reader {
    layers: Layers,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn read(mut self) -> Result<Loaded, ConfigError> {
        let warnings = mem::take(&mut self.layers.warnings);
        match self.settings() {
            Some(config) if self.mistakes.is_empty() => Ok(Loaded { config, warnings }),
            _ => Err(ConfigError { mistakes: self.mistakes, warnings }),
        }
    }

    /// `None` when the last value of a setting is no good.
    fn settings(&mut self) -> Option<Config> {
        let listen = self.last("listen", parse::socket_address);
        let url = self.last("store.url", parse::store_url);
        let read_connections = self.last("store.read_connections", |v| parse::integer(v, &(1..=256)));
        let dir = self.last("policies.dir", parse::path);
        let poll = self.last("policies.poll", parse::duration);
        let callers = self.last("auth.callers", parse::callers);
        let operators = self.last("auth.operators", parse::names);
        let allow_anonymous = self.last("auth.allow_anonymous", parse::boolean);
        if let (Some(callers), Some(operators)) = (&callers, &operators) {
            self.check_operators(callers, operators);
        }
        if let (Some(listen), Some(callers), Some(allow_anonymous)) = (listen, &callers, allow_anonymous) {
            self.check_anonymous(listen, callers, allow_anonymous);
        }
        let grace = self.last("shutdown.grace", parse::duration);
        let format = self.last("log.format", parse::log_format);
        let level = self.last("log.level", parse::log_level);
        let otlp_endpoint = self.last("telemetry.otlp_endpoint", parse::otlp_endpoint);
        let sample_ratio = self.last("telemetry.sample_ratio", parse::ratio);
        let service_name = self.last("telemetry.service_name", parse::name);
        let heartbeat = self.last("watch.heartbeat", parse::duration);
        let watch_poll = self.last("watch.poll", parse::duration);
        let patience = self.last("watch.patience", parse::duration);
        let watchers = self.last("watch.watchers", |v| parse::integer(v, &(1..=100_000)));
        let changes = self.last("snapshots.changes", |v| parse::integer(v, &(1000..=1_000_000_000)));
        let kept = self.last("snapshots.kept", |v| parse::integer(v, &(0..=10_000)));
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
        let invitations_per_day =
            self.last("limits.invitations_per_day", |v| parse::integer(v, &(1..=u64::from(u32::MAX))));
        let every = self.last("sweep.every", parse::duration);
        Some(Config {
            listen: listen?,
            store: Store { url: url?, read_connections: read_connections? },
            policies: Policies { dir: dir?, poll: poll? },
            auth: Auth { callers: callers?, operators: operators?, allow_anonymous: allow_anonymous? },
            shutdown: Shutdown { grace: grace? },
            log: Log { format: format?, level: level? },
            telemetry: Telemetry {
                otlp_endpoint: otlp_endpoint?,
                sample_ratio: sample_ratio?,
                service_name: service_name?,
            },
            watch: Watch { heartbeat: heartbeat?, poll: watch_poll?, timeout: patience?, watchers: watchers? },
            snapshots: Snapshots { changes: changes?, kept: kept? },
            limits: Limits {
                request_bytes: request_bytes?,
                connection_bytes: connection_bytes?,
                connection_streams: connection_streams?,
                invitations_per_day: invitations_per_day?,
            },
            sweep: Sweep { every: every? },
        })
    }

    /// The last value of a setting; the ones that it overrides are checked too.
    fn last<T>(&mut self, key: &str, parse: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        let mut last = None;
        for raw in self.layers.of(key) {
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

    fn check_operators(&mut self, callers: &[Caller], operators: &[String]) {
        for operator in operators {
            if !callers.iter().any(|caller| caller.name == *operator) {
                let problem = format!("expected names from auth.callers, `{operator}` is not among them");
                self.mistake("auth.operators", problem);
            }
        }
    }

    /// Nobody who can merely connect is trusted, unless someone said so.
    fn check_anonymous(&mut self, listen: SocketAddr, callers: &[Caller], allow_anonymous: bool) {
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

    fn mistake(&mut self, key: &str, problem: String) {
        if let Some(raw) = self.layers.of(key).last() {
            self.mistakes.push(Mistake { source: raw.source.clone(), key: Some(key.to_owned()), problem });
        }
    }
}

/// The known name most like `name`, if any is like it at all.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tail = |key: &'a str| key.rsplit_once('.').map_or(key, |(_, tail)| tail);
    known
        .map(|key| {
            let whole = strsim::normalized_damerau_levenshtein(name, key);
            (whole.max(0.9 * strsim::normalized_damerau_levenshtein(name, tail(key))), key)
        })
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, key)| key)
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mistakes = self.mistakes.iter().map(ToString::to_string);
        let warnings = self.warnings.iter().map(|warning| format!("warning: {warning}"));
        f.write_str(&mistakes.chain(warnings).collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: no setting has this variable, it is ignored", self.variable)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; the nearest is `{nearest}`"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{}: {key}: {}", self.source, self.problem),
            None => write!(f, "{}: {}", self.source, self.problem),
        }
    }
}
