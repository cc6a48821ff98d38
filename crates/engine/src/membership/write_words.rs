//! Membership writes in words: `change A or B to C`.

use crate::model::{Policy, ResourceType, mask::Mask, write_kind::WriteKind};

/// Words for the writes of a kind that take one of the roles `from` and give one of the roles `to`, each worded as it
/// is to be shown: `change A or B to C`, `remove A`, `invite as B`, `lock A`, `lock`. Of a kind that takes or gives roles the
/// list should not be empty. Whom they are made to follows in brackets, as a rule has it, where that is not empty.
pub fn describe(kind: WriteKind, from: &[String], to: &[String], whom: &str) -> String {
    let (name, from_words) = (kind.name(), join_words(from, "or"));
    let write = match (from.is_empty(), kind.grants_roles()) {
        (false, true) if !kind.removes_roles() => format!("{name} {from_words} as {}", join_words(to, "or")),
        (false, true) if from == to => format!("{name} between {}", join_words(from, "and")),
        (false, true) => format!("{name} {from_words} to {}", join_words(to, "or")),
        (false, false) if kind == WriteKind::Transfer => format!("{name} to {from_words}"),
        (false, false) => format!("{name} {from_words}"),
        (true, true) => format!("{name} as {}", join_words(to, "or")),
        (true, false) => name.to_owned(),
    };
    if whom.is_empty() { write } else { format!("{write} (whom `{whom}`)") }
}

/// The names of the roles that are taken or given, in backticks.
pub(super) fn role_names(policy: &Policy, resource_type: &ResourceType, mask: Mask) -> Vec<String> {
    let names: Vec<String> = policy.roles_in(mask).map(|role| format!("`{}`", role.name())).collect();
    match mask.contains(Mask::ANYONE) {
        true if names.len() == resource_type.roles().len() => vec!["anybody".to_owned()],
        true => names.into_iter().chain(["somebody without a role".to_owned()]).collect(),
        false => names,
    }
}

/// Joins words as a sentence lists them: `a`, `a and b`, `a, b and c`, where `conjunction` is `and`. Without words,
/// empty.
pub fn join_words<S: AsRef<str>>(words: &[S], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} {conjunction} {}", first.join(", "), last.as_ref())
        }
    }
}
