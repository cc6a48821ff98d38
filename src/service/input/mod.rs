//! Validation of requests: the limits of every field, and errors that name each field that breaks one.

mod email;
mod letters;
mod names;
mod people;
mod writes;

use rollcall_engine::Timestamp;

use crate::service::error::{Error, Violation};

pub(crate) use names::id_required;
pub use writes::unverified;

/// 9999-12-31T23:59:59Z, the last second of Protobuf timestamps.
const LAST_SECOND: i64 = 253_402_300_799;

/// The most wrong fields that an error lists.
const MAX_VIOLATIONS: usize = 20;

/// Collects the mistakes of a request, so that one error names them all. Each method checks one field, whose path it
/// takes (`invitees[0].email`), and adds an error if the field breaks a limit.
#[derive(Debug, Default)]
pub struct Validator {
    first: Option<Error>,
    violations: Vec<Violation>,
    /// Whether only the first mistake is noted.
    stops_at_first: bool,
}

impl Validator {
    /// Notes the first mistake only, for what is answered with one.
    pub fn of_first_mistake() -> Self {
        Self { stops_at_first: true, ..Self::default() }
    }

    /// Whether no further mistake is noted.
    pub fn is_done(&self) -> bool {
        self.stops_at_first && self.first.is_some()
    }

    /// Ends the validation.
    ///
    /// # Errors
    /// The first mistake, with its reason and metadata; its violations are those of all mistakes, up to 20.
    pub fn finish(self) -> Result<(), Error> {
        match self.first {
            None => Ok(()),
            Some(first) => Err(Error { violations: self.violations, ..first }),
        }
    }

    /// Adds a mistake: an error about fields of the request, with its violations.
    pub fn add(&mut self, error: Error) {
        if self.is_done() {
            return;
        }
        let remaining = MAX_VIOLATIONS.saturating_sub(self.violations.len());
        self.violations.extend(error.violations.iter().take(remaining).cloned());
        self.first.get_or_insert(error);
    }

    /// Text that must not be empty; whether it is not.
    pub fn required(&mut self, field: &str, text: &str) -> bool {
        if text.is_empty() {
            self.add(Error::field("FIELD_REQUIRED", field, "is empty; it must be set"));
        }
        !text.is_empty()
    }

    /// Text of `limit` bytes of UTF-8 at most; whether it is. It may be empty.
    pub fn max_bytes(&mut self, field: &str, text: &str, limit: usize) -> bool {
        if text.len() > limit {
            let description = format!("is {} bytes long; {limit} are allowed", text.len());
            let error = Error::field("FIELD_TOO_LONG", field, description);
            self.add(error.with("limit", limit.to_string()).with("length", text.len().to_string()));
        }
        text.len() <= limit
    }

    fn invalid(&mut self, field: &str, description: &str) {
        self.add(Error::field("FIELD_INVALID", field, description));
    }

    /// The number of a list's entries: from 1 to `max`.
    pub fn entry_count(&mut self, field: &str, count: usize, max: usize) {
        if count == 0 {
            self.add(Error::field("FIELD_REQUIRED", field, "is empty; at least one is needed"));
        }
        self.max_entries(field, count, max);
    }

    /// The number of a list's entries: up to `max`.
    pub fn max_entries(&mut self, field: &str, count: usize, max: usize) {
        if count > max {
            let description = format!("has {count} entries; {max} are allowed");
            self.add(Error::field("FIELD_TOO_LONG", field, description).with("limit", max.to_string()));
        }
    }

    /// The number of entries of several lists together, of which `field` names one: up to `max`.
    pub fn total(&mut self, field: &str, count: usize, max: usize) {
        if count > max {
            let description = format!("have {count} entries in all; {max} are allowed in one request");
            self.add(Error::field("FIELD_TOO_LONG", field, description).with("limit", max.to_string()));
        }
    }

    /// A field of the contract that can't be heeded yet: an error if it is set.
    pub fn not_supported(&mut self, field: &str, is_set: bool) {
        if is_set {
            self.add(Error::field("FIELD_NOT_SUPPORTED", field, "is not supported yet; leave it out"));
        }
    }

    /// A text to search for, of `limit` bytes at most, without control characters; may be empty.
    pub fn search_text(&mut self, field: &str, text: &str, limit: usize) {
        if self.max_bytes(field, text, limit) && text.chars().any(char::is_control) {
            self.invalid(field, "has control characters in it, which no name has");
        }
    }

    /// A page size, which is returned: `default` for 0, `max` for more; a negative one is refused.
    pub fn page_size(&mut self, size: i32, default: u32, max: u32) -> u32 {
        match u32::try_from(size) {
            Ok(0) => default,
            Ok(size) => size.min(max),
            Err(_) => {
                self.invalid("page_size", "is negative; use 0 for the default");
                default
            }
        }
    }

    /// An instant of the years 1970 to 9999, as seconds since 1970 and the nanoseconds after them; returned rounded up
    /// to the microsecond.
    pub fn timestamp(&mut self, field: &str, seconds: i64, nanos: i32) -> Timestamp {
        if !(0..=LAST_SECOND).contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
            self.invalid(field, "must be a time from 1970 to 9999");
            return Timestamp::default();
        }
        // Up, so that nothing expires too early; but not past the last valid instant.
        let rounded = seconds * 1_000_000 + (i64::from(nanos) + 999) / 1000;
        Timestamp(rounded.min(LAST_SECOND * 1_000_000 + 999_999))
    }
}

/// The error of a read of the store that is asked for as of an earlier token.
pub fn not_about_the_past() -> Error {
    let description = "is for the questions of AuthorizationService only; ask for `at_least_as_fresh`";
    Error::field("FIELD_NOT_SUPPORTED", "consistency.at_exact_snapshot", description)
}

#[cfg(test)]
mod tests {
    use rollcall_engine::SubjectRef;

    use super::*;

    #[test]
    fn every_mistake_is_reported_and_the_first_names_the_reason() {
        let mut validator = Validator::default();
        validator.tenant("");
        drop(validator.subject("actor", SubjectRef { kind: "user", id: &"x".repeat(129) }));
        validator.email("invitees[0].email", "nobody");
        let error = validator.finish().unwrap_err();
        assert_eq!(error.reason, "FIELD_REQUIRED");
        let fields: Vec<&str> = error.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["tenant", "actor.id", "invitees[0].email"]);
    }

    #[test]
    fn times_are_rounded_up_but_not_past_the_last_one() {
        let mut validator = Validator::default();
        let mut at = |seconds, nanos| validator.timestamp("expire_time", seconds, nanos).0;
        assert_eq!((at(1, 0), at(1, 1), at(1, 1000)), (1_000_000, 1_000_001, 1_000_001));
        assert_eq!(at(1, 999_999_999), 2_000_000);
        assert_eq!(at(LAST_SECOND, 999_999_999), LAST_SECOND * 1_000_000 + 999_999);
        assert!(validator.finish().is_ok());
    }

    #[test]
    fn a_search_text_has_no_control_characters() {
        for (text, fits) in
            [("", true), ("ada", true), ("a da", true), ("a\0", false), ("\u{85}", false), ("\n", false)]
        {
            let mut validator = Validator::default();
            validator.search_text("text", text, 200);
            assert_eq!(validator.finish().is_ok(), fits, "{text:?}");
        }
    }
}
