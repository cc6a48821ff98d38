//! The one form of an email, in which it is compared, kept and answered wherever a request has one.

use crate::service::{
    error::Error,
    input::{Validator, letters::unfit_in_id, names::fold},
};

const MAX_EMAIL: usize = 254;
/// The most bytes before the `@`: RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// What a local part has beside letters, digits and dots: RFC 5322, `atext`.
const LOCAL_SIGNS: &str = "!#$%&'*+-/=?^_`{|}~";
const NO_EMAIL: &str = "is no email; it must look like `name@example.com`";

impl Validator {
    /// An email, returned in its one form: without ASCII white space around it, in Unicode normalization form C, the
    /// ASCII letters in lower case and all others as they are, the domain in its ASCII form (UTS 46). It has 254 bytes
    /// at most, as sent and in this form, of which 64 before the `@`. Only addresses that the internet's mail reaches
    /// are fit: a local part without quotes and comments, with no dot first, last or beside another, and a domain name
    /// of two labels or more. An empty one is refused.
    ///
    /// RFC 5321 allows local parts that differ by case alone, but hardly a mail system has them, and two members with
    /// one mailbox would be worse than two mailboxes for one member. Beyond ASCII, no two systems fold alike.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let text = text.trim_ascii();
        if !self.required(field, text) || !self.max_bytes(field, text, MAX_EMAIL) {
            return String::new();
        }
        match email_form(text) {
            Ok(email) => {
                self.email_bytes(field, &email);
                email
            }
            Err(fault) => {
                self.invalid(field, &fault);
                String::new()
            }
        }
    }

    /// The length of an email in its one form, and that of its local part.
    fn email_bytes(&mut self, field: &str, email: &str) {
        let local = email.rsplit_once('@').map_or(0, |(local, _)| local.len());
        if self.max_bytes(field, email, MAX_EMAIL) && local > MAX_LOCAL {
            let description = format!("has {local} bytes before its `@`; {MAX_LOCAL} are allowed");
            let error = Error::field("FIELD_TOO_LONG", field, description);
            self.add(error.with("limit", MAX_LOCAL.to_string()).with("length", local.to_string()));
        }
    }
}

/// The one form of an email, but for its length.
///
/// # Errors
/// What is wrong with the text, and what would mend it.
pub(super) fn email_form(text: &str) -> Result<String, String> {
    if let Some(fault) = unfit_in_id(text) {
        return Err(fault);
    }
    match text.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
            Ok(format!("{}@{}", local_form(local)?, domain_form(domain)?))
        }
        _ => Err(NO_EMAIL.to_owned()),
    }
}

fn local_form(local: &str) -> Result<String, String> {
    let local = fold(local);
    let is_sign = |letter: &char| letter.is_ascii_punctuation() && *letter != '.' && !LOCAL_SIGNS.contains(*letter);
    if let Some(sign) = local.chars().find(is_sign) {
        return Err(format!(
            "has `{sign}` before its last `@`; send the bare address, `name@example.com`, without quotes, comments, a \
             name beside it, or a second address"
        ));
    }
    if local.split('.').any(str::is_empty) {
        return Err("has a dot first, last or beside another one before its `@`; leave it out".to_owned());
    }
    Ok(local)
}

fn domain_form(domain: &str) -> Result<String, String> {
    let Ok(ascii) = idna::domain_to_ascii_strict(domain) else {
        return Err(format!("has `{domain}` after its `@`, which is no domain name; it must look like `example.com`"));
    };
    match ascii.rsplit_once('.') {
        None => Err(format!(
            "has `{domain}` after its `@`, where mail from elsewhere does not get; write the whole domain, as in \
             `example.com`"
        )),
        Some((_, last)) if last.bytes().all(|byte| byte.is_ascii_digit()) => Err(format!(
            "has `{domain}` after its `@`, which is the address of a host; write the domain name, as in `example.com`"
        )),
        Some(_) => Ok(ascii),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Result<String, Error> {
        let mut validator = Validator::default();
        let email = validator.email("email", text);
        validator.finish().map(|()| email)
    }

    fn fault(text: &str) -> String {
        form(text).expect_err("is no email").message
    }

    #[test]
    fn an_email_has_one_form() {
        for (email, texts) in [
            (
                "ada@a.example",
                &["ada@a.example", "ADA@A.EXAMPLE", " \t\r\n Ada@a.Example \n", "ada@\u{ff41}.example"][..],
            ),
            (
                "ada@xn--bcher-kva.example",
                &[
                    "ada@b\u{fc}cher.example",
                    "ADA@B\u{dc}CHER.Example",
                    "ada@XN--BCHER-KVA.example",
                    "ada@bu\u{308}cher.example",
                    "ada@b\u{fc}cher\u{3002}example",
                ],
            ),
            ("ada@xn--strae-oqa.example", &["ada@stra\u{df}e.example"]),
            ("\u{e9}rica+x@a.example", &["\u{e9}rica+x@a.example", "e\u{301}RICA+X@a.example"]),
            // Other letters than those of ASCII stay as they are: É is another letter than é, and ı than i.
            ("\u{c9}rica@a.example", &["\u{c9}rica@a.example", "E\u{301}rica@a.example"]),
            ("\u{131}da@a.example", &["\u{131}da@a.example", "\u{131}DA@a.example"]),
            ("\u{130}da@a.example", &["\u{130}da@a.example", "I\u{307}da@a.example"]),
            ("stra\u{df}e@a.example", &["stra\u{df}e@a.example", "STRA\u{df}E@a.example"]),
            // The Kelvin sign is the letter K by normalization form C, a fullwidth letter is another letter.
            ("kim@a.example", &["\u{212a}im@a.example", "kim@a.example"]),
            ("\u{ff41}da@a.example", &["\u{ff41}da@a.example"]),
            // Its lower case composes with the mark behind it, its upper case does not.
            ("\u{1f0}an@a.example", &["J\u{30c}an@a.example", "j\u{30c}an@a.example", "\u{1f0}an@a.example"]),
            ("q\u{323}\u{307}@a.example", &["q\u{307}\u{323}@a.example", "Q\u{323}\u{307}@a.example"]),
            ("\u{d55c}@a.example", &["\u{1112}\u{1161}\u{11ab}@a.example", "\u{d55c}@a.example"]),
            ("a.d.a@a.example", &["a.d.a@a.example"]),
            ("o'hara/x=y!#$%&*?^`{|}~-_@a.example", &["o'hara/x=y!#$%&*?^`{|}~-_@a.example"]),
            ("ada@1.example", &["ada@1.example"]),
        ] {
            for text in texts {
                assert_eq!(form(text).ok().as_deref(), Some(email), "{}", text.escape_unicode());
            }
            assert_eq!(form(email).ok().as_deref(), Some(email), "the form of a form is itself");
        }
    }

    #[test]
    fn what_no_mail_reaches_is_no_email() {
        for text in ["", " ", "ada", "@", "@a.example", "ada@", "ada@a..example", "ada@a.example.", "ada@.a.example"] {
            assert!(form(text).is_err(), "{text}");
        }
        for text in ["ada@-a.example", "ada@a-.example", "ada@a_b.example", "ada@xn--.example", "ada@ab--c.example"] {
            assert!(fault(text).contains("is no domain name"), "{text}");
        }
        for text in ["ada@[192.0.2.1]", "ada@[IPv6:2001:db8::1]", "ada@a.example,tom@a.example", "Ada<ada@a.example>"] {
            assert!(form(text).is_err(), "{text}");
        }
        for text in [".ada@a.example", "ada.@a.example", "a..da@a.example", "..@a.example"] {
            assert!(fault(text).contains("a dot first, last or beside another one"), "{text}");
        }
        for sign in "()<>[]:;\\,\"@".chars().chain(['\u{37e}']) {
            assert!(fault(&format!("a{sign}da@a.example")).contains("before its last `@`"), "{sign}");
        }
        assert!(fault("ada@localhost").contains("write the whole domain"));
        assert!(fault("ada@192.0.2.1").contains("is the address of a host"));
        assert_eq!(fault("ada\u{ff20}a.example"), "`email`: is no email; it must look like `name@example.com`");
        for text in ["a da@a.example", "ada@a.ex ample", "\u{a0}ada@a.example", "ada@a.example\r\nBcc: tom@a.example"] {
            assert!(fault(text).contains("; leave it out"), "{text:?}");
        }
        for letter in "\0\t\u{7f}\u{85}\u{ad}\u{200b}\u{200d}\u{200f}\u{202e}\u{2028}\u{fe0f}\u{feff}\u{e0041}".chars()
        {
            for text in [format!("a{letter}da@a.example"), format!("ada@a{letter}b.example")] {
                assert!(fault(&text).contains(&format!("U+{:04X}", u32::from(letter))), "{text:?}");
            }
        }
    }

    #[test]
    fn an_email_is_as_long_as_mail_systems_take_it() {
        let local = |bytes: usize| format!("{}@a.example", "l".repeat(bytes));
        assert!(form(&local(64)).is_ok());
        let error = form(&local(65)).expect_err("is too long");
        assert_eq!(error.reason, "FIELD_TOO_LONG");
        assert!(error.metadata.contains(&("limit", "64".to_owned())), "{error:?}");
        assert!(form(&format!("{}@a.example", "\u{e9}".repeat(33))).is_err(), "bytes count, not letters");

        let whole = |last: usize| {
            let labels = ["d".repeat(63), "e".repeat(63), "f".repeat(last)].join(".");
            format!("{}@{labels}", "l".repeat(64))
        };
        assert!(form(&whole(61)).is_ok_and(|email| email.len() == 254));
        assert!(form(&whole(62)).is_err());
        assert!(form(&format!("ada@{}.example", "d".repeat(63))).is_ok());
        assert!(form(&format!("ada@{}.example", "d".repeat(64))).is_err());
        assert!(form(&format!("{}ada@a.example", " ".repeat(300))).is_ok(), "white space around it does not count");
    }
}
