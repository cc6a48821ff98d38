//! Collects the values of every source, untyped, each with the place where it was given.

use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::config::{
    error::{Mistake, Warning},
    nearest::nearest,
    value::{Raw, Source, Value},
};

/// Every setting with its default and what it means, in the form of a file of settings.
pub const DEFAULTS: &str = include_str!("default.toml");

/// A setting given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The flag as the user knows it, for messages: `--set`, or one that stands for a single setting.
    pub name: String,
    /// The setting's dotted key, as in `store.url`. One that is no setting is a mistake.
    pub key: String,
    /// Its value, as in the environment: a list is comma separated.
    pub value: String,
}

/// The prefix of the environment variables of settings.
const PREFIX: &str = "ROLLCALL_";

/// What a key names.
enum KeyKind {
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
        leaves(document.get_ref(), "", &|_| KeyKind::Section, &mut |key, range, value| {
            let source = Source::File(path.clone(), Some(line(DEFAULTS, &range)));
            layers.values.insert(key, vec![Raw { value: convert(value), source }]);
        });
        layers
    }

    /// Every value given to `key`, the overriding one last.
    pub(super) fn values(&self, key: &str) -> &[Raw] {
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

    fn kind(&self, key: &str) -> KeyKind {
        if self.values.contains_key(key) {
            return KeyKind::Setting;
        }
        let section = format!("{key}.");
        if self.values.keys().any(|known| known.starts_with(&section)) { KeyKind::Section } else { KeyKind::Unknown }
    }

    fn add(&mut self, key: &str, raw: Raw) {
        if let Some(values) = self.values.get_mut(key) {
            values.push(raw);
            return;
        }
        let problem = match self.kind(key) {
            KeyKind::Section => "is a section, set one of the settings in it".to_owned(),
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
    kind: &dyn Fn(&str) -> KeyKind,
    visit: &mut dyn FnMut(String, Range<usize>, &DeValue<'_>),
) {
    for (name, value) in table {
        let key = format!("{prefix}{}", name.get_ref());
        match (value.get_ref(), kind(&key)) {
            (DeValue::Table(inner), KeyKind::Section) => leaves(inner, &format!("{key}."), kind, visit),
            (DeValue::Table(inner), KeyKind::Unknown) if !inner.is_empty() => {
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
