//! Validation of what people are called and found by: display names, user names and phone numbers.

use rollcall_engine::{Profile, Subject, SubjectRef, kind};

use crate::service::input::{
    Validator,
    email::email_form,
    letters::{unfit_in_id, unfit_in_name},
    names::{fold, id_fault},
};

const MAX_DISPLAY_NAME: usize = 200;
const MAX_USERNAME: usize = 64;
const NO_PHONE: &str = "must be in E.164 form: `+`, then 2 to 15 digits, no 0 first";

impl Validator {
    /// A subject who may become a member: not an operator, not somebody who is only an email or invited, and nobody who
    /// was erased. Returned in the form that is compared.
    pub fn person(&mut self, field: &str, subject: SubjectRef<'_>) -> Subject {
        let id = self.subject(field, subject);
        self.not_the_server(field, subject);
        self.person_type(field, subject);
        Subject::new(subject.kind, id)
    }

    /// The type of a valid subject who may become a member.
    pub fn person_type(&mut self, field: &str, subject: SubjectRef<'_>) {
        if [kind::OPERATOR, kind::EMAIL, kind::INVITED, kind::ERASED].contains(&subject.kind) {
            let description = format!("`{}` can't be a member's type; use the type that accepts or acts", subject.kind);
            self.invalid(&format!("{field}.type"), &description);
        }
    }

    /// A name shown to people, which is kept as it is: 200 bytes at most, without control characters, line breaks and
    /// others that nobody sees, but for joiners and variation selectors; may be empty.
    pub fn display_name(&mut self, field: &str, text: &str) {
        if self.max_bytes(field, text, MAX_DISPLAY_NAME)
            && let Some(fault) = unfit_in_name(text)
        {
            self.invalid(field, &fault);
        }
    }

    /// A user name, returned in its one form: that of an email where it is one, else an id of 1 to 64 bytes in Unicode
    /// normalization form C, with its ASCII letters in lower case and all others as they are, and not `*`.
    pub fn username(&mut self, field: &str, text: &str) -> String {
        if !self.required(field, text) || !self.max_bytes(field, text, MAX_USERNAME) {
            return String::new();
        }
        let username = username_form(text);
        if self.max_bytes(field, &username, MAX_USERNAME) {
            if username == "*" {
                self.invalid(field, "is `*`, which stands for everybody; choose another username");
            } else if let Some(fault) = id_fault(&username) {
                self.invalid(field, &fault);
            }
        }
        username
    }

    /// A phone number in E.164 form, the only one that it has: `+`, then 2 to 15 digits from 0 to 9, of which the first
    /// is not 0.
    pub fn phone(&mut self, field: &str, text: &str) {
        if !self.required(field, text) || is_e164(text) {
            return;
        }
        if let Some(fault) = unfit_in_id(text) {
            self.invalid(field, &fault);
        } else if let Some(digit) = text.chars().find(|letter| letter.is_numeric() && !letter.is_ascii()) {
            self.invalid(field, &format!("has `{digit}`, which is no digit from 0 to 9; it {NO_PHONE}"));
        } else {
            self.invalid(field, NO_PHONE);
        }
    }

    /// A profile, returned with the email as in [`email`](Self::email) and the user name as in
    /// [`username`](Self::username), empty ones left out. A user name that is an email or a phone number is that of the
    /// same profile: under another's, they would be taken for them.
    pub fn profile(&mut self, field: &str, profile: Profile) -> Profile {
        self.display_name(&format!("{field}.display_name"), &profile.display_name);
        let set = |text: &String| !text.is_empty();
        let email = profile.email.filter(set).map(|text| self.email(&format!("{field}.emails[0].email"), &text));
        let phone = profile.phone.filter(set);
        if let Some(phone) = &phone {
            self.phone(&format!("{field}.phone"), phone);
        }
        let username = profile.username.filter(set).map(|text| {
            let field = format!("{field}.username");
            let username = self.username(&field, &text);
            if is_email(&username) && email.as_ref() != Some(&username) {
                self.invalid(
                    &field,
                    "is an email other than the profile's; choose another username, or set this email too",
                );
            } else if is_e164(&username) && phone.as_ref() != Some(&username) {
                self.invalid(
                    &field,
                    "is a phone number other than the profile's; choose another username, or set this phone too",
                );
            }
            username
        });
        Profile { display_name: profile.display_name, email, username, phone }
    }
}

/// The one form of a user name.
fn username_form(text: &str) -> String {
    let folded = fold(text);
    if folded.contains('@') { email_form(&folded).unwrap_or(folded) } else { folded }
}

fn is_email(username: &str) -> bool {
    username.contains('@') && email_form(username).is_ok()
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::error::Error;

    fn checked(email: &str, username: &str, phone: &str) -> Result<Profile, Error> {
        let profile = Profile {
            display_name: "Ada".to_owned(),
            email: Some(email.to_owned()),
            username: Some(username.to_owned()),
            phone: Some(phone.to_owned()),
        };
        let mut validator = Validator::default();
        let profile = validator.profile("profile", profile);
        validator.finish().map(|()| profile)
    }

    #[test]
    fn display_names_are_kept_as_they_are() {
        let family = "\u{1f469}\u{200d}\u{1f692}";
        for (name, is_fine) in [
            ("", true),
            ("Ada Archer", true),
            ("Zoe\u{308}", true),
            ("\u{645}\u{6cc}\u{200c}\u{634}\u{648}\u{62f}", true),
            (family, true),
            ("\u{845b}\u{e0100}", true),
            ("Ada\nArcher", false),
            ("Ada\u{2028}Archer", false),
            ("Ada\u{202e}rehcrA", false),
            ("Ada\u{200b}", false),
            ("Ada\u{e0041}", false),
        ] {
            let mut validator = Validator::default();
            validator.display_name("display_name", name);
            assert_eq!(validator.finish().is_ok(), is_fine, "{}", name.escape_unicode());
        }
    }

    #[test]
    fn a_username_has_one_form() {
        for (text, expected) in [
            ("Ada.L", Some("ada.l")),
            ("\u{c9}RIC", Some("\u{c9}ric")),
            ("E\u{301}ric", Some("\u{c9}ric")),
            ("\u{212a}im", Some("kim")),
            ("@ada", Some("@ada")),
            ("ada@home", Some("ada@home")),
            ("Ada@B\u{fc}cher.Example", Some("ada@xn--bcher-kva.example")),
            ("", None),
            ("*", None),
            ("$ada", None),
            ("a da", None),
            ("a\u{200b}da", None),
            ("a\u{202e}da@a.example", None),
        ] {
            let mut validator = Validator::default();
            let username = validator.username("username", text);
            let found = validator.finish().ok().map(|()| username);
            assert_eq!(found.as_deref(), expected, "{}", text.escape_unicode());
        }
        for (bytes, is_fine) in [(64, true), (65, false)] {
            let mut validator = Validator::default();
            validator.username("username", &"x".repeat(bytes));
            assert_eq!(validator.finish().is_ok(), is_fine, "{bytes}");
        }
    }

    #[test]
    fn a_username_is_no_other_email_or_phone() {
        let (email, phone) = ("ada@b\u{fc}cher.example", "+4930123456");
        for username in ["", "ada", "ada@home", "Ada@b\u{fc}cher.example", "ada@xn--bcher-kva.example", phone, "+12x"] {
            assert!(checked(email, username, phone).is_ok(), "{username}");
        }
        for (username, what) in [("eve@a.example", "is an email other"), ("+4930123457", "is a phone number other")] {
            for error in [checked(email, username, phone), checked("", username, "")].map(Result::unwrap_err) {
                assert!(error.message.starts_with(&format!("`profile.username`: {what}")), "{}", error.message);
            }
        }
        let kept = checked(email, "Ada@B\u{fc}cher.example", phone).expect("is the profile's own");
        assert_eq!(kept.username, kept.email);
    }

    #[test]
    fn phone_numbers_are_e164() {
        for (phone, fault) in [
            ("+4930123456", None),
            ("+12", None),
            ("+123456789012345", None),
            ("030123", Some("must be in E.164 form")),
            ("+0301", Some("must be in E.164 form")),
            ("+1", Some("must be in E.164 form")),
            ("+1234567890123456", Some("must be in E.164 form")),
            ("+12a", Some("must be in E.164 form")),
            ("+49-30", Some("must be in E.164 form")),
            ("\u{ff0b}4930123456", Some("must be in E.164 form")),
            ("+49\u{ff13}0123456", Some("has `\u{ff13}`, which is no digit from 0 to 9; it must be in E.164 form")),
            ("+49\u{663}0123456", Some("has `\u{663}`, which is no digit")),
            ("+49 30123456", Some("has U+0020, white space, after `+49`")),
            ("\u{202a}+4930123456\u{202c}", Some("has U+202A, which turns the direction of text, at its start")),
        ] {
            let mut validator = Validator::default();
            validator.phone("phone", phone);
            let found = validator.finish().err().map(|error| error.message);
            match fault {
                None => assert_eq!(found, None, "{phone}"),
                Some(fault) => {
                    assert!(
                        found.clone().is_some_and(|found| found.starts_with(&format!("`phone`: {fault}"))),
                        "{found:?}"
                    );
                }
            }
        }
    }
}
