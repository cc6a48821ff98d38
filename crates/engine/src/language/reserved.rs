//! The words of the language, which are no names of types and roles: those that it has, and those that it keeps for later.

use crate::{
    language::{
        diagnostic::{Diagnostic, Problems},
        span::Located,
    },
    model::mask::{Mask, NOBODY},
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

/// Reports the name of a `role` or `type`, as `what` says, where it is a word of the language.
pub(super) fn check_name(name: &Located<String>, what: &str, problems: &mut Problems) {
    let word = name.value.as_str();
    let is_relation = Mask::RELATIONS.iter().any(|(relation, _)| *relation == word);
    let label = match what {
        "role" if word == NOBODY || is_relation => "in a rule, this word means something else",
        _ if RESERVED.contains(&word) => "the language keeps this word for later",
        _ => return,
    };
    let message = format!("`{word}` is a word of the language, so it can't be the name of a {what}");
    problems.push(Diagnostic::new(message, name.span.clone(), label).help(format!("give the {what} another name")));
}
