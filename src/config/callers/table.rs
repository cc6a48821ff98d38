//! Reads tables field by field, and reports the fields that there are not.

use toml::de::DeTable;

use crate::config::{
    callers::{
        fields::{Field, Form},
        mistakes::Mistakes,
        shown::shown,
    },
    nearest::nearest,
};

/// A table, of which every unknown field is reported.
pub(super) struct Table<'t, 'i> {
    path: String,
    start: usize,
    fields: Vec<Field<'t, 'i>>,
}

impl<'t, 'i> Table<'t, 'i> {
    /// The whole file.
    pub(super) fn of_document(document: &'t DeTable<'i>, forms: &[Form], mistakes: &mut Mistakes) -> Self {
        Self::new(String::new(), 0, document, forms, mistakes)
    }

    /// A value that must be a table with these fields. None for anything else, which is reported.
    pub(super) fn of_field(field: &Field<'t, 'i>, forms: &[Form], mistakes: &mut Mistakes) -> Option<Self> {
        let Some(table) = field.value().as_table() else {
            field.refuse_kind(mistakes);
            return None;
        };
        Some(Self::new(field.path().to_owned(), field.start(), table, forms, mistakes))
    }

    /// A field that is nearest to a name that no field has is read as that field, so that a misspelt one is not missing
    /// too.
    fn new(path: String, start: usize, table: &'t DeTable<'i>, forms: &[Form], mistakes: &mut Mistakes) -> Self {
        let names = || forms.iter().map(|form| form.name);
        let kind = if path.is_empty() { "table" } else { "field" };
        let mut fields: Vec<Field<'t, 'i>> = Vec::new();
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let meant = if names().any(|known| known == name) { Some(name) } else { nearest(name, names()) };
            let field_path = if path.is_empty() { shown(name) } else { format!("{path}.{}", shown(name)) };
            if meant != Some(name) {
                let remedy = match meant {
                    Some(meant) => format!("the nearest is `{meant}`"),
                    None => format!("the {kind}s are `{}`", names().collect::<Vec<_>>().join("`, `")),
                };
                mistakes.add(key.span().start, &field_path, format!("unknown {kind}, {remedy}"));
            }
            let is_new = |form: &&Form| {
                let is_there = meant != Some(name) && table.contains_key(form.name);
                !is_there && !fields.iter().any(|field| field.form().name == form.name)
            };
            if let Some(form) = forms.iter().find(|form| meant == Some(form.name)).filter(is_new) {
                fields.push(Field::new(field_path, *form, value));
            }
        }
        Self { path, start, fields }
    }

    /// Reports a mistake of the table as a whole.
    pub(super) fn refuse(&self, problem: &str, mistakes: &mut Mistakes) {
        mistakes.add(self.start, &self.path, problem);
    }

    /// A field; none if it is not there.
    pub(super) fn field(&self, form: Form) -> Option<&Field<'t, 'i>> {
        self.fields.iter().find(|field| field.form().name == form.name)
    }

    /// A field that must be there. None if it is not, which is reported.
    pub(super) fn require(&self, form: Form, mistakes: &mut Mistakes) -> Option<&Field<'t, 'i>> {
        let field = self.field(form);
        if field.is_none() {
            let problem = format!("expected {}, found nothing; add `{}`", form.what, form.example);
            mistakes.add(self.start, &format!("{}.{}", self.path, form.name), problem);
        }
        field
    }

    /// The entries of a list that may be left out.
    pub(super) fn items(&self, form: Form, entry: Form, mistakes: &mut Mistakes) -> Vec<Field<'t, 'i>> {
        self.field(form).map(|field| field.items(entry, mistakes)).unwrap_or_default()
    }

    /// The entries of a list that may be left out, but is not empty.
    pub(super) fn some_items(&self, form: Form, entry: Form, mistakes: &mut Mistakes) -> Vec<Field<'t, 'i>> {
        let Some(field) = self.field(form) else { return Vec::new() };
        if field.value().as_array().is_some_and(|items| items.is_empty()) {
            field.refuse(form.instead("found an empty list"), mistakes);
        }
        field.items(entry, mistakes)
    }

    /// The entries of a list that must be there, and not be empty.
    pub(super) fn required_items(&self, form: Form, entry: Form, mistakes: &mut Mistakes) -> Vec<Field<'t, 'i>> {
        self.require(form, mistakes);
        self.some_items(form, entry, mistakes)
    }
}
