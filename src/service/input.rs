//! Validation of requests: the limits of every field, and errors that name each field that breaks one.

use rollcall_engine::{Grant, Profile, ResourceRef, Subject, SubjectRef, Timestamp, kind};

use crate::service::error::{Error, ErrorKind, Violation};

const MAX_ID: usize = 128;
const MAX_TENANT: usize = 64;
const MAX_NAME: usize = 64;
const MAX_DISPLAY_NAME: usize = 200;
const MAX_EMAIL: usize = 254;
const MAX_USERNAME: usize = 64;
const MAX_REQUEST_ID: usize = 128;
/// 9999-12-31T23:59:59Z, the last second of Protobuf timestamps.
const LAST_SECOND: i64 = 253_402_300_799;

/// The most wrong fields that an error lists: it travels in HTTP headers, which peers limit.
const MAX_VIOLATIONS: usize = 20;

/// Collects the mistakes of a request, so that one error names them all. Each method checks one field, whose path it
/// takes (`invitees[0].email`), and adds an error if the field breaks a limit.
#[derive(Debug, Default)]
pub struct Validator {
    first: Option<Error>,
    violations: Vec<Violation>,
}

impl Validator {
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

    /// The id of an existing tenant, 1 to 64 bytes.
    pub fn tenant(&mut self, text: &str) {
        if self.required("tenant", text) {
            self.max_bytes("tenant", text, MAX_TENANT);
        }
    }

    /// The letters of a new tenant's id: lower-case ASCII letters, digits, `-` and `_`, a letter or digit first. Its
    /// length is checked by [`tenant`](Self::tenant), which must be called too.
    pub fn new_tenant(&mut self, text: &str) {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let fits = text.starts_with(plain) && text.chars().all(|letter| plain(letter) || "-_".contains(letter));
        // `tenant` reports an id that is empty or too long.
        if !fits && (1..=MAX_TENANT).contains(&text.len()) {
            self.invalid(
                "tenant",
                "may have lower-case letters, digits, `-` and `_`, and starts with a letter or digit",
            );
        }
    }

    /// An id that another system gives: 1 to 128 bytes, without white space and control characters.
    pub fn id(&mut self, field: &str, text: &str) {
        if self.required(field, text)
            && self.max_bytes(field, text, MAX_ID)
            && text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        {
            self.invalid(field, "has white space or control characters in it, which an id may not");
        }
    }

    /// A name that the policy is to know (a role, an action, a type): 1 to 128 bytes.
    pub fn name(&mut self, field: &str, text: &str) {
        if self.required(field, text) {
            self.max_bytes(field, text, 2 * MAX_NAME);
        }
    }

    /// A subject of any type, whose parts are at `field.type` (1 to 64 lower-case ASCII letters, digits and `_`) and
    /// `field.id` (as in [`id`](Self::id)).
    pub fn subject(&mut self, field: &str, subject: SubjectRef<'_>) {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if subject.kind.len() > MAX_NAME {
            self.max_bytes(&format!("{field}.type"), subject.kind, MAX_NAME);
        } else if subject.kind.is_empty() || !subject.kind.chars().all(plain) {
            self.invalid(&format!("{field}.type"), "must be of lower-case letters, digits and `_`");
        }
        if subject.id.is_empty() || subject.id.len() > MAX_ID || !is_clean(subject.id) {
            self.id(&format!("{field}.id"), subject.id);
        }
    }

    /// A subject who may become a member: not an operator, and not an invited person, who is only an email.
    pub fn person(&mut self, field: &str, subject: &Subject) {
        self.subject(field, subject.as_ref());
        if [kind::OPERATOR, kind::EMAIL].contains(&subject.kind.as_str()) {
            let description = format!("`{}` can't be a member's type; use the type that accepts or acts", subject.kind);
            self.invalid(&format!("{field}.type"), &description);
        }
    }

    /// A name shown to people: 200 bytes at most, without control characters; may be empty.
    pub fn display_name(&mut self, field: &str, text: &str) {
        if self.max_bytes(field, text, MAX_DISPLAY_NAME) && text.chars().any(char::is_control) {
            self.invalid(field, "has control characters in it");
        }
    }

    /// An email, 254 bytes at most, returned normalised: without white space around it, in lower case, and with the
    /// domain in its ASCII form (UTS 46). RFC 5321 allows local parts that differ by case alone, but hardly a mail
    /// system has them, and two members with one mailbox would be worse than two mailboxes for one member.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let (local, domain) = text.trim().rsplit_once('@').unwrap_or_default();
        let ascii = idna::domain_to_ascii_strict(domain).unwrap_or_default();
        let email = format!("{}@{ascii}", local.to_lowercase());
        if self.required(field, text.trim())
            && self.max_bytes(field, text, MAX_EMAIL)
            && self.max_bytes(field, &email, MAX_EMAIL)
            && (local.is_empty() || ascii.is_empty() || !is_clean(&email))
        {
            self.invalid(field, "is no email; it must look like `name@example.com`");
        }
        email
    }

    /// A profile, returned normalised: the email as in [`email`](Self::email), the username in lower case, empty ones
    /// left out. A username has 64 bytes at most, a phone number is in E.164 form.
    pub fn profile(&mut self, field: &str, profile: Profile) -> Profile {
        self.display_name(&format!("{field}.display_name"), &profile.display_name);
        let email = profile.email.filter(|email| !email.is_empty());
        let email = email.map(|email| self.email(&format!("{field}.email"), &email));
        let username = profile.username.filter(|name| !name.is_empty()).map(|name| name.to_lowercase());
        if let Some(username) = &username {
            let field = format!("{field}.username");
            if self.max_bytes(&field, username, MAX_USERNAME) && !is_clean(username) {
                self.invalid(&field, "has white space or control characters in it");
            }
        }
        let phone = profile.phone.filter(|phone| !phone.is_empty());
        if phone.as_deref().is_some_and(|phone| !is_e164(phone)) {
            self.invalid(&format!("{field}.phone"), "must be in E.164 form: `+`, then 2 to 15 digits, no 0 first");
        }
        Profile { display_name: profile.display_name, email, username, phone }
    }

    /// A request id: 128 bytes at most, without control characters; may be empty.
    pub fn request_id(&mut self, text: &str) {
        if self.max_bytes("request_id", text, MAX_REQUEST_ID) && text.chars().any(char::is_control) {
            self.invalid("request_id", "has control characters in it");
        }
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

    /// The number of pairs that a list makes with another one: up to `max`.
    pub fn pairs(&mut self, field: &str, count: usize, max: usize) {
        if count > max {
            let description = format!("makes {count} pairs with the other list; {max} are allowed in one request");
            self.add(Error::field("FIELD_TOO_LONG", field, description).with("limit", max.to_string()));
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

    /// A resource, whose parts are at `field.type` (1 to 64 bytes) and `field.id` (128 bytes at most, without white
    /// space and control characters). The id may be empty, as that of the root resource may.
    pub fn resource(&mut self, field: &str, resource: ResourceRef<'_>) {
        if resource.kind.is_empty() || resource.kind.len() > MAX_NAME {
            let field = format!("{field}.type");
            let _ = self.required(&field, resource.kind) && self.max_bytes(&field, resource.kind, MAX_NAME);
        }
        if resource.id.len() > MAX_ID || !is_clean(resource.id) {
            self.id(&format!("{field}.id"), resource.id);
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

    /// A role at a resource, whose parts are at `field.resource` and `field.role`.
    pub fn grant(&mut self, field: &str, grant: &Grant) {
        self.resource(&format!("{field}.resource"), grant.resource.as_ref());
        self.name(&format!("{field}.role"), &grant.role);
    }
}

/// Whether a text has neither control characters nor white space.
fn is_clean(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The error of a resource without an id, which only the root resource may lack.
pub(crate) fn id_required(field: &str, resource_type: &str) -> Error {
    let description = format!("is empty; a `{resource_type}` must be named by its id");
    Error::field("FIELD_REQUIRED", format!("{field}.id"), description)
}

/// The error of a caller that names an operator as the actor, and may not.
pub fn operator_not_allowed(caller: &str) -> Error {
    let message = format!("caller `{caller}` may not assert an operator; name it in `auth.operators`");
    Error::new(ErrorKind::PermissionDenied, "OPERATOR_NOT_ALLOWED", message).with("caller", caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_reported_and_the_first_names_the_reason() {
        let mut validator = Validator::default();
        validator.tenant("");
        validator.subject("actor", SubjectRef { kind: "user", id: &"x".repeat(129) });
        validator.email("invitees[0].email", "nobody");
        let error = validator.finish().unwrap_err();
        assert_eq!(error.reason, "FIELD_REQUIRED");
        let fields: Vec<&str> = error.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["tenant", "actor.id", "invitees[0].email"]);
    }

    #[test]
    fn emails_are_compared_as_mail_systems_do() {
        let form = |text: &str| {
            let mut validator = Validator::default();
            let email = validator.email("email", text);
            validator.finish().ok().map(|()| email)
        };
        let same = Some("ada@xn--bcher-kva.example".to_owned());
        for text in
            ["ada@bücher.example", " ADA@BÜCHER.Example\t", "Ada@XN--BCHER-KVA.example", "ada@bu\u{308}cher。example"]
        {
            assert_eq!(form(text), same, "{text}");
        }
        assert_eq!(form("Érica+x@a.b").as_deref(), Some("érica+x@a.b"));
        assert_ne!(form("a.d.a@a.b"), form("ada@a.b"), "what a local part means is its own mail server's business");
        for text in ["", "ada", "@a.b", "ada@", "ada@a..b", "ada@a b", "a da@a.b", "ada@[1.2.3.4]", "ada@-a.b"] {
            assert_eq!(form(text), None, "{text}");
        }
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
    fn phone_numbers_are_e164() {
        for (phone, fits) in
            [("+4930123456", true), ("030123", false), ("+0301", false), ("+1", false), ("+12a", false)]
        {
            assert_eq!(is_e164(phone), fits, "{phone}");
        }
    }
}
