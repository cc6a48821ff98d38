//! Validation of the names of things: tenants, subjects, resources, roles and actions.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use rollcall_engine::{Grant, NameForm, ResourceRef, SubjectRef, kind};

use crate::service::{
    error::Error,
    input::{Validator, letters::unfit_in_id},
};

const MAX_ID: usize = 128;
const MAX_TENANT: usize = 64;
const MAX_NAME: usize = 64;

/// A letter that PostgreSQL holds in no text, so that nothing is to be looked up by it. Other texts have no control character
/// at all.
const NUL: char = '\0';
const HAS_NUL: &str = "has U+0000, a control character; leave it out";

impl Validator {
    /// The id of an existing tenant, 1 to 64 bytes without a NUL.
    pub fn tenant(&mut self, text: &str) {
        if self.required("tenant", text) && self.max_bytes("tenant", text, MAX_TENANT) {
            if text.starts_with('$') {
                self.invalid("tenant", "begins with `$`, which is kept for the server's own; name a tenant of yours");
            } else if text.contains(NUL) {
                self.invalid("tenant", HAS_NUL);
            }
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

    /// An id that another system gives: 1 to 128 bytes in Unicode normalization form C, without white space, control
    /// characters and others that nobody sees, and without a `$` first. It is kept and compared as it is.
    pub fn id(&mut self, field: &str, text: &str) {
        if self.required(field, text)
            && self.max_bytes(field, text, MAX_ID)
            && let Some(fault) = id_fault(text)
        {
            self.invalid(field, &fault);
        }
    }

    /// A name that the policy is to know (a role, an action, a type): 1 to 128 bytes.
    pub fn name(&mut self, field: &str, text: &str) {
        if self.required(field, text) {
            self.max_bytes(field, text, 2 * MAX_NAME);
        }
    }

    /// A subject of any type, whose parts are at `field.type` (1 to 64 ASCII letters, digits, `_` and `-`, a letter
    /// first) and `field.id`, which is returned in the form that is compared: as in [`id`](Self::id), and of the
    /// type `email` as in [`email`](Self::email). Whatever reads a subject goes through this.
    #[must_use]
    pub fn subject<'a>(&mut self, field: &str, subject: SubjectRef<'a>) -> Cow<'a, str> {
        if subject.kind == kind::EMAIL {
            return Cow::Owned(self.email(&format!("{field}.id"), subject.id));
        }
        if subject.kind.len() > MAX_NAME {
            self.max_bytes(&format!("{field}.type"), subject.kind, MAX_NAME);
        } else if !NameForm::TypeOrRole.fits(subject.kind) {
            self.invalid(&format!("{field}.type"), "must be of letters, digits, `_` and `-`, a letter first");
        }
        if subject.id.is_empty() || subject.id.len() > MAX_ID || !is_id(subject.id) {
            self.id(&format!("{field}.id"), subject.id);
        }
        Cow::Borrowed(subject.id)
    }

    /// A resource, whose parts are at `field.type` (1 to 64 bytes) and `field.id` (as in [`id`](Self::id), and not `*`).
    /// The id may be empty, as that of the root resource may.
    pub fn resource(&mut self, field: &str, resource: ResourceRef<'_>) {
        if resource.kind.is_empty() || resource.kind.len() > MAX_NAME {
            let field = format!("{field}.type");
            let _ = self.required(&field, resource.kind) && self.max_bytes(&field, resource.kind, MAX_NAME);
        } else if resource.kind.contains(NUL) {
            self.invalid(&format!("{field}.type"), HAS_NUL);
        }
        if resource.id == "*" {
            self.invalid(&format!("{field}.id"), "is `*`, which stands for everybody and is no resource");
        } else if resource.id.len() > MAX_ID || !(resource.id.is_empty() || is_id(resource.id)) {
            self.id(&format!("{field}.id"), resource.id);
        }
    }

    /// Whether [`Validator::resource`] finds nothing wrong with a resource.
    pub fn is_resource(resource: ResourceRef<'_>) -> bool {
        let has_type = !resource.kind.is_empty() && resource.kind.len() <= MAX_NAME && !resource.kind.contains(NUL);
        let id = resource.id;
        has_type && (id.is_empty() || (id != "*" && id.len() <= MAX_ID && is_id(id)))
    }

    /// A role at a resource, whose parts are at `field.resource` and `field.role`.
    pub fn grant(&mut self, field: &str, grant: &Grant) {
        self.resource(&format!("{field}.resource"), grant.resource.as_ref());
        self.name(&format!("{field}.role"), &grant.role);
    }
}

/// Whether a text that is neither empty nor too long is an id.
fn is_id(text: &str) -> bool {
    id_fault(text).is_none()
}

/// What is wrong with a text as an id, and what would mend it; none if nothing, but for its length.
pub(super) fn id_fault(text: &str) -> Option<String> {
    if text.starts_with('$') {
        return Some("begins with `$`, which is kept for the server's own ids; choose another id".to_owned());
    }
    // Most ids are like this, and those of a question are looked at before every decision.
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    unfit_in_id(text).or_else(|| {
        let is_normal = ComposingNormalizerBorrowed::new_nfc().is_normalized(text);
        let fault = "is not in Unicode normalization form C; send it as NFC, so that equal ids are equal bytes";
        (!is_normal).then(|| fault.to_owned())
    })
}

/// A text in Unicode normalization form C with the letters A to Z in lower case. All others stay as they are, for beyond
/// ASCII the lower case depends on the language, and no two systems fold alike.
pub(super) fn fold(text: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfc();
    let lower = normalizer.normalize(text).to_ascii_lowercase();
    // Once more: `j` and a caron behind it compose, which `J` and a caron did not.
    normalizer.normalize(&lower).into_owned()
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

    fn subject(kind: &str, id: &str) -> Result<String, Error> {
        let mut validator = Validator::default();
        let id = validator.subject("subject", SubjectRef { kind, id }).into_owned();
        validator.finish().map(|()| id)
    }

    #[test]
    fn ids_are_visible_normal_and_not_reserved() {
        for (id, is_fine) in [
            ("edith", true),
            ("auth0|5f7c8ec7c33c6c004bbafe82", true),
            ("Edith", true),
            ("Edith@Acme.example", true),
            ("caf\u{e9}", true),
            ("cafe\u{301}", false),
            ("\u{d55c}", true),
            ("\u{1112}\u{1161}\u{11ab}", false),
            ("\u{212a}", false),
            ("\u{435}dith", true),
            ("", false),
            ("ed ith", false),
            ("ed\u{a0}ith", false),
            ("edith\0", false),
            ("ed\u{200b}ith", false),
            ("\u{202e}htide", false),
            ("edith\u{feff}", false),
            ("$system", false),
            ("a$b", true),
        ] {
            assert_eq!(fits(|validator| validator.id("id", id)), is_fine, "{id:?}");
            let expected = is_fine.then_some(id);
            assert_eq!(subject("user", id).ok().as_deref(), expected, "an id is kept as it is: {id:?}");
            let resource = ResourceRef { kind: "site", id };
            assert_eq!(fits(|validator| validator.resource("resource", resource)), is_fine || id.is_empty(), "{id:?}");
        }
        assert_eq!(subject("user", "*").ok().as_deref(), Some("*"));
        assert!(!fits(|validator| validator.resource("resource", ResourceRef { kind: "site", id: "*" })));
    }

    #[test]
    fn the_id_of_somebody_invited_is_an_email() {
        for (id, expected) in [
            (" Ada@B\u{fc}cher.Example ", Some("ada@xn--bcher-kva.example")),
            ("ada", None),
            ("a\u{200b}da@a.example", None),
            ("ada@localhost", None),
        ] {
            assert_eq!(subject(kind::EMAIL, id).ok().as_deref(), expected, "{id:?}");
        }
        let violation = subject(kind::EMAIL, "ada").expect_err("is no email").violations.remove(0);
        assert_eq!(violation.field, "subject.id");
    }

    #[test]
    fn folding_changes_the_letters_of_ascii_alone_and_leaves_nothing_to_fold() {
        for (text, folded) in [
            ("ABC xyz", "abc xyz"),
            ("\u{c9}E\u{301}\u{130}\u{39a}", "\u{c9}\u{c9}\u{130}\u{39a}"),
            ("\u{212a}", "k"),
            ("J\u{30c}H\u{331}T\u{308}W\u{30a}Y\u{30a}", "\u{1f0}\u{1e96}\u{1e97}\u{1e98}\u{1e99}"),
        ] {
            assert_eq!(fold(text), folded);
            assert_eq!(fold(folded), folded);
        }
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
            assert_eq!(subject(kind, "x").is_ok(), is_fine, "{kind:?}");
        }
    }
}
