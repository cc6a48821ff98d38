//! Errors as callers read them: reason, code, metadata, fields, and the rules of their text.

use std::collections::HashMap;

use rollcall::proto::reasons;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::names::is_random_id;

/// The gRPC code that the contract gives a reason.
///
/// # Panics
/// When the contract has no such reason.
pub fn code_of(reason: &str) -> Code {
    let name = reasons::find(reason).unwrap_or_else(|| panic!("the contract has no reason `{reason}`")).code;
    let code = (0..=16).map(Code::from).find(|code| code_name(*code) == name);
    code.unwrap_or_else(|| panic!("`{name}` is no code"))
}

/// The name of a code as gRPC writes it, such as `NOT_FOUND`.
pub fn code_name(code: Code) -> String {
    let name = format!("{code:?}");
    let upper = name.char_indices().map(|(at, letter)| {
        if letter.is_uppercase() && at > 0 { format!("_{letter}") } else { letter.to_uppercase().to_string() }
    });
    upper.collect()
}

/// The metadata of the error that `result` must be, with this code and reason.
pub fn expect_error<T>(result: Result<T, Status>, code: Code, reason: &str) -> HashMap<String, String> {
    let Err(status) = result else { panic!("{reason} expected, and the call succeeded") };
    let info = info(&status);
    assert_eq!((status.code(), info.reason.as_str()), (code, reason), "{status:?}");
    info.metadata
}

/// The reason of an error, as its `ErrorInfo` has it.
pub fn reason_of(status: &Status) -> String {
    info(status).reason
}

/// The field paths of an error's violations, in their order; empty without any.
pub fn fields_of(status: &Status) -> Vec<String> {
    let violations = status.get_details_bad_request().map(|request| request.field_violations);
    violations.unwrap_or_default().into_iter().map(|violation| violation.field).collect()
}

fn info(status: &Status) -> tonic_types::ErrorInfo {
    let info = status.get_details_error_info();
    let info = info.unwrap_or_else(|| panic!("an error without an ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "rollcall", "{status:?}");
    check_wording(status.message());
    check_contract(status, &info);
    info
}

/// What the contract says of every error: its code, the keys of its metadata, and that it fits in 4 KiB of trailers.
fn check_contract(status: &Status, info: &tonic_types::ErrorInfo) {
    assert_eq!(status.code(), code_of(&info.reason), "{status:?}");
    let reason = reasons::find(&info.reason).expect("its code is known");
    for key in reason.metadata {
        assert!(info.metadata.contains_key(*key), "{} lacks `{key}`: {status:?}", info.reason);
    }
    let is_known = |key: &str| reason.metadata.iter().chain(reason.optional_metadata).any(|known| *known == key);
    assert!(info.metadata.keys().all(|key| is_known(key)), "{} has other metadata: {:?}", info.reason, info.metadata);
    if status.get_details_retry_info().is_some() {
        assert!(reason.retryable, "{status:?}");
    }
    let bytes = trailer_bytes(status);
    assert!(bytes <= 4096, "{bytes} bytes of trailers: {status:?}");
}

/// How many bytes an error takes in HTTP trailers: the names and values of its headers, as the transport writes them.
pub fn trailer_bytes(status: &Status) -> usize {
    let headers = status.clone().into_http::<()>().into_parts().0.headers;
    let ours = headers.iter().filter(|(name, _)| name.as_str().starts_with("grpc-"));
    ours.map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// The house rules of an error's text: lower case, no full stop, and nothing of what a driver says. Random ids can have
/// any word within.
fn check_wording(message: &str) {
    let first = message.chars().next().expect("an error has a text");
    assert!(!first.is_uppercase() && !message.ends_with('.'), "{message:?}");
    let words =
        message.split(|letter: char| !letter.is_alphanumeric() && letter != '_').filter(|word| !is_random_id(word));
    let lower = words.collect::<Vec<_>>().join(" ").to_lowercase();
    for foreign in ["sqlx", "sea_orm", "sqlite", "panicked", "unwrap"] {
        assert!(!lower.contains(foreign), "a driver's text reaches the caller: {message:?}");
    }
}
