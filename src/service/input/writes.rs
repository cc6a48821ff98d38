//! Validation of the fields that every write has.

use rollcall_engine::{SubjectRef, kind};

use crate::service::{
    caller::Caller,
    error::Error,
    input::{
        Validator,
        letters::{unfit_in_name, unfit_in_request_id},
    },
};

const MAX_REQUEST_ID: usize = 128;
const MAX_REASON: usize = 500;

impl Validator {
    /// The subject on whose behalf a write is made, which is valid as a subject: any but the server itself and everybody.
    pub fn actor(&mut self, field: &str, subject: SubjectRef<'_>) {
        self.not_the_server(field, subject);
        if subject.is_everybody() {
            self.invalid(&format!("{field}.id"), "is `*`, and everybody does nothing; name who acts");
        }
        if subject.kind == kind::ERASED {
            self.invalid(&format!("{field}.type"), "is `erased`, and whoever was erased does nothing; name who acts");
        }
    }

    /// A subject other than `service:rollcall`, which is this server.
    pub(super) fn not_the_server(&mut self, field: &str, subject: SubjectRef<'_>) {
        if subject.kind == kind::SERVICE && subject.id == Caller::SERVER {
            self.invalid(&format!("{field}.id"), "is the server itself, in whose name nobody else acts");
        }
    }

    /// A request id: `min_bytes` to 128 bytes, without control characters and others that nobody sees; may be empty.
    pub fn request_id(&mut self, text: &str, min_bytes: usize) {
        if text.is_empty() || !self.max_bytes("request_id", text, MAX_REQUEST_ID) {
            return;
        }
        if let Some(fault) = unfit_in_request_id(text) {
            self.invalid("request_id", &fault);
        } else if text.len() < min_bytes {
            let description = format!(
                "is {} bytes long; {min_bytes} are needed, random ones such as a UUID, for the invitation tokens are \
                 derived from it",
                text.len(),
            );
            self.invalid("request_id", &description);
        }
    }

    /// Why a write is made: 500 bytes at most, without control characters and others that nobody sees; may be empty.
    pub fn reason(&mut self, text: &str) {
        if self.max_bytes("reason", text, MAX_REASON)
            && let Some(fault) = unfit_in_name(text)
        {
            self.invalid("reason", &fault);
        }
    }

    /// Whether a refusal is to be explained, which only a dry run does.
    pub fn explain(&mut self, explain: bool, validate_only: bool) {
        if explain && !validate_only {
            self.invalid("explain", "is set without `validate_only`; set both, or neither");
        }
    }
}

/// The error of an email, which the request has in `field`, that is not verified though it must be.
pub fn unverified(field: &str) -> Error {
    let description = "is false, and an address that is not verified is not supported yet; verify that it is theirs, and \
                       send true";
    Error::field("FIELD_NOT_SUPPORTED", format!("{field}.verified"), description)
}
