//! Settings from every source: which one counts, and how mistakes are reported.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::{
    cache::HistoryLimits,
    edge::{
        grpc::TransportLimits,
        tls::{ClientCertificates, TlsOptions, TlsVersion},
    },
    service::{Quotas, WatchOptions},
    store,
    telemetry::{LogFormat, TelemetryOptions},
};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF";

/// What the sources say; the file is written to `rollcall.toml`, which stands for its path in messages.
#[derive(Default)]
struct Sources<'a> {
    file: &'a str,
    environment: &'a [(&'a str, &'a str)],
    flags: &'a [(&'a str, &'a str)],
}

impl Sources<'_> {
    fn load(&self) -> Result<Config, String> {
        self.load_with_warnings().map(|loaded| loaded.config)
    }

    fn load_with_warnings(&self) -> Result<Loaded, String> {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("rollcall.toml");
        fs::write(&path, self.file).unwrap();
        let environment = self.environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let flags = self.flags.iter().map(|(key, value)| Flag {
            name: "--set".to_owned(),
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        });
        let prefix = format!("{}/", dir.path().display());
        Config::load(Some(&path), environment, flags).map_err(|error| error.to_string().replace(&prefix, ""))
    }
}

fn file(text: &str) -> Result<Config, String> {
    Sources { file: text, ..Sources::default() }.load()
}

fn set(key: &str, value: &str) -> Result<Config, String> {
    Sources { flags: &[(key, value)], ..Sources::default() }.load()
}

/// The keys of `default.toml`, read without the code under test.
fn keys() -> Vec<String> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in DEFAULTS.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line.split_once(" = ") {
            keys.push(format!("{section}{key}"));
        }
    }
    keys
}

#[test]
fn the_defaults_alone_are_valid() {
    let Loaded { config, warnings } = Config::load(None, [], []).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let expected = Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 7450)),
        store: store::Options {
            read_connections: 4,
            write_connections: 8,
            ..store::Options::new("sqlite:data/rollcall.db")
        },
        policies: Policies { dir: PathBuf::from("policies"), poll: Duration::from_secs(2) },
        reflection: true,
        auth: Auth {
            callers: vec![],
            operators: vec![],
            allow_anonymous: false,
            anonymous_operators: false,
            file: None,
            poll: Duration::from_secs(2),
        },
        tls: TlsOptions {
            certificate: None,
            key: None,
            client_authorities: None,
            client_certificates: ClientCertificates::None,
            minimum_version: TlsVersion::V1_2,
            handshake_timeout: Duration::from_secs(10),
        },
        health: None,
        shutdown: Shutdown { grace: Duration::from_secs(10) },
        telemetry: TelemetryOptions {
            format: LogFormat::Text,
            level: "info".to_owned(),
            otlp_endpoint: String::new(),
            sample_ratio: 0.01,
            service_name: "rollcall".to_owned(),
        },
        watch: WatchOptions {
            heartbeat: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
            watchers: 1000,
        },
        snapshots: HistoryLimits { changes: 1_000_000, cached: 8 },
        limits: TransportLimits {
            request_bytes: 4_194_304,
            connection_bytes: 8_388_608,
            connection_age: Duration::from_hours(1),
            connection_streams: 200,
        },
        quotas: Quotas { invitations_per_day: 1000 },
        sweep: Sweep { every: Duration::from_secs(10) },
    };
    assert_eq!(config, expected);
    assert_eq!(file(DEFAULTS).unwrap(), expected);
}

#[test]
fn every_setting_is_documented_and_read() {
    let keys = keys();
    assert_eq!(keys.len(), 42, "{keys:?}");
    for key in keys {
        let error = file(&format!("{key} = 1979-05-31")).unwrap_err();
        assert!(error.starts_with(&format!("rollcall.toml:1: {key}: expected ")), "{error}");
    }
    let lines: Vec<&str> = DEFAULTS.lines().collect();
    for pair in lines.windows(2).filter(|pair| pair[1].contains(" = ") && !pair[1].starts_with('#')) {
        assert!(pair[0].starts_with("# "), "`{}` has no comment", pair[1]);
    }
}

#[test]
fn later_sources_override_earlier_ones() {
    let store = "store.url = 'sqlite:file'";
    let environment = [("ROLLCALL_STORE_URL", "sqlite:variable"), ("HOME", "/root")];
    let flags = [("store.url", "sqlite:flag"), ("store.url", "sqlite:last")];
    let url = |sources: Sources<'_>| sources.load().unwrap().store.url;
    assert_eq!(url(Sources { file: store, ..Sources::default() }), "sqlite:file");
    assert_eq!(url(Sources { file: store, environment: &environment, ..Sources::default() }), "sqlite:variable");
    assert_eq!(url(Sources { file: store, environment: &environment, flags: &flags }), "sqlite:last");
}

#[test]
fn every_mistake_of_every_source_is_reported_at_once() {
    let error = Sources {
        file: "listen = 'here'\n\n[store]\nread_connections = 0\nulr = 'sqlite:x'\n[log]\nformat = 'text'\n",
        environment: &[("ROLLCALL_LOG_FORMAT", "xml"), ("ROLLCALL_STOR_URL", "sqlite:x")],
        flags: &[("log.format", "json"), ("auth.operators", "web"), ("nonsense", "1")],
    }
    .load()
    .unwrap_err();
    let expected = "\
rollcall.toml:5: store.ulr: unknown setting, the nearest is `store.url`
--set: nonsense: unknown setting
rollcall.toml:1: listen: expected an IP address and a port, as in `127.0.0.1:7450`, found the string `here`
rollcall.toml:4: store.read_connections: expected an integer from 1 to 256, found `0`
--set: auth.operators: expected names from auth.callers, `web` is not among them
ROLLCALL_LOG_FORMAT: log.format: expected `text` or `json`, found `xml`
warning: ROLLCALL_STOR_URL: no setting has this variable, it is ignored; the nearest is `ROLLCALL_STORE_URL`";
    assert_eq!(error, expected);
}

#[test]
fn a_variable_that_is_no_setting_is_a_warning() {
    let environment = [
        ("ROLLCALL_SERVICE_HOST", "10.0.0.7"),
        ("ROLLCALL_SERVICE_PORT_GRPC", "7450"),
        ("ROLLCALL_PORT", "tcp://10.0.0.7:7450"),
        ("ROLLCALL_PORT_7450_TCP_ADDR", "10.0.0.7"),
        ("ROLLCALL_LISTEN", "127.0.0.1:80"),
        ("ROLLCALL_STOR_URL", "sqlite:x"),
        ("ROLLCALL_", ""),
        ("rollcall_listen", "nowhere"),
    ];
    let loaded = Sources { environment: &environment, ..Sources::default() }.load_with_warnings().unwrap();
    assert_eq!(loaded.config.listen.port(), 80);
    let warned = loaded.warnings.iter().map(|warning| (warning.variable.as_str(), warning.nearest.as_deref()));
    let expected = [
        ("ROLLCALL_SERVICE_HOST", None),
        ("ROLLCALL_SERVICE_PORT_GRPC", None),
        ("ROLLCALL_PORT", None),
        ("ROLLCALL_PORT_7450_TCP_ADDR", None),
        ("ROLLCALL_STOR_URL", Some("ROLLCALL_STORE_URL")),
        ("ROLLCALL_", None),
    ];
    assert_eq!(warned.collect::<Vec<_>>(), expected);
    assert_eq!(loaded.warnings[2].to_string(), "ROLLCALL_PORT: no setting has this variable, it is ignored");
}

#[test]
fn a_broken_file_is_reported_with_its_line_and_with_the_other_sources() {
    let error = Sources { file: "[store]\nurl = \n", flags: &[("log.format", "xml")], ..Sources::default() }
        .load()
        .unwrap_err();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("rollcall.toml:2: "), "{error}");
    assert_eq!(lines[1], "--set: log.format: expected `text` or `json`, found `xml`");
}

#[test]
fn a_missing_file_is_reported() {
    let error = Config::load(Some(Path::new("/nowhere/rollcall.toml")), [], []).unwrap_err().to_string();
    assert!(error.starts_with("/nowhere/rollcall.toml: expected a readable file of settings: "), "{error}");
}

#[test]
fn a_section_is_no_setting_and_a_setting_no_section() {
    assert_eq!(file("store = 1").unwrap_err(), "rollcall.toml:1: store: is a section, set one of the settings in it");
    assert!(file("[listen]\nport = 1").unwrap_err().ends_with("found a table"));
    assert_eq!(file("[stor]").unwrap_err(), "rollcall.toml:1: stor: unknown setting");
    assert_eq!(file("url = 1").unwrap_err(), "rollcall.toml:1: url: unknown setting, the nearest is `store.url`");
    assert!(file("[store]").is_ok());
}

#[test]
fn values_out_of_their_domain_are_refused() {
    for (key, values) in [
        ("listen", &["", "7450", "localhost:7450", "127.0.0.1"][..]),
        ("store.url", &["", "sqlite:", "postgres://", "postgres:db", "mysql://h", "data/rollcall.db"]),
        ("store.read_connections", &["0", "257", "-1", "4.0", "four"]),
        ("store.write_connections", &["0", "257"]),
        ("store.direct_url", &["sqlite:x", "host"]),
        ("store.migrate", &["", "yes"]),
        ("store.prepared_statements", &["-1", "1001"]),
        ("policies.dir", &["", " "]),
        ("policies.poll", &["", "2", "-1s", "often"]),
        ("reflection", &["", "on", "True"]),
        ("auth.allow_anonymous", &["", "yes", "TRUE", "1"]),
        ("auth.anonymous_operators", &["", "yes"]),
        ("shutdown.grace", &["", "10", "s", "10 s", "1.5s", "-1s", "10w", "99999999999999999999s", "999999999999999d"]),
        ("log.format", &["", "xml", "Text"]),
        ("log.level", &["", "loud", "info,loud", "info,,warn", "sqlx=loud", "hyper"]),
        ("telemetry.otlp_endpoint", &["localhost:4317", "https://h:4317", "http://", "ftp://h"]),
        ("telemetry.sample_ratio", &["", "-0.1", "1.1", "NaN", "inf", "1%"]),
        ("telemetry.service_name", &["", " "]),
        ("limits.request_bytes", &["0", "1023", "67108865", "4MiB"]),
        ("limits.connection_bytes", &["0", "1024", "4194303", "1073741825"]),
        ("limits.connection_streams", &["0", "100001", "many"]),
    ] {
        for value in values {
            let error = set(key, value).unwrap_err();
            assert!(error.starts_with(&format!("--set: {key}: expected ")), "{key}={value}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}

#[test]
fn values_in_their_domain_are_taken() {
    assert_eq!(set("listen", "[::1]:80").unwrap().listen.port(), 80);
    assert_eq!(file("store.read_connections = 0x10").unwrap().store.read_connections, 16);
    for (text, milliseconds) in [("0s", 0), ("250ms", 250), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000)] {
        assert_eq!(set("shutdown.grace", text).unwrap().shutdown.grace, Duration::from_millis(milliseconds));
    }
    for (text, milliseconds) in [("0", 0), ("0s", 0), ("100ms", 100), ("1m", 60_000)] {
        assert_eq!(set("policies.poll", text).unwrap().policies.poll, Duration::from_millis(milliseconds));
    }
    assert_eq!(file("policies.poll = 0").unwrap().policies.poll, Duration::ZERO);
    for level in ["off", "WARN", "info,sqlx=warn", "info,rollcall[check]=trace"] {
        assert_eq!(set("log.level", level).unwrap().telemetry.level, level);
    }
    for (text, ratio) in [("0", 0.0), ("1", 1.0), ("1e-3", 0.001)] {
        let config = file(&format!("telemetry.sample_ratio = {text}")).unwrap();
        assert!((config.telemetry.sample_ratio - ratio).abs() < f64::EPSILON);
    }
    assert_eq!(set("telemetry.otlp_endpoint", "http://h:4317").unwrap().telemetry.otlp_endpoint, "http://h:4317");
}

#[test]
fn callers_come_as_a_list_or_comma_separated() {
    let from_file = file(&format!("auth.callers = ['web:{KEY}', 'mail-2:{}']", KEY.replace('0', "1"))).unwrap();
    let text = format!("web:{KEY}, mail-2:{},", KEY.replace('0', "1"));
    let environment = [("ROLLCALL_AUTH_CALLERS", text.as_str()), ("ROLLCALL_AUTH_OPERATORS", "web")];
    let from_environment = Sources { environment: &environment, ..Sources::default() }.load().unwrap();
    assert_eq!(from_file.auth.callers, from_environment.auth.callers);
    assert_eq!(from_environment.auth.operators, ["web"]);
    let [web, mail] = from_file.auth.callers.try_into().unwrap();
    assert_eq!((web.name.as_str(), mail.name.as_str()), ("web", "mail-2"));
    assert_eq!(web.key_sha256[..4], [0x01, 0x23, 0x45, 0x67]);
    assert_eq!(web.key_sha256[28..], [0x89, 0xab, 0xcd, 0xef]);
}

#[test]
fn a_bad_caller_is_refused_and_its_key_kept_secret() {
    for entry in
        ["web", "web:", "web:hunter2", ":hunter2", "Web:hunter2", &format!("Web:{KEY}"), &format!("web:{KEY}0")]
    {
        let error = set("auth.callers", &format!("mail:{KEY},{entry}")).unwrap_err();
        assert!(error.starts_with("--set: auth.callers: expected `NAME:SHA256HEX` as entry 2, "), "{error}");
        assert!(!error.contains("hunter2") && !error.contains(KEY), "{error}");
    }
    assert_eq!(
        set("auth.callers", &format!("web:{KEY},mail:{KEY}")).unwrap_err(),
        "--set: auth.callers: expected another key as entry 2, `web` has the same"
    );
    for no_key in ["", "\n", "\r\n"] {
        let hash = Sha256::digest(no_key).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let error = set("auth.callers", &format!("mail:{KEY},web:{hash}")).unwrap_err();
        assert!(error.starts_with("--set: auth.callers: expected the hash of a key as entry 2, "), "{error}");
        assert!(error.contains("`web`"), "{error}");
    }
    for name in ["anonymous", "rollcall"] {
        let error = set("auth.callers", &format!("{name}:{KEY}")).unwrap_err();
        assert!(error.starts_with("--set: auth.callers: expected another name as entry 1, "), "{error}");
    }
    assert!(file("auth.callers = [1]").unwrap_err().ends_with("expected a list of strings"));
}

#[test]
fn whoever_can_connect_is_trusted_only_when_said() {
    let error = set("listen", "0.0.0.0:7450").unwrap_err();
    assert!(error.starts_with("--set: listen: expected a loopback address while auth.callers is empty"), "{error}");
    assert!(error.contains("set auth.allow_anonymous to true"), "{error}");

    let callers = format!("web:{KEY}");
    let all = |flags: &[(&str, &str)]| Sources { flags, ..Sources::default() }.load();
    let (elsewhere, plain) = (("listen", "0.0.0.0:7450"), ("tls.allow_plaintext", "true"));
    assert!(all(&[elsewhere, plain, ("auth.allow_anonymous", "true")]).is_ok());
    assert!(all(&[elsewhere, plain, ("auth.callers", &callers)]).is_ok());
    assert!(all(&[elsewhere, plain, ("auth.file", "callers.toml")]).is_ok());
    let error = all(&[elsewhere, ("auth.callers", &callers)]).unwrap_err();
    assert!(error.starts_with("--set: listen: expected a loopback address while connections are not"), "{error}");
    let tls = [("tls.certificate", "server.pem"), ("tls.key", "server.key")];
    assert!(all(&[elsewhere, tls[0], tls[1], ("auth.callers", &callers)]).is_ok());
    let error = all(&[tls[0], ("auth.callers", &callers)]).unwrap_err();
    assert!(error.ends_with("tls.key: expected a path while tls.certificate is set"), "{error}");
    let error = all(&[("auth.allow_anonymous", "true"), ("auth.callers", &callers)]).unwrap_err();
    assert!(error.starts_with("--set: auth.allow_anonymous: expected `false` while auth.callers is set"), "{error}");
    let error = all(&[("auth.anonymous_operators", "true"), ("auth.callers", &callers)]).unwrap_err();
    assert!(error.starts_with("--set: auth.anonymous_operators: expected `false` while"), "{error}");
}

#[test]
fn debug_output_hides_the_store_url() {
    let config = set("store.url", "sqlite:secret").unwrap();
    assert!(!format!("{config:?}").contains("secret"));
}
