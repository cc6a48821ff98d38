//! Short texts that stand for subjects, resources and people of the tests, and what follows from them.

use rollcall::proto::{
    CheckResult, Decision, EmailAddress, Invitee, Member, Profile, ResourceRef, Subject, check_result, invitee::Who,
};

/// The subject that `text` names: `edith` is the user of that id, `operator:root` names its type too, and what has
/// an `@` in it is the stand-in for an invited email.
pub fn subject(text: &str) -> Subject {
    match text.split_once(':') {
        Some((kind, id)) => Subject { r#type: kind.into(), id: id.into() },
        None if text.contains('@') => Subject { r#type: "email".into(), id: text.into() },
        None => Subject { r#type: "user".into(), id: text.into() },
    }
}

/// Whether a word is of the form of a member's random id: 26 lower-case letters and digits from 2 to 7.
pub fn is_random_id(word: &str) -> bool {
    word.len() == 26 && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

/// The short text of a subject, as [`subject`] reads it.
pub fn short(subject: &Subject) -> String {
    match subject.r#type.as_str() {
        "" | "user" | "email" => subject.id.clone(),
        kind => format!("{kind}:{}", subject.id),
    }
}

/// A member by their subject; somebody invited by their email, as requests name them.
pub fn named(member: &Member) -> Subject {
    let subject = member.subject.clone().unwrap_or_default();
    let email = member.profile.iter().flat_map(|profile| &profile.emails).next();
    match email {
        Some(address) if subject.r#type == "invited" => Subject { r#type: "email".into(), id: address.email.clone() },
        _ => subject,
    }
}

/// The resource that `text` names: `workspace` is the tenant itself, `profile:edith` names its type too, anything
/// else is a job site.
pub fn resource(tenant: &str, text: &str) -> ResourceRef {
    let (kind, id) = match text.split_once(':') {
        Some((kind, id)) => (kind, id),
        None if text == "workspace" => (text, tenant),
        None => ("job_site", text),
    };
    ResourceRef { r#type: kind.into(), id: id.into() }
}

/// The invitee that `text` names: an email when it has an `@` in it, else a subject.
pub fn invitee(text: &str) -> Invitee {
    let who = if text.contains('@') { Who::Email(text.into()) } else { Who::Subject(subject(text)) };
    Invitee { who: Some(who), ..Invitee::default() }
}

/// The email of a user of the tests.
pub fn email_of(user: &str) -> String {
    format!("{user}@acme.test")
}

/// An email that its caller has verified.
pub fn verified(email: &str) -> EmailAddress {
    EmailAddress { email: email.into(), verified: true }
}

/// The usual profile of a user of the tests: everything follows from the name.
pub fn profile(user: &str) -> Profile {
    let mut display_name = user.to_owned();
    if let Some(first) = display_name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Profile { display_name, emails: vec![verified(&email_of(user))], username: user.into(), phone: String::new() }
}

/// The decision about an item of a batch; none for one with an error.
pub fn decision(result: &CheckResult) -> Option<&Decision> {
    match result.result.as_ref()? {
        check_result::Result::Decision(decision) => Some(decision),
        check_result::Result::Error(_) => None,
    }
}

/// Whether an item of a batch is allowed.
pub fn is_allowed(result: &CheckResult) -> bool {
    decision(result).is_some_and(|decision| decision.allowed)
}
