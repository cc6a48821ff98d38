//! Validation of what people are called and reached by: display names, emails, user names and phone numbers.

use rollcall_engine::{Profile, Subject, kind};

use crate::service::input::{
    Validator,
    names::{is_clean, is_id, to_nfc},
};

const MAX_DISPLAY_NAME: usize = 200;
const MAX_EMAIL: usize = 254;
const MAX_USERNAME: usize = 64;
/// What separates addresses in the headers of a mail, or is quoted in a local part: RFC 5322, `specials`, but the dot.
const NOT_LOCAL: [char; 12] = ['(', ')', '<', '>', '[', ']', ':', ';', '@', '\\', ',', '"'];

impl Validator {
    /// A subject who may become a member: not an operator, and not an invited person, who is only an email.
    pub fn person(&mut self, field: &str, subject: &Subject) {
        self.subject(field, subject.as_ref());
        self.not_the_server(field, subject.as_ref());
        self.person_type(field, subject);
    }

    /// The type of a valid subject who may become a member.
    pub fn person_type(&mut self, field: &str, subject: &Subject) {
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

    /// An email, 254 bytes at most, returned normalised: without white space around it, in lower case and Unicode
    /// normalization form C, and with the domain in its ASCII form (UTS 46). Quoted local parts are refused. RFC 5321 allows local parts that differ by case alone, but hardly a mail
    /// system has them, and two members with one mailbox would be worse than two mailboxes for one member.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let (local, domain) = text.trim().rsplit_once('@').unwrap_or_default();
        let ascii = idna::domain_to_ascii_strict(domain).unwrap_or_default();
        let lower = local.to_lowercase();
        let local = to_nfc(&lower);
        let email = format!("{local}@{ascii}");
        if self.required(field, text.trim())
            && self.max_bytes(field, text, MAX_EMAIL)
            && self.max_bytes(field, &email, MAX_EMAIL)
            && (local.is_empty() || local.contains(NOT_LOCAL) || ascii.is_empty() || !is_clean(&email))
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
        let email = email.map(|email| self.email(&format!("{field}.emails[0].email"), &email));
        let username = profile.username.filter(|name| !name.is_empty()).map(|name| name.to_lowercase());
        if let Some(username) = &username {
            let field = format!("{field}.username");
            if self.max_bytes(&field, username, MAX_USERNAME) && (!is_id(username) || username == "*") {
                self.invalid(
                    &field,
                    "has white space or control characters in it, is `*`, begins with `$`, or is not in Unicode \
                     normalization form C",
                );
            }
        }
        let phone = profile.phone.filter(|phone| !phone.is_empty());
        if phone.as_deref().is_some_and(|phone| !is_e164(phone)) {
            self.invalid(&format!("{field}.phone"), "must be in E.164 form: `+`, then 2 to 15 digits, no 0 first");
        }
        Profile { display_name: profile.display_name, email, username, phone }
    }
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for text in ["Érica+x@a.b", "E\u{301}rica+x@a.b"] {
            assert_eq!(form(text).as_deref(), Some("érica+x@a.b"));
        }
        assert_ne!(form("a.d.a@a.b"), form("ada@a.b"), "what a local part means is its own mail server's business");
        for text in ["", "ada", "@a.b", "ada@", "ada@a..b", "ada@a b", "a da@a.b", "ada@[1.2.3.4]", "ada@-a.b"] {
            assert_eq!(form(text), None, "{text}");
        }
        for letter in NOT_LOCAL {
            assert_eq!(form(&format!("a{letter}da@a.b")), None, "{letter}");
        }
        assert_eq!(form("o'hara/x=y!#$%&*?^`{|}~@a.b").as_deref(), Some("o'hara/x=y!#$%&*?^`{|}~@a.b"));
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
