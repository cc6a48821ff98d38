//! How messages show what was found: on one line, cut, and not at all where it may be a secret.

use toml::de::DeValue;

/// From this many letters and digits in a row on, a text may be a key or its hash.
const SECRET_RUN: usize = 24;
/// How many characters are shown.
const SHOWN: usize = 80;

/// What kind of value was found. The value itself is not shown: it may be a key that was written at the wrong field.
pub(super) fn found_kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "found a string",
        DeValue::Integer(_) => "found an integer",
        DeValue::Float(_) => "found a float",
        DeValue::Boolean(_) => "found a boolean",
        DeValue::Datetime(_) => "found a date or time",
        DeValue::Array(_) => "found a list",
        DeValue::Table(_) => "found a table",
    }
}

/// Which text was found.
pub(super) fn found_text(text: &str) -> String {
    if may_be_secret(text) {
        return "found a string that may be a secret".to_owned();
    }
    format!("found the string `{}`", cut(text))
}

/// A name as it was written, in backticks that are not part of it.
pub(super) fn shown(name: &str) -> String {
    if may_be_secret(name) { "…".to_owned() } else { cut(name) }
}

fn cut(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn may_be_secret(text: &str) -> bool {
    let is_inside = |letter: char| letter.is_ascii_alphanumeric() || "+_=".contains(letter);
    text.split(|letter| !is_inside(letter)).any(|run| run.len() >= SECRET_RUN)
}
