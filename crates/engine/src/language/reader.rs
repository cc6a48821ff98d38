//! Reads TOML tables field by field, keeping spans and reporting what does not fit.

use std::collections::HashMap;

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use crate::{
    domain::{
        NameForm,
        name::{MAX_NAME_BYTES, has_empty_part},
    },
    language::diagnostic::{Diagnostic, Diagnostics},
    model::nearest::nearest,
};

pub use crate::{
    language::{
        diagnostic::Problems,
        span::{Lines, Located, Span},
    },
    model::nearest::suggestion,
};

/// The most bytes that a file may have.
const MAX_FILE_BYTES: usize = 1 << 20;
/// The most entries that a list may have.
const MAX_LIST_ENTRIES: usize = 256;

/// A TOML key with its span, as the parser has it.
pub type Key<'t, 'i> = &'t Spanned<DeString<'i>>;
/// A TOML value with its span, as the parser has it.
pub type Value<'t, 'i> = &'t Spanned<DeValue<'i>>;

/// Reads the text of a TOML file, at most 1 MiB. `read` turns its table into a value, and returns none where it can't
/// go on; `path` is only shown in diagnostics.
///
/// # Errors
/// Every mistake that the TOML parser and `read` find.
pub fn read_file<T>(
    path: &str,
    text: &str,
    read: impl FnOnce(&DeTable<'_>, &mut Problems) -> Option<T>,
) -> Result<T, Diagnostics> {
    let mut problems = Problems::default();
    if text.len() > MAX_FILE_BYTES {
        let label = format!("expected {MAX_FILE_BYTES} bytes at most");
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

/// Reads one table field by field. [`Fields::finish`] reports the fields that were not asked for.
pub struct Fields<'t, 'i> {
    table: &'t DeTable<'i>,
    what: String,
    span: Span,
    known: Vec<&'static str>,
    /// Fields that are misspelt, under the names that they were meant to have.
    meant: Vec<(&'static str, Value<'t, 'i>)>,
}

impl<'t, 'i> Fields<'t, 'i> {
    /// Reads `table`, which messages call `what` and which is at `span`.
    pub fn new(table: &'t DeTable<'i>, what: impl Into<String>, span: Span) -> Self {
        Self { table, what: what.into(), span, known: Vec::new(), meant: Vec::new() }
    }

    /// Reads a value that must be a table, which messages call `what`. None if it is not one, which is reported.
    pub fn from_value(value: Value<'t, 'i>, what: impl Into<String>, problems: &mut Problems) -> Option<Self> {
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

    /// The value of a field; none if it is not there.
    pub fn get(&mut self, name: &'static str) -> Option<Value<'t, 'i>> {
        self.known.push(name);
        let meant = || self.meant.iter().find(|(meant, _)| *meant == name).map(|(_, value)| *value);
        self.table.get(name).or_else(meant)
    }

    /// Finds the fields that have none of these names, which are all that there can be: each with the mistake "has no
    /// field". One that is nearest to a name that no field has is read as the field of that name from now on, so that a
    /// misspelt field is not missing too.
    pub fn misspelt(&mut self, names: &[&'static str]) -> Vec<(Located<String>, Diagnostic)> {
        self.known = names.to_vec();
        let unknown: Vec<_> = self.rest().collect();
        let mistakes = unknown.into_iter().map(|(key, value)| {
            let name = key.get_ref().as_ref();
            let near = nearest(name, names.iter().copied());
            let meant = names.iter().find(|known| near.first().is_some_and(|near| near == *known));
            if let Some(meant) = meant.filter(|meant| self.table.get(**meant).is_none()) {
                self.meant.push((*meant, value));
            }
            (Located::new(name.to_owned(), key.span()), self.unknown(key))
        });
        mistakes.collect()
    }

    /// The value of a field that must be there. None if it is not, which is reported with `example` as the remedy.
    pub fn require(&mut self, name: &'static str, example: &str, problems: &mut Problems) -> Option<Value<'t, 'i>> {
        let value = self.get(name);
        if value.is_none() {
            let start = self.span.start;
            let message = format!("{} has no `{name}`", self.what);
            problems.push(Diagnostic::new(message, start..start, "missing here").help(format!("add `{example}`")));
        }
        value
    }

    /// A string field; none if it is not there, or is not a string, which is reported.
    pub fn string(&mut self, name: &'static str, problems: &mut Problems) -> Option<Located<String>> {
        self.get(name).and_then(|value| string(value, name, problems))
    }

    /// A boolean field; false if it is not there, or is not a boolean, which is reported.
    pub fn flag(&mut self, name: &'static str, problems: &mut Problems) -> bool {
        self.get(name).is_some_and(|value| match value.get_ref() {
            DeValue::Boolean(flag) => *flag,
            other => {
                problems.push(wrong_type(value.span(), name, "`true` or `false`", other));
                false
            }
        })
    }

    /// A field that is a list of strings; empty if it is not there, or is not such a list, which is reported.
    pub fn strings(&mut self, name: &'static str, problems: &mut Problems) -> Vec<Located<String>> {
        self.get(name).and_then(|value| strings(value, name, problems)).unwrap_or_default()
    }

    /// A field that is a list of tables, each of which messages call `what`. Empty if it is not there; what is not a
    /// list or not a table is reported and left out.
    pub fn tables(&mut self, name: &'static str, what: &str, problems: &mut Problems) -> Vec<Self> {
        let items = self.get(name).and_then(|value| list(value, name, problems)).unwrap_or_default();
        items.into_iter().filter_map(|item| Self::from_value(item, what, problems)).collect()
    }

    /// Where in the file the table is.
    pub fn span(&self) -> Span {
        self.span.clone()
    }

    /// The fields that were not asked for so far, with their keys, in the order of the file.
    pub fn rest(&self) -> impl Iterator<Item = (Key<'t, 'i>, Value<'t, 'i>)> {
        let known = self.known.clone();
        self.table.iter().filter(move |(key, _)| !known.contains(&key.get_ref().as_ref()))
    }

    /// Reports every field that was not asked for.
    pub fn finish(self, problems: &mut Problems) {
        for (key, _) in self.rest() {
            problems.push(self.unknown(key));
        }
    }

    /// The mistake "has no field", with the names that were asked for so far to choose from.
    pub fn unknown(&self, key: Key<'_, '_>) -> Diagnostic {
        let name = key.get_ref().as_ref();
        let message = format!("{} has no field `{name}`", self.what);
        Diagnostic::new(message, key.span(), "not known here").help(suggestion(name, self.known.iter().copied()))
    }
}

/// A value that must be a string. None if it is not, which is reported.
pub fn string(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<Located<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(Located::new(text.as_ref().to_owned(), value.span())),
        other => {
            problems.push(wrong_type(value.span(), what, "a string", other));
            None
        }
    }
}

/// A value that must be a whole number from `min` to `max`. None if it is not, which is reported.
pub fn number(value: Value<'_, '_>, what: &str, min: u32, max: u32, problems: &mut Problems) -> Option<Located<u32>> {
    let expected = format!("a whole number from {min} to {max}");
    let DeValue::Integer(digits) = value.get_ref() else {
        problems.push(wrong_type(value.span(), what, &expected, value.get_ref()));
        return None;
    };
    let number = u32::from_str_radix(digits.as_str(), digits.radix()).ok();
    let Some(number) = number.filter(|number| (min..=max).contains(number)) else {
        let message = format!("`{what}` is out of range");
        problems.push(Diagnostic::new(message, value.span(), format!("expected {expected}")));
        return None;
    };
    Some(Located::new(number, value.span()))
}

/// A key that must be a name of this form. None if it is not, which is reported as the name of `what`.
pub fn name(key: Key<'_, '_>, what: &str, form: NameForm, problems: &mut Problems) -> Option<Located<String>> {
    checked_name(Located::new(key.get_ref().as_ref().to_owned(), key.span()), what, form, problems)
}

/// A string that must be a name, as in [`name`].
pub fn checked_name(
    name: Located<String>,
    what: &str,
    form: NameForm,
    problems: &mut Problems,
) -> Option<Located<String>> {
    if form.fits(&name.value) {
        return Some(name);
    }
    let letters = match form {
        NameForm::Policy => "lower-case letters, digits and `_`",
        NameForm::TypeOrRole => "ASCII letters, digits, `_` and `-`",
        NameForm::Action => "ASCII letters, digits, `_` and `-`, in parts joined by `.` or `:`",
    };
    let is_in_parts = form == NameForm::Action && name.value.chars().all(|sign| form.has(sign));
    let label = if is_in_parts && !name.value.is_empty() && has_empty_part(&name.value) {
        "a part of it is empty: expected letters, digits, `_` or `-` on both sides of each `.` and `:`".to_owned()
    } else {
        format!("expected {letters}, a letter first, {MAX_NAME_BYTES} at most")
    };
    problems.push(Diagnostic::new(format!("this can't be the name of {what}"), name.span, label));
    None
}

/// Reports each name that differs from one before it by its case alone, as the name of a second `what`.
pub fn check_case_twins<'n>(names: impl IntoIterator<Item = &'n Located<String>>, what: &str, problems: &mut Problems) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for name in names {
        let first = *seen.entry(name.value.to_ascii_lowercase()).or_insert(&name.value);
        if first != name.value {
            let message = format!("`{}` and `{first}` differ by their case alone", name.value);
            let label = format!("this {what} would be taken for the other");
            let help = "give one of the two another name";
            problems.push(Diagnostic::new(message, name.span.clone(), label).help(help));
        }
    }
}

/// A value that must be a list of strings, which may be empty. None if it is not, which is reported.
pub fn strings(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<Vec<Located<String>>> {
    let items: Vec<_> = list(value, what, problems)?.into_iter().map(|item| string(item, what, problems)).collect();
    items.into_iter().collect()
}

/// A value that must be a string, or a list of one or more. None if it is not, which is reported.
pub fn one_or_more(value: Value<'_, '_>, what: &str, problems: &mut Problems) -> Option<Vec<Located<String>>> {
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

/// A value that must be a list of at most 256 entries. None if it is not, which is reported.
pub fn list<'t, 'i>(value: Value<'t, 'i>, what: &str, problems: &mut Problems) -> Option<Vec<Value<'t, 'i>>> {
    match value.get_ref() {
        DeValue::Array(items) if items.len() > MAX_LIST_ENTRIES => {
            let message = format!("`{what}` has {} entries", items.len());
            problems.push(Diagnostic::new(message, value.span(), format!("expected {MAX_LIST_ENTRIES} at most")));
            None
        }
        DeValue::Array(items) => Some(items.iter().collect()),
        other => {
            problems.push(wrong_type(value.span(), what, "a list", other));
            None
        }
    }
}

/// The mistake "must be …", for a value of the wrong TOML type.
pub fn wrong_type(span: Span, what: &str, expected: &str, found: &DeValue<'_>) -> Diagnostic {
    Diagnostic::new(format!("`{what}` must be {expected}"), span, format!("found {}", article(found.type_str())))
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {kind}")
}
