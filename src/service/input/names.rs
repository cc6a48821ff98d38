//! Validation of the names of things: tenants, subjects, resources, roles and actions.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use rollcall_engine::{Grant, NameForm, ResourceRef, SubjectRef};

use crate::service::{error::Error, input::Validator};

const MAX_ID: usize = 128;
const MAX_TENANT: usize = 64;
const MAX_NAME: usize = 64;
/// The type of subjects that the server will make up ids for.
const RESERVED_TYPE: &str = "invited";

impl Validator {
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

    /// An id that another system gives: 1 to 128 bytes in Unicode normalization form C, without white space and control
    /// characters, and without a `$` first.
    pub fn id(&mut self, field: &str, text: &str) {
        if self.required(field, text) && self.max_bytes(field, text, MAX_ID) && !is_id(text) {
            let description = if !is_clean(text) {
                "has white space or control characters in it, which an id may not"
            } else if text.starts_with('$') {
                "begins with `$`, which is kept for the server's own ids"
            } else {
                "is not in Unicode normalization form C; send it as NFC, so that equal ids are equal bytes"
            };
            self.invalid(field, description);
        }
    }

    /// A name that the policy is to know (a role, an action, a type): 1 to 128 bytes.
    pub fn name(&mut self, field: &str, text: &str) {
        if self.required(field, text) {
            self.max_bytes(field, text, 2 * MAX_NAME);
        }
    }

    /// A subject of any type, whose parts are at `field.type` (1 to 64 ASCII letters, digits, `_` and `-`, a letter first)
    /// and `field.id` (as in [`id`](Self::id)).
    pub fn subject(&mut self, field: &str, subject: SubjectRef<'_>) {
        if subject.kind.len() > MAX_NAME {
            self.max_bytes(&format!("{field}.type"), subject.kind, MAX_NAME);
        } else if !NameForm::TypeOrRole.fits(subject.kind) {
            self.invalid(&format!("{field}.type"), "must be of letters, digits, `_` and `-`, a letter first");
        }
        if subject.kind == RESERVED_TYPE {
            self.invalid(
                &format!("{field}.type"),
                "is kept for the server's own use; somebody invited is of type `email`",
            );
        }
        if subject.id.is_empty() || subject.id.len() > MAX_ID || !is_id(subject.id) {
            self.id(&format!("{field}.id"), subject.id);
        }
    }

    /// A resource, whose parts are at `field.type` (1 to 64 bytes) and `field.id` (as in [`id`](Self::id), and not `*`).
    /// The id may be empty, as that of the root resource may.
    pub fn resource(&mut self, field: &str, resource: ResourceRef<'_>) {
        if resource.kind.is_empty() || resource.kind.len() > MAX_NAME {
            let field = format!("{field}.type");
            let _ = self.required(&field, resource.kind) && self.max_bytes(&field, resource.kind, MAX_NAME);
        }
        if resource.id == "*" {
            self.invalid(&format!("{field}.id"), "is `*`, which stands for everybody and is no resource");
        } else if resource.id.len() > MAX_ID || !(resource.id.is_empty() || is_id(resource.id)) {
            self.id(&format!("{field}.id"), resource.id);
        }
    }

    /// Whether [`Validator::resource`] finds nothing wrong with a resource.
    pub fn is_resource(resource: ResourceRef<'_>) -> bool {
        let has_type = !resource.kind.is_empty() && resource.kind.len() <= MAX_NAME;
        let id = resource.id;
        has_type && (id.is_empty() || (id != "*" && id.len() <= MAX_ID && is_id(id)))
    }

    /// A role at a resource, whose parts are at `field.resource` and `field.role`.
    pub fn grant(&mut self, field: &str, grant: &Grant) {
        self.resource(&format!("{field}.resource"), grant.resource.as_ref());
        self.name(&format!("{field}.role"), &grant.role);
    }
}

/// Whether a text has neither control characters nor white space.
pub(super) fn is_clean(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
}

/// Whether a text that is neither empty nor too long is an id.
pub(super) fn is_id(text: &str) -> bool {
    let is_normal = || text.is_ascii() || ComposingNormalizerBorrowed::new_nfc().is_normalized(text);
    is_clean(text) && !text.starts_with('$') && is_normal()
}

/// A text in Unicode normalization form C.
pub(super) fn to_nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// The error of a resource without an id, which only the root resource may lack.
pub(crate) fn id_required(field: &str, resource_type: &str) -> Error {
    let description = format!("is empty; a `{resource_type}` must be named by its id");
    Error::field("FIELD_REQUIRED", format!("{field}.id"), description)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(validate: impl FnOnce(&mut Validator)) -> bool {
        let mut validator = Validator::default();
        validate(&mut validator);
        validator.finish().is_ok()
    }

    #[test]
    fn ids_are_clean_normal_and_not_reserved() {
        for (id, is_fine) in [
            ("edith", true),
            ("auth0|5f7c8ec7c33c6c004bbafe82", true),
            ("Edith", true),
            ("caf\u{e9}", true),
            ("cafe\u{301}", false),
            ("", false),
            ("ed ith", false),
            ("ed\u{a0}ith", false),
            ("edith\0", false),
            ("$system", false),
            ("a$b", true),
        ] {
            assert_eq!(fits(|validator| validator.id("id", id)), is_fine, "{id:?}");
            let subject = SubjectRef { kind: "user", id };
            assert_eq!(fits(|validator| validator.subject("subject", subject)), is_fine, "{id:?}");
            let resource = ResourceRef { kind: "site", id };
            assert_eq!(fits(|validator| validator.resource("resource", resource)), is_fine || id.is_empty(), "{id:?}");
        }
        assert!(fits(|validator| validator.subject("subject", SubjectRef { kind: "user", id: "*" })));
        assert!(!fits(|validator| validator.resource("resource", ResourceRef { kind: "site", id: "*" })));
    }

    #[test]
    fn subject_types_are_written_as_types_of_a_policy() {
        for (kind, is_fine) in [
            ("user", true),
            ("serviceAccount", true),
            ("night-crew", true),
            ("Api2", true),
            ("", false),
            ("1st", false),
            ("-x", false),
            ("a:b", false),
            ("caf\u{e9}", false),
        ] {
            let subject = SubjectRef { kind, id: "x" };
            assert_eq!(fits(|validator| validator.subject("subject", subject)), is_fine, "{kind:?}");
        }
    }
}
