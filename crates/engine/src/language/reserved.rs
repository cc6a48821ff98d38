//! The words of the language, which are no names of types and roles: those that it has, and those that it keeps for later.

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        span::Located,
    },
    model::mask::{Mask, NOBODY, OWNER},
};

/// Words that have no meaning yet. A policy that had them as names could not be read any more once they have one.
const RESERVED: [&str; 13] = [
    "as_group",
    "conditions",
    "custom",
    "custom_role",
    "every_action",
    "forbid",
    "granter",
    "longest",
    "registered",
    "request",
    "rules",
    "subject",
    "target",
];

/// Words that are keys beside the types, which are tables there.
const RESERVED_BESIDE_TYPES: [&str; 2] = ["edition", "people"];

/// Whether a name is one of these words, in whatever case: names that differ by case alone are not told apart.
fn is_one_of(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(name))
}

/// Reports the name of a type that is a word of the language.
pub(super) fn check_type(name: &Located<String>, problems: &mut Problems) {
    if is_one_of(&name.value, &RESERVED) || is_one_of(&name.value, &RESERVED_BESIDE_TYPES) {
        problems.push(reserved(name, "type", "the language keeps this word for later"));
    }
}

/// Reports the name of a role that is a word of the language, or differs from one of a rule by its case alone. `owner` is
/// left to [`check_owner`].
pub(super) fn check_role(name: &Located<String>, problems: &mut Problems) {
    let mut words = Mask::RELATIONS.iter().map(|(word, _)| *word).filter(|word| *word != OWNER).chain([NOBODY]);
    let word = words.find(|word| word.eq_ignore_ascii_case(&name.value));
    match word {
        Some(word) if word == name.value => {
            problems.push(reserved(name, "role", "in a rule, this word means something else"));
        }
        Some(word) => {
            let message = format!("`{}` differs from `{word}`, a word of the language, by its case alone", name.value);
            let label = "in a rule, this role would be taken for it";
            problems.push(Diagnostic::new(message, name.span.clone(), label).help("give the role another name"));
        }
        None if is_one_of(&name.value, &RESERVED) => {
            problems.push(reserved(name, "role", "the language keeps this word for later"));
        }
        None => {}
    }
}

/// Reports a role that is called `owner`, in whatever case, at a type whose resources have owners.
pub(super) fn check_owner(name: &Located<String>, resource_type: &str, problems: &mut Problems) {
    if name.value.eq_ignore_ascii_case(OWNER) {
        let message = format!("`{resource_type}` is `owned`, so `{}` can't be the name of a role of it", name.value);
        let label = "in a rule there, `owner` is whoever owns the resource";
        let help = format!("give the role another name, or take `owned` out of `[{resource_type}]`");
        problems.push(Diagnostic::new(message, name.span.clone(), label).help(help));
    }
}

fn reserved(name: &Located<String>, what: &str, label: &str) -> Diagnostic {
    let message = format!("`{}` is a word of the language, so it can't be the name of a {what}", name.value);
    Diagnostic::new(message, name.span.clone(), label).help(format!("give the {what} another name"))
}
