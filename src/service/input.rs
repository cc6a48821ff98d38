//! What a request may carry: every limit on its fields, and the errors that name a field that breaks one.

use rollcall_engine::{Grant, Profile, ResourceRef, Subject, SubjectRef, Timestamp, kind};

use crate::service::error::{Error, ErrorKind, Violation};

const MAX_ID: usize = 128;
const MAX_TENANT: usize = 64;
const MAX_NAME: usize = 64;
const MAX_DISPLAY_NAME: usize = 200;
const MAX_EMAIL: usize = 254;
const MAX_USERNAME: usize = 64;
const MAX_REQUEST_ID: usize = 128;
/// 9999-12-31T23:59:59Z, the last second that a Protobuf timestamp can tell.
const LAST_SECOND: i64 = 253_402_300_799;

/// An error travels in HTTP headers, which peers limit: this many wrong fields are told at most.
const MAX_VIOLATIONS: usize = 20;

/// Collects what is wrong with a request, so that all of it is told at once.
#[derive(Debug, Default)]
pub struct Validator {
    first: Option<Error>,
    violations: Vec<Violation>,
}

impl Validator {
    /// The error, if anything was wrong: the first mistake gives its reason and metadata, all are in its violations.
    ///
    /// # Errors
    /// The mistakes.
    pub fn finish(self) -> Result<(), Error> {
        match self.first {
            None => Ok(()),
            Some(first) => Err(Error { violations: self.violations, ..first }),
        }
    }

    /// Notes a mistake.
    pub fn add(&mut self, error: Error) {
        let room = MAX_VIOLATIONS.saturating_sub(self.violations.len());
        self.violations.extend(error.violations.iter().take(room).cloned());
        self.first.get_or_insert(error);
    }

    /// Text that must be there.
    pub fn required(&mut self, field: &str, text: &str) -> bool {
        if text.is_empty() {
            self.add(Error::field("FIELD_REQUIRED", field, "is empty; it must be set"));
        }
        !text.is_empty()
    }

    /// Text that must be no longer than `limit` bytes.
    pub fn at_most(&mut self, field: &str, text: &str, limit: usize) -> bool {
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

    /// A tenant's id in a request about an existing tenant.
    pub fn tenant(&mut self, text: &str) {
        if self.required("tenant", text) {
            self.at_most("tenant", text, MAX_TENANT);
        }
    }

    /// The letters of a tenant's id that is to be taken; beside [`Checked::tenant`].
    pub fn new_tenant(&mut self, text: &str) {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let fits = text.starts_with(plain) && text.chars().all(|letter| plain(letter) || "-_".contains(letter));
        // What is empty or too long is told by `tenant`.
        if !fits && (1..=MAX_TENANT).contains(&text.len()) {
            self.invalid(
                "tenant",
                "may have lower-case letters, digits, `-` and `_`, and starts with a letter or digit",
            );
        }
    }

    /// An id that somebody else's system gives.
    pub fn id(&mut self, field: &str, text: &str) {
        if self.required(field, text)
            && self.at_most(field, text, MAX_ID)
            && text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        {
            self.invalid(field, "has white space or control characters in it, which an id may not");
        }
    }

    /// A name of the policy's own: a type, a role, an action.
    pub fn name(&mut self, field: &str, text: &str) {
        if self.required(field, text) {
            self.at_most(field, text, 2 * MAX_NAME);
        }
    }

    /// A subject of any type, whose parts lie at `field.type` and `field.id`.
    pub fn subject(&mut self, field: &str, subject: SubjectRef<'_>) {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if subject.kind.len() > MAX_NAME {
            self.at_most(&format!("{field}.type"), subject.kind, MAX_NAME);
        } else if subject.kind.is_empty() || !subject.kind.chars().all(plain) {
            self.invalid(&format!("{field}.type"), "must be of lower-case letters, digits and `_`");
        }
        if subject.id.is_empty() || subject.id.len() > MAX_ID || !clean(subject.id) {
            self.id(&format!("{field}.id"), subject.id);
        }
    }

    /// A subject who may become a member.
    pub fn person(&mut self, field: &str, subject: &Subject) {
        self.subject(field, subject.as_ref());
        if [kind::OPERATOR, kind::EMAIL].contains(&subject.kind.as_str()) {
            let description = format!("`{}` can't be a member's type; use the type that accepts or acts", subject.kind);
            self.invalid(&format!("{field}.type"), &description);
        }
    }

    /// What people call something; may be empty.
    pub fn display_name(&mut self, field: &str, text: &str) {
        if self.at_most(field, text, MAX_DISPLAY_NAME) && text.chars().any(char::is_control) {
            self.invalid(field, "has control characters in it");
        }
    }

    /// An email, returned in the form that is compared: without white space around it, in lower case, and with the
    /// domain in its ASCII form (UTS 46). RFC 5321 lets a local part tell cases apart, but mail systems that do are
    /// hardly found, and two members of one mailbox would be worse than a mailbox that can't be told from another.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let (local, domain) = text.trim().rsplit_once('@').unwrap_or_default();
        let ascii = idna::domain_to_ascii_strict(domain).unwrap_or_default();
        let email = format!("{}@{ascii}", local.to_lowercase());
        if self.required(field, text.trim())
            && self.at_most(field, text, MAX_EMAIL)
            && self.at_most(field, &email, MAX_EMAIL)
            && (local.is_empty() || ascii.is_empty() || !clean(&email))
        {
            self.invalid(field, "is no email; it must look like `name@example.com`");
        }
        email
    }

    /// A profile, returned in the form that is kept.
    pub fn profile(&mut self, field: &str, profile: Profile) -> Profile {
        self.display_name(&format!("{field}.display_name"), &profile.display_name);
        let email = profile.email.filter(|email| !email.is_empty());
        let email = email.map(|email| self.email(&format!("{field}.email"), &email));
        let username = profile.username.filter(|name| !name.is_empty()).map(|name| name.to_lowercase());
        if let Some(username) = &username {
            let field = format!("{field}.username");
            if self.at_most(&field, username, MAX_USERNAME) && !clean(username) {
                self.invalid(&field, "has white space or control characters in it");
            }
        }
        let phone = profile.phone.filter(|phone| !phone.is_empty());
        if phone.as_deref().is_some_and(|phone| !is_e164(phone)) {
            self.invalid(&format!("{field}.phone"), "must be in E.164 form: `+`, then 2 to 15 digits, no 0 first");
        }
        Profile { display_name: profile.display_name, email, username, phone }
    }

    /// A request id; may be empty.
    pub fn request_id(&mut self, text: &str) {
        if self.at_most("request_id", text, MAX_REQUEST_ID) && text.chars().any(char::is_control) {
            self.invalid("request_id", "has control characters in it");
        }
    }

    /// How many things a list may have.
    pub fn count(&mut self, field: &str, count: usize, most: usize) {
        if count == 0 {
            self.add(Error::field("FIELD_REQUIRED", field, "is empty; at least one is needed"));
        }
        self.most(field, count, most);
    }

    /// How many entries a list may have.
    pub fn most(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            let description = format!("has {count} entries; {most} are allowed");
            self.add(Error::field("FIELD_TOO_LONG", field, description).with("limit", most.to_string()));
        }
    }

    /// How many pairs two lists may come to.
    pub fn pairs(&mut self, field: &str, count: usize, most: usize) {
        if count > most {
            let description = format!("comes to {count} pairs with the other list; {most} are allowed in one call");
            self.add(Error::field("FIELD_TOO_LONG", field, description).with("limit", most.to_string()));
        }
    }

    /// A page size: `default` for 0.
    pub fn page_size(&mut self, size: i32, default: u32, most: u32) -> u32 {
        match u32::try_from(size) {
            Ok(0) => default,
            Ok(size) => size.min(most),
            Err(_) => {
                self.invalid("page_size", "is negative; use 0 for the default");
                default
            }
        }
    }

    /// A resource, whose parts lie at `field.type` and `field.id`. Its id may be empty here: for the root type it may.
    pub fn resource(&mut self, field: &str, resource: ResourceRef<'_>) {
        if resource.kind.is_empty() || resource.kind.len() > MAX_NAME {
            let field = format!("{field}.type");
            let _ = self.required(&field, resource.kind) && self.at_most(&field, resource.kind, MAX_NAME);
        }
        if resource.id.len() > MAX_ID || !clean(resource.id) {
            self.id(&format!("{field}.id"), resource.id);
        }
    }

    /// An instant, as seconds since 1970 and nanoseconds on top, to the microsecond above; the years from 1970 to 9999.
    pub fn timestamp(&mut self, field: &str, seconds: i64, nanos: i32) -> Timestamp {
        if !(0..=LAST_SECOND).contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
            self.invalid(field, "is no time from 1970 to 9999");
            return Timestamp::default();
        }
        // Upwards, so that nothing ends before its time; but not past the last one that there is.
        let rounded = seconds * 1_000_000 + (i64::from(nanos) + 999) / 1000;
        Timestamp(rounded.min(LAST_SECOND * 1_000_000 + 999_999))
    }

    /// A role to be given at a resource.
    pub fn grant(&mut self, field: &str, grant: &Grant) {
        self.resource(&format!("{field}.resource"), grant.resource.as_ref());
        self.name(&format!("{field}.role"), &grant.role);
    }
}

fn clean(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Only the root type's one resource may go without an id.
pub(crate) fn no_id(field: &str, of: &str) -> Error {
    let description = format!("is empty; a `{of}` goes by an id");
    Error::field("FIELD_REQUIRED", format!("{field}.id"), description)
}

/// The caller may not speak for an operator.
pub fn operator_not_allowed(caller: &str) -> Error {
    let message = format!("caller `{caller}` may not assert an operator; name it in `auth.operators`");
    Error::new(ErrorKind::PermissionDenied, "OPERATOR_NOT_ALLOWED", message).with("caller", caller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_and_the_first_names_the_reason() {
        let mut checked = Validator::default();
        checked.tenant("");
        checked.subject("actor", SubjectRef { kind: "user", id: &"x".repeat(129) });
        checked.email("invitees[0].email", "nobody");
        let error = checked.finish().unwrap_err();
        assert_eq!(error.reason, "FIELD_REQUIRED");
        let fields: Vec<&str> = error.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["tenant", "actor.id", "invitees[0].email"]);
    }

    #[test]
    fn emails_are_compared_as_mail_systems_do() {
        let form = |text: &str| {
            let mut checked = Validator::default();
            let email = checked.email("email", text);
            checked.finish().ok().map(|()| email)
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
    fn times_are_rounded_up_within_what_there_is() {
        let mut checked = Validator::default();
        let mut at = |seconds, nanos| checked.timestamp("expire_time", seconds, nanos).0;
        assert_eq!((at(1, 0), at(1, 1), at(1, 1000)), (1_000_000, 1_000_001, 1_000_001));
        assert_eq!(at(1, 999_999_999), 2_000_000);
        assert_eq!(at(LAST_SECOND, 999_999_999), LAST_SECOND * 1_000_000 + 999_999);
        assert!(checked.finish().is_ok());
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
