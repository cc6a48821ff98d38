//! What the texts of edition 1 mean: small policies, a tenant under each, and the answers to questions about it. Once
//! edition 1 is closed, no file of answers changes or goes away, nor does its policy: an engine that answers otherwise is
//! wrong.
//!
//! `NAME.answers.toml` has the answers under the policy `NAME.toml`. `questions.rs` says what an entry asks.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    missing_docs,
    reason = "a test fails by panicking, and nobody imports it"
)]

mod file;
mod questions;
mod settings;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod support;

use std::{fs, ops::Range, path::PathBuf};

use rollcall_engine::compile;

use file::AnswersFile;
use settings::settings;

/// Every file of answers, without `.answers.toml`.
const NAMES: [&str; 9] =
    ["bounds", "defaults", "expiry", "inheritance", "memberships", "ownership", "rules", "teams", "whom"];

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/edition_1")
}

fn text(name: &str) -> String {
    fs::read_to_string(directory().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The lines in which a part of a text is.
fn lines_at<'t>(text: &'t str, part: &Range<usize>) -> impl Iterator<Item = &'t str> {
    let start = text[..part.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[part.end..].find('\n').map_or(text.len(), |end| part.end + end);
    text[start..end].lines()
}

#[test]
fn every_answer_is_as_it_was() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for name in NAMES {
        let answers = AnswersFile::read_of(name, &text);
        assert_eq!((answers.policy.edition(), answers.policy.name()), (1, name));
        let found = answers.wrong(&mut count);
        wrong.extend(found.into_iter().map(|line| format!("{name}.answers.toml: {line}")));
    }
    assert!(wrong.is_empty(), "{} of {count} answers are others:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 2_500, "only {count} answers are left");
}

#[test]
fn every_setting_is_as_it_was() {
    let answers = NAMES.map(|name| AnswersFile::read_of(name, &text));
    let said: Vec<&AnswersFile> = answers.iter().filter(|answers| answers.settings.is_some()).collect();
    assert!(!said.is_empty(), "no file says what its policy sets");
    for answers in said {
        assert_eq!(answers.settings.as_deref(), Some(settings(&answers.policy).as_str()));
    }
}

/// Texts that are no policy of edition 1 stay none: each differs from a policy of these by one replacement.
#[test]
fn what_was_refused_is_refused() {
    for name in NAMES {
        let policy = text(&format!("{name}.toml"));
        for refused in AnswersFile::read_of(name, &text).refused {
            let (old, new) = (&refused.replace, &refused.with);
            assert_eq!(policy.matches(old.as_str()).count(), 1, "{name}: `{old}`");
            let text = policy.replace(old, new);
            let mistakes = compile(name, &text).err().unwrap_or_else(|| panic!("{name}: `{new}` is a policy now"));
            let marked: Vec<&str> = mistakes.list().iter().flat_map(|mistake| lines_at(&text, &mistake.span)).collect();
            for mark in &refused.marks {
                let is_marked = marked.iter().any(|line| line.contains(mark.as_str()));
                assert!(is_marked, "{name}: `{new}`: {}", mistakes.render(false));
            }
        }
    }
}

#[test]
fn every_file_is_of_a_policy_with_answers() {
    let files = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> =
        files.filter(|name| name.rsplit_once('.').is_some_and(|(_, end)| end == "toml")).collect();
    files.sort();
    let expected: Vec<String> =
        NAMES.iter().flat_map(|name| [format!("{name}.answers.toml"), format!("{name}.toml")]).collect();
    assert_eq!(files, expected);
    for name in files {
        assert!(text(&name).contains("this file never changes"), "{name} does not say that it is kept");
    }
}
