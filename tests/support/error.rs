//! Errors as callers read them: reason, code, metadata, fields, and the rules of their text.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The gRPC code that docs/api.md gives a reason; `INVALID_ARGUMENT` for one that is not listed here.
pub fn code_of(reason: &str) -> Code {
    match reason {
        "TENANT_NOT_FOUND" | "MEMBER_NOT_FOUND" | "RESOURCE_NOT_FOUND" | "INVITATION_NOT_FOUND" => Code::NotFound,
        "NOT_PERMITTED"
        | "OUTLASTS_GRANTER"
        | "ACTOR_NOT_A_MEMBER"
        | "ACTOR_LOCKED"
        | "ACTOR_INVITED"
        | "ACTOR_DEACTIVATED"
        | "MEMBER_PROTECTED"
        | "EMAIL_MISMATCH"
        | "OPERATOR_NOT_ALLOWED" => Code::PermissionDenied,
        "ALREADY_A_MEMBER" | "IDENTIFIER_TAKEN" | "TENANT_EXISTS" | "RESOURCE_EXISTS" => Code::AlreadyExists,
        "INVITATION_LIMIT" => Code::ResourceExhausted,
        "LAST_HOLDER"
        | "ROLE_NOT_BOUND"
        | "ROLE_AMBIGUOUS"
        | "ROLE_UNCHANGED"
        | "ALREADY_LOCKED"
        | "NOT_LOCKED"
        | "PROFILE_UNCHANGED"
        | "ADDRESS_SUPPRESSED"
        | "ALREADY_SUPPRESSED"
        | "NOT_SUPPRESSED"
        | "NOT_INVITED"
        | "INVITATION_DECLINED"
        | "INVITATION_EXPIRED"
        | "INVITATION_REVOKED"
        | "INVITATION_USED"
        | "REQUEST_ID_REUSED"
        | "POLICY_INCOMPATIBLE"
        | "POLICY_UNCHANGED"
        | "ALREADY_ARCHIVED"
        | "NOT_ARCHIVED"
        | "PARENT_UNCHANGED"
        | "RESOURCE_ARCHIVED"
        | "RESOURCE_CYCLE"
        | "SUBTREE_TOO_LARGE"
        | "OWNER_UNCHANGED"
        | "NOT_ACTIVE"
        | "NOT_DEACTIVATED"
        | "SUBJECT_NOT_ELIGIBLE"
        | "TEAM_CYCLE"
        | "MEMBER_DEACTIVATED" => Code::FailedPrecondition,
        "ETAG_MISMATCH" => Code::Aborted,
        "UNAUTHENTICATED" => Code::Unauthenticated,
        _ => Code::InvalidArgument,
    }
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
    info
}

/// The house rules of an error's text: lower case, no full stop, and nothing of what a driver says.
fn check_wording(message: &str) {
    let first = message.chars().next().expect("an error has a text");
    assert!(!first.is_uppercase() && !message.ends_with('.'), "{message:?}");
    let lower = message.to_lowercase();
    for foreign in ["sqlx", "sea_orm", "sqlite", "panicked", "unwrap"] {
        assert!(!lower.contains(foreign), "a driver's text reaches the caller: {message:?}");
    }
}
