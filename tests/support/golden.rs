//! What the contract is kept by: one error of each reason and one request and answer of each RPC, as JSON in
//! `tests/golden`. With `TEST_GOLDEN=write` a test writes what it would compare.

use std::{env, fs, path::PathBuf};

use serde_json::{Map, Value, json};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::{error::code_name, names::is_random_id};

/// Compares an error with the one that is kept of its reason. What differs from run to run is left out.
///
/// # Panics
/// When the two differ, and none is to be written.
pub fn error(status: &Status) {
    let info = status.get_details_error_info().expect("every error of the service has one");
    let metadata: Map<String, Value> = info.metadata.into_iter().map(|(key, value)| (key, value.into())).collect();
    let mut kept = json!({
        "code": code_name(status.code()),
        "message": status.message(),
        "reason": info.reason,
        "metadata": metadata,
    });
    if let Some(violations) = status.get_details_bad_request() {
        let fields = violations.field_violations.into_iter();
        kept["violations"] =
            fields.map(|field| json!({"field": field.field, "description": field.description})).collect();
    }
    if let Some(failure) = status.get_details_precondition_failure() {
        let violations = failure.violations.into_iter();
        kept["preconditions"] = violations
            .map(|it| json!({"type": it.r#type, "subject": it.subject, "description": it.description}))
            .collect();
    }
    if let Some(retry) = status.get_details_retry_info() {
        let delay = retry.retry_delay.map_or(0.0, |delay| delay.as_secs_f64());
        // A quota has room again in some hours.
        kept["retry_delay"] = if delay < 1.0 { json!(delay) } else { "HOURS".into() };
    }
    compare(&format!("errors/{}.json", info.reason), &masked(kept));
}

/// Compares a value with the file of this name in `tests/golden`.
pub fn compare(file: &str, found: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    let text = format!("{found:#}\n");
    if writes() {
        fs::write(&path, text).expect("can be written");
        return;
    }
    let kept =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}; run it with TEST_GOLDEN=write"));
    assert!(kept == text, "tests/golden/{file} is not what the service says now\n--- kept\n{kept}\n--- now\n{text}");
}

/// Whether tests write what is kept.
pub fn writes() -> bool {
    env::var_os("TEST_GOLDEN").is_some_and(|word| word == "write")
}

/// The value with what differs from run to run replaced by what it is: ids, tokens, etags, secrets and times.
pub fn masked(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| masked_field(key, value)).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(masked).collect()),
        Value::String(text) => Value::String(without_ids(&text)),
        other => other,
    }
}

fn masked_field(key: String, value: Value) -> (String, Value) {
    let is_time = key == "time" || key.ends_with("Time") || key == "validUntil";
    let mask = match key.as_str() {
        "etag" | "current_etag" => "ETAG",
        "token" => "TOKEN",
        "nextPageToken" => "PAGE",
        "invitationToken" => "SECRET",
        "revision" | "shown_revision" => "REVISION",
        _ if is_time => "TIME",
        _ => return (key, masked(value)),
    };
    let is_set = value.as_str().is_some_and(|text| !text.is_empty());
    let value = if is_set { mask.into() } else { masked(value) };
    (key, value)
}

/// The text with `ID` for each run of 32 hexadecimal digits, as the ids of invitations are, `MEMBER` for the ids of
/// invited members, and `N` for the revisions of messages.
fn without_ids(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphanumeric()) {
        let (before, at) = rest.split_at(start);
        let end = at.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(at.len());
        let (run, after) = at.split_at(end);
        found.push_str(before);
        found.push_str(match run.len() {
            32 if run.bytes().all(|byte| byte.is_ascii_hexdigit()) => "ID",
            26 if is_random_id(run) => "MEMBER",
            _ => run,
        });
        rest = after;
    }
    found.push_str(rest);
    let words = found.split(' ').scan(false, |after_revision, word| {
        let is_number = word.trim_end_matches(',').bytes().all(|byte| byte.is_ascii_digit()) && !word.is_empty();
        let word = if *after_revision && is_number { "N" } else { word };
        *after_revision = word == "revision";
        Some(word)
    });
    words.collect::<Vec<_>>().join(" ")
}
