//! `people`: the subject types of those who count where a role must keep holders.

use crate::{
    domain::NameForm,
    language::{
        diagnostic::{Diagnostic, Problems},
        reader::{Fields, checked_name, strings},
        span::Located,
    },
};

/// The types that the file names; empty where it says nothing.
pub(super) fn read(fields: &mut Fields<'_, '_>, problems: &mut Problems) -> Vec<Located<String>> {
    let Some(value) = fields.get("people") else { return Vec::new() };
    let Some(named) = strings(value, "people", problems) else { return Vec::new() };
    if named.is_empty() {
        let help = "name a subject type, or take this out: people are of the type `user` then";
        problems.push(Diagnostic::new("`people` is empty", value.span(), "nobody would count").help(help));
    }
    let named = named.into_iter();
    named.filter_map(|name| checked_name(name, "a subject type", NameForm::TypeOrRole, problems)).collect()
}
