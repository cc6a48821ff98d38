//! The service's errors, each with a stable reason; the protocols' forms of them are made in `edge`.

use std::fmt;

use rollcall_engine::UnknownPolicy;

use crate::service::ports::{StoreError, ViewError};

/// The most bytes of an answer's refusals: clients take messages of 4 MiB.
pub const MAX_REFUSAL_BYTES: usize = 3 << 20;

/// After how many seconds a busy writer probably has time again.
const WRITER_RETRY_SECS: u32 = 1;
/// After how many seconds a clock that jumped ahead, and goes on steadily, is believed.
const CLOCK_RETRY_SECS: u32 = 60;

/// A refusal or failure, with everything that its caller is told.
#[derive(Debug)]
pub struct Error {
    /// The kind, which decides the status code.
    pub kind: ErrorKind,
    /// The stable name that programs rely on, in upper case: `MEMBER_NOT_FOUND`.
    pub reason: &'static str,
    /// A message for people: what is wrong, and what would mend it. Lower case, the caller's text in backticks.
    pub message: String,
    /// Facts for programs beside the reason, with keys that are stable for each reason.
    pub metadata: Vec<(&'static str, String)>,
    /// The fields of the request that are wrong, or the parts of a write that are refused, where there may be several;
    /// the error itself is about the first. Empty where it is about the request as a whole.
    pub violations: Vec<Violation>,
    /// How many parts of a write are refused, those past [`MAX_REFUSAL_BYTES`] included; 0 where the error is not about
    /// parts.
    pub refused_parts: u32,
    /// After how many seconds the same request may succeed, where that is known.
    pub retry_after_secs: Option<u32>,
    /// The underlying error, which is logged and never sent.
    pub cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kinds of errors, named like the gRPC status codes that they become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong, whatever the state.
    InvalidArgument,
    /// What the request names does not exist.
    NotFound,
    /// What the request would create exists already.
    AlreadyExists,
    /// The actor or caller lacks the right.
    PermissionDenied,
    /// The caller can't be identified.
    Unauthenticated,
    /// The state does not allow it; repeating it won't help until the state changes.
    FailedPrecondition,
    /// Another write came in between; a new read and a retry may help.
    Aborted,
    /// A quota or limit is used up, or the caller is too slow.
    ResourceExhausted,
    /// The service can't do it at present; a retry may help.
    Unavailable,
    /// A defect in the service or its data.
    Internal,
}

impl ErrorKind {
    /// Every kind, in the order in which they are declared.
    pub const ALL: [Self; 10] = [
        Self::InvalidArgument,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::Unauthenticated,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::ResourceExhausted,
        Self::Unavailable,
        Self::Internal,
    ];
}

/// One field of a request that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field: `invitees[0].email`.
    pub field: String,
    /// What is wrong with it, and what would mend it.
    pub description: String,
    /// For a part of a write that is refused, why; none for a wrong field.
    pub refused: Option<RefusedFor>,
}

/// Why a part of a write is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedFor {
    /// The stable name, as [`Error::reason`].
    pub reason: &'static str,
    /// Facts for programs, as [`Error::metadata`].
    pub metadata: Vec<(&'static str, String)>,
}

/// One part of a write that is refused, or the write as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The path of the part in the request, `invitees[0].grants[1]`; empty for the request as a whole.
    pub field: String,
    /// The stable name, as [`Error::reason`].
    pub reason: &'static str,
    /// A message for people, as [`Error::message`].
    pub message: String,
    /// Facts for programs, as [`Error::metadata`].
    pub metadata: Vec<(&'static str, String)>,
}

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error without metadata, violations or cause.
    pub fn new(kind: ErrorKind, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            reason,
            message: message.into(),
            metadata: Vec::new(),
            violations: Vec::new(),
            refused_parts: 0,
            retry_after_secs: None,
            cause: None,
        }
    }

    /// An invalid argument in one field. The field's path begins the message, and becomes metadata and a violation.
    pub fn field(reason: &'static str, field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        Self::new(ErrorKind::InvalidArgument, reason, format!("`{field}`: {description}"))
            .with("field", field.clone())
            .violation(field, description)
    }

    /// Adds a fact to the metadata; a key is used once in an error.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.metadata.push((key, value.into()));
        self
    }

    /// Adds a wrong field, by its path, and what is wrong with it.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.violations.push(Violation { field: field.into(), description: description.into(), refused: None });
        self
    }

    /// Whether policy or state refuse a write: it was understood, and the tenant and the caller are known.
    pub fn is_refusal(&self) -> bool {
        let is_refused = match self.kind {
            ErrorKind::PermissionDenied
            | ErrorKind::FailedPrecondition
            | ErrorKind::AlreadyExists
            | ErrorKind::NotFound
            | ErrorKind::Aborted => true,
            ErrorKind::ResourceExhausted => self.reason == "INVITATION_LIMIT",
            ErrorKind::InvalidArgument | ErrorKind::Unauthenticated | ErrorKind::Unavailable | ErrorKind::Internal => {
                false
            }
        };
        is_refused
            && ![
                "TENANT_NOT_FOUND",
                "OPERATOR_NOT_ALLOWED",
                "SUBJECT_TYPE_NOT_ALLOWED",
                "POLICY_NOT_LOADED",
                "CONFLICT",
            ]
            .contains(&self.reason)
    }

    /// Whether it refuses an invitation token: one that was never issued, or that is another email's.
    pub fn is_wrong_invitation_token(&self) -> bool {
        let names_invitation = self.metadata.iter().any(|(key, _)| *key == "invitation");
        self.reason == "EMAIL_MISMATCH" || self.reason == "INVITATION_NOT_FOUND" && !names_invitation
    }

    /// How many parts of the write are refused, and those that are named, whole; one for the write as a whole where it
    /// has no parts.
    pub fn into_refusals(self) -> (u32, Vec<Refusal>) {
        let Self { reason, message, metadata, violations, refused_parts, .. } = self;
        // A write without parts may still be refused for what one of its fields names.
        let field = if let [only] = &violations[..] { only.field.clone() } else { String::new() };
        let part = |Violation { field, description, refused }: Violation| {
            let RefusedFor { reason, metadata } = refused?;
            Some(Refusal { field, reason, message: description, metadata })
        };
        let parts: Vec<Refusal> = violations.into_iter().filter_map(part).collect();
        if parts.is_empty() { (1, vec![Refusal { field, reason, message, metadata }]) } else { (refused_parts, parts) }
    }

    /// The error of a tenant that does not exist, and of one in which the caller has no right to what it asks, so that nobody
    /// learns which tenants there are: `TENANT_NOT_FOUND`.
    pub fn tenant_not_found(tenant: &str) -> Self {
        let message = format!("there is no tenant `{tenant}`, or none in which this caller has the right to do this");
        Self::new(ErrorKind::NotFound, "TENANT_NOT_FOUND", message).with("tenant", tenant)
    }

    /// A stream that ends, and goes on when it is asked for again: `DRAINING`.
    pub fn draining(message: &str) -> Self {
        Self::new(ErrorKind::Unavailable, "DRAINING", message)
    }

    /// Nothing was written, for other writes keep the store busy: `WRITER_BUSY`.
    pub fn writer_busy() -> Self {
        let message = "other writes keep the store busy; nothing was written, try again";
        let error = Self::new(ErrorKind::Unavailable, "WRITER_BUSY", message);
        Self { retry_after_secs: Some(WRITER_RETRY_SECS), ..error }
    }

    /// It could not be found out in time whether a commit has happened: `COMMIT_UNKNOWN`. The cause is logged and not sent.
    pub fn commit_unknown(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "it is unknown whether this was written; repeat it with the same `request_id`";
        Self { cause: Some(cause.into()), ..Self::new(ErrorKind::Unavailable, "COMMIT_UNKNOWN", message) }
    }

    /// Nothing was written, for the clock has jumped ahead: `CLOCK_NOT_BELIEVED`.
    pub fn clock_not_believed() -> Self {
        let message = "the server's clock has jumped ahead; nothing is written until it came back or was steady for a \
                       minute";
        let error = Self::new(ErrorKind::Unavailable, "CLOCK_NOT_BELIEVED", message);
        Self { retry_after_secs: Some(CLOCK_RETRY_SECS), ..error }
    }

    /// An internal error, whose cause is logged and not sent.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "internal error; the cause is in the server's log";
        Self { cause: Some(cause.into()), ..Self::new(ErrorKind::Internal, "INTERNAL", message) }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let (kind, reason, message) = match &error {
            StoreError::Unavailable(_) => {
                (ErrorKind::Unavailable, "STORE_UNAVAILABLE", "the store can't be reached; try again")
            }
            StoreError::Busy(_) => return Self { cause: Some(Box::new(error)), ..Self::writer_busy() },
            StoreError::Unknown(_) => return Self::commit_unknown(error),
            StoreError::ReadOnly(_) => {
                (ErrorKind::Unavailable, "STORE_READ_ONLY", "the store may not be written; nothing was written")
            }
            StoreError::Lost(_) | StoreError::Copied(_) => (
                ErrorKind::Unavailable,
                "STORE_LOST",
                "the store is gone or is another process's, and nothing is answered without it; the server's log \
                 says what happened to it",
            ),
            StoreError::Conflict(_) => {
                (ErrorKind::Aborted, "CONFLICT", "another write came in between; read again, then try again")
            }
            StoreError::LostPosition => {
                let description = "is of a place in the list that is lost, for all that was around it was changed; leave it \
                                   empty to start again";
                return Self::field("INVALID_PAGE_TOKEN", "page_token", description);
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
            ViewError::TooManyChanges { limit } => {
                let message = format!(
                    "replaying the facts at this token takes more than {limit} changes; ask without \
                     `at_exact_snapshot`, or raise `snapshots.changes`"
                );
                Self::new(ErrorKind::FailedPrecondition, "SNAPSHOT_TOO_LARGE", message).with("limit", limit.to_string())
            }
            // Whoever asks for a moment knows which token it is of, and says so.
            ViewError::OtherHistory => Self::internal(error),
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
