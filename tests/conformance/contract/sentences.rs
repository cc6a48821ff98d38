//! Reads the sentences of the contract out of the doc comments of the ports.

use std::fs;

/// The sentences of a file of `src/service/ports`, by its name without an ending. Each begins with what it is said of,
/// an item and its member or the file, and links are their text. The first sentence of a file says only what the file
/// is about, and is left out.
pub(super) fn sentences(file: &str) -> Vec<String> {
    let path = format!("{}/src/service/ports/{file}.rs", env!("CARGO_MANIFEST_DIR"));
    read(file, &fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn read(file: &str, text: &str) -> Vec<String> {
    let (mut found, mut comment, mut container) = (Vec::new(), Vec::new(), "");
    let mut is_of_file = false;
    for line in text.lines() {
        let code = line.trim();
        if let Some(said) = code.strip_prefix("//!").or_else(|| code.strip_prefix("///")) {
            is_of_file = code.starts_with("//!");
            comment.push(said.trim());
            continue;
        }
        if code.starts_with("#[") {
            continue;
        }
        let is_top = !line.starts_with(' ');
        if let Some(implemented) = code.strip_prefix("impl ").filter(|_| is_top) {
            container = name(implemented);
        }
        if comment.is_empty() {
            continue;
        }
        let split = split(&std::mem::take(&mut comment));
        if is_of_file {
            found.extend(split.into_iter().skip(1).map(|sentence| format!("{file}: {sentence}")));
            continue;
        }
        let item = name(code);
        if is_top {
            container = item;
        }
        let item = if is_top { item.to_owned() } else { format!("{container}::{item}") };
        found.extend(split.into_iter().map(|sentence| format!("{item}: {sentence}")));
    }
    found
}

/// The name that a line of code defines.
fn name(code: &str) -> &str {
    let mut rest = code;
    for word in ["pub ", "async ", "fn ", "const ", "struct ", "enum ", "trait ", "type "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let end = rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len());
    &rest[..end]
}

/// The sentences of a comment. An item of a list is a paragraph, without its bold title.
fn split(comment: &[&str]) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in comment {
        let is_link_target = line.starts_with('[') && line.contains("]: ");
        let is_left_out = is_link_target || line.starts_with("# ");
        let item = line.strip_prefix("- **").and_then(|item| item.split_once(".** ")).map(|(_, said)| said);
        if line.is_empty() || is_left_out || item.is_some() {
            paragraphs.push(String::new());
        }
        if let Some(paragraph) = paragraphs.last_mut().filter(|_| !is_left_out) {
            paragraph.push_str(item.unwrap_or(line));
            paragraph.push(' ');
        }
    }
    let sentences = paragraphs.iter().flat_map(|paragraph| paragraph.split_inclusive(". "));
    sentences.map(|sentence| shown(sentence.trim())).filter(|sentence| !sentence.is_empty()).collect()
}

/// A text with links as they are shown.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        shown.push_str(before);
        let (linked, after) = link.split_once(']').unwrap_or((link, ""));
        shown.push_str(linked);
        let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    shown + rest
}

#[test]
fn a_sentence_is_read_with_what_it_is_said_of() {
    let text = "//! The head. More, on [`Store`](super::Store):\n//!\n//! - **Calls.** At any\n//!   time. Twice.\n\
                //!\n//! [`Store`]: super::Store\n\nuse a::b;\n\n\
                /// A store. It\n/// stores.\n#[derive(Debug)]\npub struct Store<'a> {\n    \
                /// Its name, as [`Name`].\n    pub name: &'a str,\n}\n\n\
                impl Store<'_> {\n    /// Opens it.\n    ///\n    /// # Errors\n    /// When it can't.\n    pub async fn open() {}\n}\n\n\
                /// A kind.\npub enum Kind {\n    /// The first.\n    First(u8),\n}\n";
    let expected = [
        "store: More, on `Store`:",
        "store: At any time.",
        "store: Twice.",
        "Store: A store.",
        "Store: It stores.",
        "Store::name: Its name, as `Name`.",
        "Store::open: Opens it.",
        "Store::open: When it can't.",
        "Kind: A kind.",
        "Kind::First: The first.",
    ];
    assert_eq!(read("store", text), expected);
}
