//! Decides with nothing but the engine: a question, a membership write, and why not.
#![allow(clippy::print_stdout, reason = "an example shows its answers")]

use std::{error::Error, sync::Arc};

use rollcall_engine::{
    Change, Commit, Facts as _, Grant, Head, Member, MemberStatus, MembershipWrite, Profile, Question, Resource,
    ResourceKey, Revision, StatedFacts, Subject, Timestamp, View, WriteKind, compile, decide, explain, locate, permit,
};

const POLICY: &str = r#"
edition = 1
policy = "notes"
version = 1
root = "book"
[book]
roles = { author = { implies = ["reader"] }, reader = {} }
actions = { "page.read" = "reader", "page.write" = "author" }
members = { invite = [{ by = "author", to = ["author", "reader"] }] }
"#;

fn main() -> Result<(), Box<dyn Error>> {
    answers()?.iter().for_each(|answer| println!("{answer}"));
    Ok(())
}

/// What comes out, a line each.
///
/// # Errors
/// The mistakes of the policy, or what does not add up.
pub fn answers() -> Result<Vec<String>, Box<dyn Error>> {
    let policy = Arc::new(compile("notes.toml", POLICY).map_err(|mistakes| mistakes.render(false))?);
    let (book, rita, nina) = (ResourceKey::new("book", "diary"), Subject::user("rita"), Subject::user("nina"));
    let now = Timestamp::default();
    let mut facts = View::new(policy, Head::default());
    let (key, subject) = (book.clone(), rita.clone());
    let root =
        Resource { key, parent: None, owner: None, archived: false, display_name: String::new(), created_at: now };
    let status = MemberStatus::Active;
    let member = Member { subject, profile: Profile::default(), status, locked: false, created_at: now };
    let reads = Change::granted(&rita, &Grant::permanent(book.clone(), "reader"));
    let log = [Change::ResourceCreated { resource: root }, Change::MemberAdded { member }, reads];
    let head = Head { revision: Revision(1), ..Head::default() };
    facts.follow(&[Commit { head, at: now, changes: log.into() }]).map_err(|_| "the log does not add up")?;

    let (resource_type, mut answers) = (facts.policy().root(), Vec::new());
    for action in resource_type.actions() {
        let target = locate(&facts, resource_type, "diary", StatedFacts::default());
        let question = Question::new(rita.as_ref(), action, target);
        let decision = decide(&facts, &question);
        answers.push(explain(&facts, &question, resource_type, &book, &decision).summary);
    }
    let reader = facts.policy().find_role(resource_type, "reader").map_err(|unknown| unknown.name)?.id();
    let invite = MembershipWrite::giving(WriteKind::Invite, reader);
    let refusal = permit(&facts, rita.as_ref(), facts.root(), nina.as_ref(), invite).err();
    answers.push(refusal.map_or("permitted", |refusal| refusal.code()).to_owned());
    Ok(answers)
}
