//! The known name that a mistaken one was probably meant to be.

/// The name of `known` most like `name`, if any is like it at all. Of a dotted name the last part may match alone.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let tail = |key: &'a str| key.rsplit_once('.').map_or(key, |(_, tail)| tail);
    known
        .map(|key| {
            let whole = strsim::normalized_damerau_levenshtein(name, key);
            (whole.max(0.9 * strsim::normalized_damerau_levenshtein(name, tail(key))), key)
        })
        .filter(|(likeness, _)| *likeness > 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, key)| key)
}
