//! Conversion of the service's errors to gRPC statuses, with their details. Nothing else makes a status of an error.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::service::{Error, ErrorKind};

/// The domain of every `ErrorInfo`.
const DOMAIN: &str = "rollcall";

/// How long to wait before a retry that may help.
const RETRY_AFTER: Duration = Duration::from_millis(200);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if let Some(cause) = &error.cause {
            tracing::error!(reason = error.reason, cause = %chain(&**cause), "a request failed");
        }
        let code = code(error.kind);
        let metadata: HashMap<String, String> =
            error.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let mut details = ErrorDetails::with_error_info(error.reason, DOMAIN, metadata);
        let subject = |key| error.metadata.iter().find(|(known, _)| *known == key).map(|(_, value)| value.as_str());
        match error.kind {
            ErrorKind::FailedPrecondition => {
                let about =
                    ["member", "invitation", "email", "tenant"].into_iter().find_map(subject).unwrap_or_default();
                details.add_precondition_failure_violation(error.reason, about, &error.message);
            }
            ErrorKind::Unavailable => {
                details.set_retry_info(Some(RETRY_AFTER));
            }
            // The very same request may succeed, unlike one whose etag is out of date.
            ErrorKind::Aborted if error.reason == "CONFLICT" => {
                details.set_retry_info(Some(RETRY_AFTER));
            }
            _ => {}
        }
        if let Some(seconds) = error.retry_after_secs {
            details.set_retry_info(Some(Duration::from_secs(seconds.into())));
        }
        for violation in &error.violations {
            details.add_bad_request_violation(&violation.field, &violation.description);
        }
        Self::with_error_details(code, error.message, details)
    }
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
