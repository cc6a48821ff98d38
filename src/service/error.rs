//! What can go wrong, in the service's own words. The wire form is made elsewhere, in one place.

use std::fmt;

use rollcall_engine::UnknownPolicy;

use crate::service::ports::{StoreError, ViewError};

/// A refusal or failure, ready to be told to a caller.
#[derive(Debug)]
pub struct Error {
    /// What kind it is.
    pub kind: ErrorKind,
    /// The stable name that programs go by.
    pub reason: &'static str,
    /// One sentence for people: what is wrong, and what would mend it.
    pub message: String,
    /// Facts that programs may want, beside the reason.
    pub metadata: Vec<(&'static str, String)>,
    /// The fields of the request that are wrong.
    pub violations: Vec<Violation>,
    /// After how many seconds the very same request may succeed, where that is known.
    pub retry_after: Option<u32>,
    /// What the log should know and the caller must not.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of errors, after the gRPC codes that they become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong, whatever the state.
    InvalidArgument,
    /// What the request names does not exist.
    NotFound,
    /// What the request would make exists.
    AlreadyExists,
    /// The actor or caller may not.
    PermissionDenied,
    /// The caller is not known.
    Unauthenticated,
    /// The state does not allow it; repeating it won't help until the state changes.
    FailedPrecondition,
    /// Somebody else changed it meanwhile; read it again.
    Aborted,
    /// There is no room for it now, or the caller is too slow.
    ResourceExhausted,
    /// It can't be done now; a retry may help.
    Unavailable,
    /// A defect.
    Internal,
}

/// One field of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field: `invitees[0].email`.
    pub field: String,
    /// What is wrong with it, and what would mend it.
    pub description: String,
}

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without metadata.
    pub fn new(kind: ErrorKind, reason: &'static str, message: impl Into<String>) -> Self {
        let (metadata, violations) = (Vec::new(), Vec::new());
        Self { kind, reason, message: message.into(), metadata, violations, retry_after: None, cause: None }
    }

    /// The request is wrong in one field.
    pub fn field(reason: &'static str, field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        Self::new(ErrorKind::InvalidArgument, reason, format!("`{field}`: {description}"))
            .with("field", field.clone())
            .violation(field, description)
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    /// Adds a field that is wrong.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.violations.push(Violation { field: field.into(), description: description.into() });
        self
    }

    /// No such tenant.
    pub fn no_tenant(tenant: &str) -> Self {
        Self::new(ErrorKind::NotFound, "TENANT_NOT_FOUND", format!("there is no tenant `{tenant}`"))
            .with("tenant", tenant)
    }

    /// A defect, which the log tells about.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "something is broken in the service; its log says what";
        Self { cause: Some(cause.into()), ..Self::new(ErrorKind::Internal, "INTERNAL", message) }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (kind, reason, message) = match &error {
            StoreError::Unavailable(_) => {
                (ErrorKind::Unavailable, "STORE_UNAVAILABLE", "the store can't be reached; try again")
            }
            StoreError::Conflict(_) => {
                (ErrorKind::Aborted, "CONFLICT", "another write got in between; read again, then try again")
            }
            StoreError::Broken(_) => return Self::internal(error),
        };
        Self { cause: Some(Box::new(error)), ..Self::new(kind, reason, message) }
    }
}

impl From<ViewError> for Error {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Store(error) => error.into(),
            ViewError::UnknownPolicy(UnknownPolicy { name, version }) => {
                let message =
                    format!("the tenant runs policy `{name}` version {version}, which this server has not loaded");
                Self::new(ErrorKind::FailedPrecondition, "POLICY_NOT_LOADED", message)
                    .with("policy", name)
                    .with("version", version.to_string())
            }
            ViewError::Behind { found, shown } => {
                let message = format!(
                    "the store answered as of revision {found} of the tenant, and this server has shown revision {shown}; \
                     try again, and restart the server if its database was restored from a backup"
                );
                Self::new(ErrorKind::Unavailable, "STORE_BEHIND", message)
                    .with("revision", found.to_string())
                    .with("shown_revision", shown.to_string())
            }
            ViewError::TooManyChanges { limit } => {
                let message = format!(
                    "the facts at this token come of more than {limit} changes, too many to replay; ask without \
                     `at_exact_snapshot`, or raise `snapshots.changes`"
                );
                Self::new(ErrorKind::FailedPrecondition, "SNAPSHOT_TOO_LARGE", message).with("limit", limit.to_string())
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}
