//! Reads TOML tables field by field, keeping spans and reporting what does not fit.

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use crate::language::diagnostic::{Diagnostic, Diagnostics};

pub use crate::{
    language::{
        diagnostic::Problems,
        span::{At, Lines, Span},
    },
    model::nearest::suggestion,
};

/// A file may be this many bytes long.
const MAX_FILE: usize = 1 << 20;
/// A list may have this many entries.
const MAX_LIST: usize = 256;
/// A name in a policy may be this many bytes long.
const MAX_NAME: usize = 64;

/// A TOML key as the parser has it.
pub type Key<'t, 'i> = &'t Spanned<DeString<'i>>;
/// A TOML value as the parser has it.
pub type Value<'t, 'i> = &'t Spanned<DeValue<'i>>;

/// Reads the text of a file by `read`, which gives nothing where it can't go on.
///
/// # Errors
/// Every mistake that the TOML parser and `read` find.
pub fn read_file<T>(
    path: &str,
    text: &str,
    read: impl FnOnce(&DeTable<'_>, &mut Problems) -> Option<T>,
) -> Result<T, Diagnostics> {
    let mut problems = Problems::default();
    if text.len() > MAX_FILE {
        let label = format!("expected {MAX_FILE} bytes at most");
        problems.push(Diagnostic::new(format!("the file is {} bytes long", text.len()), 0..0, label));
        return Err(problems.into_diagnostics(path, ""));
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().unwrap_or(0..0);
        problems.push(Diagnostic::new("this is not TOML", span, error.message().to_owned()));
    }
    // A file that is not even TOML would only give mistakes that follow from that.
    let found = if problems.is_empty() { read(table.get_ref(), &mut problems) } else { None };
    match found {
        Some(found) if problems.is_empty() => Ok(found),
        _ => Err(problems.into_diagnostics(path, text)),
    }
}

/// One table, read field by field; what nobody asked for is reported by [`Fields::finish`].
pub struct Fields<'t, 'i> {
    table: &'t DeTable<'i>,
    what: String,
    span: Span,
    known: Vec<&'static str>,
}

impl<'t, 'i> Fields<'t, 'i> {
    /// Reads `table`, which messages call `what`.
    pub fn new(table: &'t DeTable<'i>, what: impl Into<String>, span: Span) -> Self {
        Self { table, what: what.into(), span, known: Vec::new() }
    }

    /// Reads a value that must be a table.
    pub fn of(value: Value<'t, 'i>, what: impl Into<String>, problems: &mut Problems) -> Option<Self> {
        let what = what.into();
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(table, what, value.span())),
            other => {
                let label = format!("found {}", article(other.type_str()));
                problems.push(Diagnostic::new(format!("{what} must be a table"), value.span(), label));
                None
            }
        }
    }

    /// The field, if it is there.
    pub fn get(&mut self, name: &'static str) -> Option<Value<'t, 'i>> {
        self.known.push(name);
        self.table.get(name)
    }

    /// The field, which must be there.
    pub fn require(&mut self, name: &'static str, example: &str, problems: &mut Problems) -> Option<Value<'t, 'i>> {
        let value = self.get(name);
        if value.is_none() {
            let start = self.span.start;
            let message = format!("{} has no `{name}`", self.what);
            problems.push(Diagnostic::new(message, start..start, "missing here").help(format!("add `{example}`")));
        }
        value
    }

    /// A string, if the field is there.
    pub fn string(&mut self, name: &'static str, problems: &mut Problems) -> Option<At<String>> {
        self.get(name).and_then(|value| string(value, name, problems))
    }

    /// A boolean; false when the field is not there.
    pub fn flag(&mut self, name: &'static str, problems: &mut Problems) -> bool {
        self.get(name).is_some_and(|value| match value.get_ref() {
            DeValue::Boolean(flag) => *flag,
            other => {
                problems.push(wrong_type(value.span(), name, "`true` or `false`", other));
                false
            }
        })
    }

    /// A list of strings; empty when the field is not there.
    pub fn strings(&mut self, name: &'static str, problems: &mut Problems) -> Vec<At<String>> {
        self.get(name).and_then(|value| strings(value, name, problems)).unwrap_or_default()
    }

    /// A list of tables, each of which messages call `what`; empty when the field is not there.
    pub fn tables(&mut self, name: &'static str, what: &str, problems: &mut Problems) -> Vec<Self> {
        let items = self.get(name).and_then(|value| list(value, name, problems)).unwrap_or_default();
        items.into_iter().filter_map(|item| Self::of(item, what, problems)).collect()
    }

    /// Where the table is.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// Every field that nobody asked for, as entries of its own.
    pub fn rest(&self) -> impl Iterator<Item = (Key<'t, 'i>, Value<'t, 'i>)> {
        let known = self.known.clone();
        self.table.iter().filter(move |(key, _)| !known.contains(&key.get_ref().as_ref()))
    }

    /// Reports every field that nobody asked for.
    pub fn finish(self, problems: &mut Problems) {
        for (key, _) in self.rest() {
            problems.push(self.unknown(key));
        }
    }

    /// "has no such field", with the fields that were asked for so far to choose from.
    pub fn unknown(&self, key: Key<'_, '_>) -> Diagnostic {
        let name = key.get_ref().as_ref();
        let message = format!("{} has no field `{name}`", self.what);
        Diagnostic::new(message, key.span(), "not known here").help(suggestion(name, self.known.iter().copied()))
    }
}

/// A value that must be a string.
pub fn string(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<At<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(At::new(text.as_ref().to_owned(), value.span())),
        other => {
            problems.push(wrong_type(value.span(), what, "a string", other));
            None
        }
    }
}

/// A value that must be a whole number between `least` and `most`.
pub fn number(value: Value<'_, '_>, what: &str, least: u32, most: u32, problems: &mut Problems) -> Option<At<u32>> {
    let expected = format!("a whole number from {least} to {most}");
    let DeValue::Integer(digits) = value.get_ref() else {
        problems.push(wrong_type(value.span(), what, &expected, value.get_ref()));
        return None;
    };
    let number = u32::from_str_radix(digits.as_str(), digits.radix()).ok();
    let Some(number) = number.filter(|number| (least..=most).contains(number)) else {
        let message = format!("`{what}` is out of range");
        problems.push(Diagnostic::new(message, value.span(), format!("expected {expected}")));
        return None;
    };
    Some(At::new(number, value.span()))
}

/// A key that must be a name: lower-case letters, digits and underscores, dots too where `dotted`.
pub fn name(key: Key<'_, '_>, what: &str, dotted: bool, problems: &mut Problems) -> Option<At<String>> {
    checked_name(At::new(key.get_ref().as_ref().to_owned(), key.span()), what, dotted, problems)
}

/// A name that was read as a string, held to the same form as [`name`].
pub fn checked_name(name: At<String>, what: &str, dotted: bool, problems: &mut Problems) -> Option<At<String>> {
    let text = &name.value;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let fits = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.len() <= MAX_NAME
        && text.chars().all(|letter| plain(letter) || (dotted && letter == '.'));
    if fits {
        return Some(name);
    }
    let dots = if dotted { ", dots" } else { "" };
    let label = format!("expected lower-case letters, digits{dots} and `_`, a letter first, {MAX_NAME} at most");
    problems.push(Diagnostic::new(format!("this can't be the name of {what}"), name.span, label));
    None
}

/// A value that must be a list of strings.
pub fn strings(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<Vec<At<String>>> {
    let items: Vec<_> = list(value, what, problems)?.into_iter().map(|item| string(item, what, problems)).collect();
    items.into_iter().collect()
}

/// A value that must be a string, or a list of one or more.
pub fn one_or_more(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<Vec<At<String>>> {
    match value.get_ref() {
        DeValue::String(_) => string(value, what, problems).map(|one| vec![one]),
        DeValue::Array(items) if items.is_empty() => {
            let message = format!("`{what}` is empty");
            problems.push(Diagnostic::new(message, value.span(), "expected one or more"));
            None
        }
        DeValue::Array(_) => strings(value, what, problems),
        other => {
            problems.push(wrong_type(value.span(), what, "a string, or a list of strings", other));
            None
        }
    }
}

/// A value that must be a list.
pub fn list<'t, 'i>(value: Value<'t, 'i>, what: &str, problems: &mut Problems) -> Option<Vec<Value<'t, 'i>>> {
    match value.get_ref() {
        DeValue::Array(items) if items.len() > MAX_LIST => {
            let message = format!("`{what}` has {} entries", items.len());
            problems.push(Diagnostic::new(message, value.span(), format!("expected {MAX_LIST} at most")));
            None
        }
        DeValue::Array(items) => Some(items.iter().collect()),
        other => {
            problems.push(wrong_type(value.span(), what, "a list", other));
            None
        }
    }
}

/// "`what` must be …": a value of the wrong TOML type.
pub fn wrong_type(span: Span, what: &str, expected: &str, found: &DeValue<'_>) -> Diagnostic {
    Diagnostic::new(format!("`{what}` must be {expected}"), span, format!("found {}", article(found.type_str())))
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
