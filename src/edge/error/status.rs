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
