//! Conversion of the service's errors to gRPC statuses, with their details. Nothing else makes a status of an error.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    edge::error::bounds::{self, Bounds},
    proto::reasons,
    service::{Error, ErrorKind},
};

/// The domain of every `ErrorInfo`.
const DOMAIN: &str = "rollcall";

/// How long to wait before a retry that may help.
const RETRY_AFTER: Duration = Duration::from_millis(200);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if let Some(cause) = &error.cause {
            tracing::error!(reason = error.reason, cause = %chain(&**cause), "a request failed");
        }
        bounds::first_that_fits(|bounds| status(&error, bounds))
    }
}

/// The status of an error, with texts and lists as long as `bounds` let them be.
fn status(error: &Error, bounds: &Bounds) -> Status {
    let message = bounds::cut(&error.message, bounds.message_bytes);
    let metadata: HashMap<String, String> = error
        .metadata
        .iter()
        .map(|(key, value)| ((*key).to_owned(), bounds::cut(value, bounds.metadata_bytes).into_owned()))
        .collect();
    let mut details = ErrorDetails::with_error_info(error.reason, DOMAIN, metadata);
    if error.kind == ErrorKind::FailedPrecondition {
        let subject = |key| error.metadata.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str());
        let about = ["member", "invitation", "email", "tenant"].into_iter().find_map(subject).unwrap_or_default();
        let description = bounds::cut(&error.message, bounds.violation_bytes);
        details.add_precondition_failure_violation(error.reason, about, description);
    }
    if let Some(after) = retry_after(error) {
        details.set_retry_info(Some(after));
    }
    for violation in error.violations.iter().take(bounds.violations) {
        let description = bounds::cut(&violation.description, bounds.violation_bytes);
        details.add_bad_request_violation(&violation.field, description);
    }
    Status::with_error_details(code(error.kind), message, details)
}

/// After how long the very same request may succeed, where it may.
fn retry_after(error: &Error) -> Option<Duration> {
    if let Some(seconds) = error.retry_after_secs {
        return Some(Duration::from_secs(seconds.into()));
    }
    let is_retryable = reasons::find(error.reason).is_some_and(|reason| reason.retryable);
    (is_retryable && error.kind != ErrorKind::ResourceExhausted).then_some(RETRY_AFTER)
}

fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::InvalidArgument => Code::InvalidArgument,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::AlreadyExists => Code::AlreadyExists,
        ErrorKind::PermissionDenied => Code::PermissionDenied,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::FailedPrecondition => Code::FailedPrecondition,
        ErrorKind::Aborted => Code::Aborted,
        ErrorKind::ResourceExhausted => Code::ResourceExhausted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::error::bounds::{LIMIT, encoded_len};

    /// An error of a reason with all that the contract lets it have, each as long as a request or a policy can make it.
    fn largest(reason: &reasons::ReasonInfo, letter: &str) -> Error {
        let kind = ErrorKind::ALL.into_iter().find(|kind| name(code(*kind)) == reason.code).expect("its code is ours");
        let keys = reason.metadata.iter().chain(reason.optional_metadata);
        // The longest id with its type, of an invited person; what lists rules or names is far longer.
        let id = letter.repeat(261 / letter.len());
        let lists = ["nearest", "permitted_to", "refused", "resources", "roles", "teams", "at_least"];
        let value = |key: &str| if lists.contains(&key) { id.repeat(80) } else { id.clone() };
        let error = Error::new(kind, reason.name, letter.repeat(20_000));
        let error = keys.fold(error, |error, key| error.with(key, value(key)));
        (0..1000).fold(error, |error, at| {
            error.violation(format!("invitees[{at}].grants[{at}].resource.type"), letter.repeat(20_000))
        })
    }

    fn name(code: Code) -> String {
        let name = format!("{code:?}");
        let letters = name.char_indices().flat_map(|(at, letter)| {
            (letter.is_uppercase() && at > 0).then_some('_').into_iter().chain([letter.to_ascii_uppercase()])
        });
        letters.collect()
    }

    #[test]
    fn every_reason_fits_whatever_the_policy_and_the_request() {
        for reason in reasons::REASONS {
            for letter in ["x", " ", "`", "%", "é", "語"] {
                let error = largest(reason, letter);
                let metadata = error.metadata.clone();
                let status = Status::from(error);
                let bytes = encoded_len(&status);
                assert!(bytes <= LIMIT, "{} of `{letter}` takes {bytes} bytes", reason.name);
                let info = status.get_details_error_info().expect("every error has one");
                assert_eq!(info.reason, reason.name);
                assert_eq!(info.metadata.len(), metadata.len(), "every key is there");
                let whole = metadata.iter().filter(|(_, value)| value.len() <= 261);
                for (key, id) in whole {
                    assert_eq!(&info.metadata[*key], id, "an id is never cut");
                }
            }
        }
    }

    #[test]
    fn what_is_short_is_whole() {
        let error = Error::field("FIELD_INVALID", "actor.id", "is odd").with("field", "actor.id");
        let status = Status::from(error);
        assert_eq!(status.message(), "`actor.id`: is odd");
        let violations = status.get_details_bad_request().expect("a field is wrong").field_violations;
        assert_eq!(violations.len(), 1);
        assert!(status.get_details_retry_info().is_none());
    }

    #[test]
    fn what_may_succeed_later_says_when() {
        for (reason, kind, waits) in [
            ("STORE_UNAVAILABLE", ErrorKind::Unavailable, true),
            ("CONFLICT", ErrorKind::Aborted, true),
            ("ETAG_MISMATCH", ErrorKind::Aborted, false),
            ("INVITATION_LIMIT", ErrorKind::ResourceExhausted, false),
            ("NOT_PERMITTED", ErrorKind::PermissionDenied, false),
        ] {
            let status = Status::from(Error::new(kind, reason, "x"));
            assert_eq!(status.get_details_retry_info().is_some(), waits, "{reason}");
        }
        let later =
            Error { retry_after_secs: Some(7), ..Error::new(ErrorKind::ResourceExhausted, "INVITATION_LIMIT", "x") };
        let retry = Status::from(later).get_details_retry_info().and_then(|info| info.retry_delay);
        assert_eq!(retry, Some(Duration::from_secs(7)));
    }
}
