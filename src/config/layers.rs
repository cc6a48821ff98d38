//! Collects what each source says, untyped, together with where it says it.

use std::{
    collections::BTreeMap,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::config::{DEFAULTS, Flag, Mistake, Warning, nearest};

/// What the environment variable of a setting begins with.
const PREFIX: &str = "ROLLCALL_";

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A file and a line, counted from 1; no line when the file as a whole is at fault.
    File(PathBuf, Option<usize>),
    /// An environment variable.
    Variable(String),
    /// A command line flag.
    Flag(String),
}

/// A value as its source gave it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// From the environment or a flag: text that may stand for any kind.
    Untyped(String),
    /// A TOML string.
    Text(String),
    /// A TOML integer or float, in decimal.
    Number(String),
    /// A TOML boolean.
    Boolean(bool),
    /// A TOML array.
    List(Vec<Value>),
    /// Anything else, by what TOML calls it.
    Other(&'static str),
}

/// A value and its source.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    pub(super) value: Value,
    pub(super) source: Source,
}

/// What a key names.
enum Kind {
    Setting,
    Section,
    Unknown,
}

/// What all sources say, by setting, the overriding one last.
pub(super) struct Layers {
    values: BTreeMap<String, Vec<Raw>>,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) warnings: Vec<Warning>,
}

impl Layers {
    /// Starts with the defaults, which also fix what settings there are.
    pub(super) fn new() -> Self {
        let mut layers = Self { values: BTreeMap::new(), mistakes: Vec::new(), warnings: Vec::new() };
        let path = PathBuf::from("default.toml");
        let (document, _) = DeTable::parse_recoverable(DEFAULTS);
        leaves(document.get_ref(), "", &|_| Kind::Section, &mut |key, range, value| {
            let source = Source::File(path.clone(), Some(line(DEFAULTS, &range)));
            layers.values.insert(key, vec![Raw { value: convert(value), source }]);
        });
        layers
    }

    /// Every value given to `key`, the overriding one last.
    pub(super) fn of(&self, key: &str) -> &[Raw] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// Adds the text of a file.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) {
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let line = error.span().map(|range| line(text, &range));
            self.mistakes.push(Mistake {
                source: Source::File(path.to_owned(), line),
                key: None,
                problem: error.message().to_owned(),
            });
        }
        // What is left of a broken file would only add mistakes that are not there.
        if !errors.is_empty() {
            return;
        }
        let mut found = Vec::new();
        leaves(document.get_ref(), "", &|key| self.kind(key), &mut |key, range, value| {
            let source = Source::File(path.to_owned(), Some(line(text, &range)));
            found.push((key, Raw { value: convert(value), source }));
        });
        for (key, raw) in found {
            self.add(&key, raw);
        }
    }

    /// Adds the variables of the environment that are settings. Others with the same prefix are no mistakes: Kubernetes
    /// makes such for a service called `rollcall`.
    pub(super) fn add_environment(&mut self, variables: impl IntoIterator<Item = (String, String)>) {
        let known: Vec<(String, String)> = self.values.keys().map(|key| (variable(key), key.clone())).collect();
        for (name, value) in variables {
            let Some(suffix) = name.strip_prefix(PREFIX) else { continue };
            if let Some((_, key)) = known.iter().find(|(variable, _)| *variable == name) {
                self.add(key, Raw { value: Value::Untyped(value), source: Source::Variable(name.clone()) });
                continue;
            }
            // The prefix that all have in common would make each like any other.
            let suffixes = known.iter().filter_map(|(variable, _)| variable.strip_prefix(PREFIX));
            let nearest = nearest(suffix, suffixes).map(|suffix| format!("{PREFIX}{suffix}"));
            self.warnings.push(Warning { variable: name.clone(), nearest });
        }
    }

    /// Adds a flag.
    pub(super) fn add_flag(&mut self, flag: Flag) {
        self.add(&flag.key, Raw { value: Value::Untyped(flag.value), source: Source::Flag(flag.name) });
    }

    fn kind(&self, key: &str) -> Kind {
        if self.values.contains_key(key) {
            return Kind::Setting;
        }
        let section = format!("{key}.");
        if self.values.keys().any(|known| known.starts_with(&section)) { Kind::Section } else { Kind::Unknown }
    }

    fn add(&mut self, key: &str, raw: Raw) {
        if let Some(values) = self.values.get_mut(key) {
            values.push(raw);
            return;
        }
        let problem = match self.kind(key) {
            Kind::Section => "is a section, set one of the settings in it".to_owned(),
            _ => unknown(key, self.values.keys().map(String::as_str)),
        };
        self.mistakes.push(Mistake { source: raw.source, key: Some(key.to_owned()), problem });
    }
}

/// The environment variable of a setting.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

fn unknown<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> String {
    match nearest(key, known) {
        Some(known) => format!("unknown setting, the nearest is `{known}`"),
        None => "unknown setting".to_owned(),
    }
}

/// Visits what a document sets, with dotted keys.
fn leaves(
    table: &DeTable<'_>,
    prefix: &str,
    kind: &dyn Fn(&str) -> Kind,
    visit: &mut dyn FnMut(String, Range<usize>, &DeValue<'_>),
) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        match (value.get_ref(), kind(&key)) {
            (DeValue::Table(inner), Kind::Section) => leaves(inner, &format!("{key}."), kind, visit),
            (DeValue::Table(inner), Kind::Unknown) if !inner.is_empty() => {
                leaves(inner, &format!("{key}."), kind, visit);
            }
            (value, _) => visit(key, name.span(), value),
        }
    }
}

fn convert(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => {
            let decimal = i128::from_str_radix(integer.as_str(), integer.radix());
            Value::Number(decimal.map_or_else(|_| integer.to_string(), |decimal| decimal.to_string()))
        }
        DeValue::Float(float) => Value::Number(float.as_str().to_owned()),
        DeValue::Boolean(boolean) => Value::Boolean(*boolean),
        DeValue::Array(items) => Value::List(items.iter().map(Spanned::get_ref).map(convert).collect()),
        DeValue::Datetime(_) | DeValue::Table(_) => Value::Other(value.type_str()),
    }
}

fn line(text: &str, range: &Range<usize>) -> usize {
    1 + text.bytes().take(range.start).filter(|byte| *byte == b'\n').count()
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, Some(line)) => write!(f, "{}:{line}", path.display()),
            Self::File(path, None) => write!(f, "{}", path.display()),
            Self::Variable(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}
