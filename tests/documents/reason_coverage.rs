//! Every reason of the contract is provoked by a test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use rollcall::proto::reasons::REASONS;

use crate::markdown::read;

/// Reasons that other tests provoke, which do not look at the metadata. The test below holds that they do.
pub const CHECKED_ELSEWHERE: [&str; 11] = [
    "CLOCK_NOT_BELIEVED",
    "COMMIT_UNKNOWN",
    "INTERNAL",
    "NOT_INVITED",
    "STORE_LOST",
    "STORE_READ_ONLY",
    "STORE_UNAVAILABLE",
    "SUBTREE_TOO_LARGE",
    "WATCH_TOO_SLOW",
    "WRITER_BUSY",
    "WRITE_QUEUE_FULL",
];

/// Sources that name reasons and provoke none: helpers, the models that tests compare with, and this list.
const NO_TESTS: [&str; 5] = [
    "tests/support/",
    "tests/oracle/",
    "tests/stress/model_based/",
    "tests/stress/write_path/",
    "tests/documents/reason_coverage.rs",
];

/// Adds the sources of tests and the files of cases below a directory, by their path in the repository.
fn sources(dir: &str, files: &mut Vec<String>) {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{dir}/{}", entry.file_name().display());
        if entry.path().is_dir() {
            sources(&path, files);
        } else if [".rs", ".tests.toml"].iter().any(|end| path.ends_with(end)) {
            files.push(path);
        }
    }
}

/// The string literals of Rust source, each with its offset.
fn literals(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let end_of = |from: usize, what: &str| source[from..].find(what).map_or(source.len(), |at| from + at + what.len());
    let mut at = 0;
    while let Some(next) = source[at..].find(['"', '\'', '/']) {
        let start = at + next;
        let rest = &source[start..];
        at = if rest.starts_with("//") {
            end_of(start, "\n")
        } else if rest.starts_with("'\\") {
            end_of(start + 3, "'")
        } else if rest.starts_with('\'') && rest.chars().nth(2) == Some('\'') {
            start + 2 + rest.chars().nth(1).map_or(0, char::len_utf8)
        } else if let Some(inside) = rest.strip_prefix('"') {
            let hashes = source[..start].bytes().rev().take_while(|byte| *byte == b'#').count();
            let end = if source[..start - hashes].ends_with('r') {
                start + inside.find(&format!("\"{}", "#".repeat(hashes))).map_or(rest.len(), |end| end + 1)
            } else {
                start + 1 + closing_quote(inside)
            };
            found.push((start, &source[start + 1..end]));
            (end + 1 + hashes).min(source.len())
        } else {
            // A lifetime, or a division.
            start + 1
        };
    }
    found
}

/// The offset of the quote that ends a literal, in the text after the opening quote.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The lines of a TOML file that are no comments, each with its offset.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let with_offset = |line| {
        let start = at;
        at += str::len(line);
        (start, line)
    };
    text.split_inclusive('\n').map(with_offset).filter(|(_, line)| !line.trim_start().starts_with('#')).collect()
}

#[test]
fn every_reason_is_provoked() {
    let reasons: BTreeSet<String> = REASONS.iter().map(|reason| reason.name.to_owned()).collect();
    let mut files = Vec::new();
    for dir in ["tests", "policies"] {
        sources(dir, &mut files);
    }
    let mut provoked: BTreeMap<&str, String> = BTreeMap::new();
    for file in files.iter().filter(|file| !NO_TESTS.iter().any(|path| file.starts_with(path))) {
        let text = read(file);
        let texts = if Path::new(file).extension().is_some_and(|extension| extension == "rs") {
            literals(&text)
        } else {
            lines(&text)
        };
        for (at, literal) in texts {
            for word in literal.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
                if let Some(reason) = reasons.get(word) {
                    let line = || text[..at].matches('\n').count() + 1;
                    provoked.entry(reason).or_insert_with(|| format!("{file}:{}", line()));
                }
            }
        }
    }
    let missing: Vec<&String> = reasons.iter().filter(|reason| !provoked.contains_key(reason.as_str())).collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}: write one");
}

/// The reason of which no error is kept: no RPC says it, for an invitation that there is has an invited member.
const NOT_KEPT: &str = "NOT_INVITED";

#[test]
fn an_error_of_every_reason_is_kept() {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/errors")).unwrap();
    let kept: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned())
        .collect();
    let reasons = REASONS.iter().map(|reason| reason.name.to_owned());
    assert_eq!(kept, reasons.filter(|reason| reason != NOT_KEPT).collect::<BTreeSet<_>>());
}

#[test]
fn literals_are_told_from_comments_and_characters() {
    let source = "let a = 'a'; // \"no\"\nlet b = '\"'; f::<'a>(\"one\\\"\", r#\"t\"wo\"#, '\\'', \"\" / 2)";
    let found: Vec<&str> = literals(source).into_iter().map(|(_, literal)| literal).collect();
    assert_eq!(found, ["one\\\"", "t\"wo", ""]);
}
