//! `people`: the subject types of those who count where a role must keep holders.

use crate::{
    domain::{NameForm, kind},
    language::{
        diagnostic::{Diagnostic, Problems},
        document::TypeDecl,
        reader::{Fields, checked_name, strings},
        span::Located,
    },
};

/// Who people are when the file does not say.
const DEFAULT: &str = kind::USER;

/// Subject types of which no active member is.
const NOBODY: [&str; 4] = [kind::OPERATOR, kind::EMAIL, kind::INVITED, kind::ERASED];

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

/// The subject types of people. Reports those that can't be.
pub(super) fn compile(named: &[Located<String>], types: &[TypeDecl], problems: &mut Problems) -> Vec<String> {
    for (at, name) in named.iter().enumerate() {
        let is_team = types.iter().any(|declared| declared.teams && declared.name.value == name.value);
        let is_repeated = named.iter().take(at).any(|other| other.value == name.value);
        let label = match &*name.value {
            _ if is_repeated => "it is here twice",
            _ if is_team => "its subjects are teams, which can't act",
            other if NOBODY.contains(&other) => "no active member is of this type",
            _ => continue,
        };
        let message = format!("`{}` can't be a type of `people`", name.value);
        problems.push(Diagnostic::new(message, name.span.clone(), label).help("take it out"));
    }
    match named {
        [] => vec![DEFAULT.to_owned()],
        named => named.iter().map(|name| name.value.clone()).collect(),
    }
}
