//! Names of two policies side by side: those of both in one order, and those of one alone.

use std::collections::BTreeSet;

use crate::diff::difference::Sign;

/// Whether something is in one of the two policies only.
pub(crate) fn came_or_went(before: bool, after: bool) -> Option<Sign> {
    match (before, after) {
        (false, true) => Some(Sign::Added),
        (true, false) => Some(Sign::Removed),
        _ => None,
    }
}

/// The names that are in one of the two only.
pub(crate) fn only_in_one(old: &[String], new: &[String]) -> impl Iterator<Item = (Sign, String)> {
    let names = ordered(old, new, String::as_str).into_iter();
    names.filter_map(|name| Some((came_or_went(old.contains(&name), new.contains(&name))?, name)))
}

/// The names of both, each once: in the order of the old, then new ones.
pub(crate) fn ordered<T>(old: &[T], new: &[T], name: impl Fn(&T) -> &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = old.iter().chain(new).map(|one| name(one).to_owned());
    names.filter(|name| seen.insert(name.clone())).collect()
}
