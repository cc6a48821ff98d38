//! Parses untyped values. An `Err` says what was expected, and shows what was found unless it may be a secret.

use std::{net::SocketAddr, ops::RangeInclusive, path::PathBuf, str::FromStr as _, time::Duration};

use tracing_subscriber::EnvFilter;

use crate::{
    config::{key_hash, settings::CallerKey, value::Value},
    edge::tls::{ClientCertificates, TlsVersion},
    service::Caller,
    telemetry::LogFormat,
};

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

pub(super) fn socket_address(value: &Value) -> Result<SocketAddr, String> {
    text(value)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| expected("an IP address and a port, as in `127.0.0.1:7450`", value))
}

/// An address, or nothing.
pub(super) fn optional_socket_address(value: &Value) -> Result<Option<SocketAddr>, String> {
    if text(value) == Some("") { Ok(None) } else { socket_address(value).map(Some) }
}

/// A path, or nothing.
pub(super) fn optional_path(value: &Value) -> Result<Option<PathBuf>, String> {
    if text(value) == Some("") { Ok(None) } else { path(value).map(Some) }
}

pub(super) fn client_certificates(value: &Value) -> Result<ClientCertificates, String> {
    match text(value) {
        Some("none") => Ok(ClientCertificates::None),
        Some("optional") => Ok(ClientCertificates::Optional),
        Some("required") => Ok(ClientCertificates::Required),
        _ => Err(expected("`none`, `optional` or `required`", value)),
    }
}

pub(super) fn tls_version(value: &Value) -> Result<TlsVersion, String> {
    match text(value) {
        Some("1.2") => Ok(TlsVersion::V1_2),
        Some("1.3") => Ok(TlsVersion::V1_3),
        _ => Err(expected("`1.2` or `1.3`", value)),
    }
}

/// What URLs of stores begin with.
const STORES: [&str; 3] = ["sqlite:", "postgres://", "postgresql://"];

/// A URL may hold a password: it is never shown.
pub(super) fn store_url(value: &Value) -> Result<String, String> {
    match text(value) {
        Some(url) if STORES.iter().any(|begin| url.len() > begin.len() && url.starts_with(begin)) => Ok(url.to_owned()),
        _ => {
            Err("expected a URL that begins with `sqlite:` or `postgres://`, as in `sqlite:data/rollcall.db`"
                .to_owned())
        }
    }
}

/// A URL of a store at a server, or nothing.
pub(super) fn direct_store_url(value: &Value) -> Result<Option<String>, String> {
    match text(value) {
        Some("") => Ok(None),
        Some(url) if url.starts_with("postgres") => store_url(value).map(Some),
        _ => Err("expected nothing, or a URL that begins with `postgres://`".to_owned()),
    }
}

pub(super) fn path(value: &Value) -> Result<PathBuf, String> {
    name(value).map(PathBuf::from).map_err(|_| expected("a path", value))
}

pub(super) fn name(value: &Value) -> Result<String, String> {
    match text(value) {
        Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
        _ => Err(expected("a name", value)),
    }
}

pub(super) fn boolean(value: &Value) -> Result<bool, String> {
    match value {
        Value::Boolean(boolean) => Ok(*boolean),
        Value::Untyped(text) if text == "true" => Ok(true),
        Value::Untyped(text) if text == "false" => Ok(false),
        _ => Err(expected("`true` or `false`", value)),
    }
}

pub(super) fn integer<T: TryFrom<u64>>(value: &Value, range: &RangeInclusive<u64>) -> Result<T, String> {
    number(value)
        .and_then(|number| number.parse().ok())
        .filter(|integer| range.contains(integer))
        .and_then(|integer| T::try_from(integer).ok())
        .ok_or_else(|| expected(&format!("an integer from {} to {}", range.start(), range.end()), value))
}

pub(super) fn ratio(value: &Value) -> Result<f64, String> {
    number(value)
        .and_then(|number| number.parse().ok())
        .filter(|ratio| (0.0..=1.0).contains(ratio))
        .ok_or_else(|| expected("a number from 0 to 1", value))
}

pub(super) fn duration(value: &Value) -> Result<Duration, String> {
    if number(value) == Some("0") {
        return Ok(Duration::ZERO);
    }
    text(value)
        .and_then(|text| {
            let (count, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
            let milliseconds = match unit {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                _ => return None,
            };
            count.parse::<u64>().ok()?.checked_mul(milliseconds).map(Duration::from_millis)
        })
        .ok_or_else(|| expected("an integer and a unit of ms, s, m, h or d, as in `10s`", value))
}

pub(super) fn log_format(value: &Value) -> Result<LogFormat, String> {
    match text(value) {
        Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        _ => Err(expected("`text` or `json`", value)),
    }
}

/// Stricter than the filter's own parser, which takes a misspelt level for a target and then logs next to nothing.
pub(super) fn log_level(value: &Value) -> Result<String, String> {
    let problem = || expected("a level, as in `info`, or a list by target, as in `info,sqlx=warn`", value);
    let text = text(value).ok_or_else(problem)?;
    let bare = |directive: &str| !directive.contains(['=', '[']);
    let directives = || text.split(',').map(str::trim);
    if directives().filter(|d| bare(d)).any(|d| !LEVELS.iter().any(|level| level.eq_ignore_ascii_case(d))) {
        return Err(problem());
    }
    EnvFilter::builder().parse(text).map(|_| text.to_owned()).map_err(|_| problem())
}

pub(super) fn otlp_endpoint(value: &Value) -> Result<String, String> {
    let is_endpoint =
        |url: &str| http::Uri::from_str(url).is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
    match text(value) {
        Some(url) if url.is_empty() || is_endpoint(url) => Ok(url.to_owned()),
        _ => Err(expected(
            "nothing, or a URL that begins with `http://`, as in `http://localhost:4317` (to send spans over TLS, \
             run a collector beside the server)",
            value,
        )),
    }
}

/// A caller may be written as its bare key by mistake: what follows the name is never shown.
pub(super) fn callers(value: &Value) -> Result<Vec<CallerKey>, String> {
    let mut callers: Vec<CallerKey> = Vec::new();
    for (position, entry) in list(value)?.into_iter().enumerate() {
        let position = position + 1;
        let caller = caller(&entry).ok_or_else(|| {
            format!(
                "expected `NAME:SHA256HEX` as entry {position}, a name of a-z, 0-9 and - and the SHA-256 of the \
                 caller's key as 64 hex digits"
            )
        })?;
        if Caller::RESERVED.contains(&caller.name.as_str()) {
            let name = caller.name;
            return Err(format!(
                "expected another name as entry {position}, `{name}` is kept for the server's own use"
            ));
        }
        if key_hash::is_hash_of_nothing(&caller.key_sha256) {
            return Err(format!(
                "expected the hash of a key as entry {position}, found that of nothing: the variable with the key of \
                 `{}` was not set when it was hashed",
                caller.name
            ));
        }
        if let Some(other) = callers.iter().find(|other| other.key_sha256 == caller.key_sha256) {
            return Err(format!("expected another key as entry {position}, `{}` has the same", other.name));
        }
        callers.push(caller);
    }
    Ok(callers)
}

pub(super) fn names(value: &Value) -> Result<Vec<String>, String> {
    list(value)
}

fn caller(entry: &str) -> Option<CallerKey> {
    let (name, hex) = entry.split_once(':')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let key_sha256 = key_hash::parse(hex).filter(|_| is_name)?;
    Some(CallerKey { name: name.to_owned(), key_sha256 })
}

fn list(value: &Value) -> Result<Vec<String>, String> {
    let items: Option<Vec<String>> = match value {
        Value::Untyped(text) => {
            Some(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        Value::List(items) => items.iter().map(|item| text(item).map(str::to_owned)).collect(),
        _ => None,
    };
    items.ok_or_else(|| "expected a list of strings".to_owned())
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Untyped(text) | Value::Text(text) => Some(text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<&str> {
    match value {
        Value::Untyped(text) | Value::Number(text) => Some(text),
        _ => None,
    }
}

fn expected(what: &str, found: &Value) -> String {
    match found {
        Value::Untyped(text) => format!("expected {what}, found `{text}`"),
        Value::Text(text) => format!("expected {what}, found the string `{text}`"),
        Value::Number(number) => format!("expected {what}, found `{number}`"),
        Value::Boolean(boolean) => format!("expected {what}, found `{boolean}`"),
        Value::List(_) => format!("expected {what}, found a list"),
        Value::Other(kind) => format!("expected {what}, found a {kind}"),
    }
}
