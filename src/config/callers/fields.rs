//! A field of the file, and the path by which messages call it: `caller[2].rights[0]`.

use toml::{Spanned, de::DeValue};

use crate::config::callers::{
    mistakes::Mistakes,
    shown::{found_kind, found_text},
};

/// What a field, or an entry of a list, is for; in the words of messages.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// The name of the field.
    pub(super) name: &'static str,
    /// What is expected.
    pub(super) what: &'static str,
    /// How it is written.
    pub(super) example: &'static str,
}

impl Form {
    /// The mistake that something else was found.
    pub(super) fn instead(self, found: &str) -> String {
        format!("expected {}, {found}; write `{}`", self.what, self.example)
    }
}

/// A field or an entry of a list.
pub(super) struct Field<'t, 'i> {
    path: String,
    form: Form,
    value: &'t Spanned<DeValue<'i>>,
}

impl<'t, 'i> Field<'t, 'i> {
    pub(super) fn new(path: String, form: Form, value: &'t Spanned<DeValue<'i>>) -> Self {
        Self { path, form, value }
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn value(&self) -> &'t DeValue<'i> {
        self.value.get_ref()
    }

    /// The byte of the file at which the value starts.
    pub(super) fn start(&self) -> usize {
        self.value.span().start
    }

    /// Reports a mistake in the value.
    pub(super) fn refuse(&self, problem: impl Into<String>, mistakes: &mut Mistakes) {
        mistakes.add(self.start(), &self.path, problem);
    }

    /// Reports that the value is not what it must be. It is not shown.
    pub(super) fn refuse_kind(&self, mistakes: &mut Mistakes) {
        self.refuse(self.form.instead(found_kind(self.value())), mistakes);
    }

    /// A text that is not blank. None for anything else, which is reported.
    pub(super) fn text(&self, mistakes: &mut Mistakes) -> Option<&'t str> {
        match self.value() {
            DeValue::String(text) if text.trim().is_empty() => {
                self.refuse(self.form.instead("found an empty string"), mistakes);
                None
            }
            DeValue::String(text) => Some(text),
            _ => {
                self.refuse_kind(mistakes);
                None
            }
        }
    }

    /// A text that is read by `parse`, whose `Err` says what was expected. None if it is mistaken, which is reported.
    pub(super) fn parsed<T>(&self, parse: impl Fn(&str) -> Result<T, String>, mistakes: &mut Mistakes) -> Option<T> {
        let text = self.text(mistakes)?;
        parse(text).map_err(|problem| self.refuse(format!("{problem}, {}", found_text(text)), mistakes)).ok()
    }

    /// The entries of a list, each of this form. What is no list has none, and is reported.
    pub(super) fn items(&self, entry: Form, mistakes: &mut Mistakes) -> Vec<Self> {
        let Some(items) = self.value().as_array() else {
            self.refuse_kind(mistakes);
            return Vec::new();
        };
        let field = |(index, value)| Self { path: format!("{}[{index}]", self.path), form: entry, value };
        items.iter().enumerate().map(field).collect()
    }
}
