//! Suggests the known names that are nearest to a mistyped one.

/// The known names that a mistyped one may have been meant for, best first: 3 at most.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|candidate| *candidate != name && is_worth_comparing(name, candidate))
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(name.len().max(candidate.len())))
        .collect();
    scored.sort_unstable();
    scored.dedup();
    // Beside one that is off by a letter, one that is off by three is no help.
    let best = scored.first().map_or(0, |(distance, _)| *distance);
    let close = scored.into_iter().take_while(|(distance, _)| *distance <= best + 1);
    close.take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// A comparison costs the product of the lengths, and the name may be a megabyte of rubbish.
fn is_worth_comparing(name: &str, candidate: &str) -> bool {
    name.len().abs_diff(candidate.len()) <= tolerance(name.len().max(candidate.len())) && name.len() <= 1024
}

/// The help for an unknown name: "did you mean `x`?", or when none is close "known here: " with all `known` names in
/// backticks.
pub fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(name, known.iter().copied());
    if near.is_empty() {
        format!("known here: {}", quoted(known))
    } else {
        format!("did you mean {}?", near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
    }
}

/// The names in backticks, joined by commas; "nothing" when there are none.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// The most edits between two names that count as close: a third of the length, and two for a short name.
fn tolerance(length: usize) -> usize {
    (length / 3).max(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_comes_first() {
        let known = ["data.view", "data.edit", "report.view"];
        assert_eq!(nearest("data.veiw", known), ["data.view"]);
    }

    #[test]
    fn only_as_close_a_name_comes_second() {
        assert_eq!(nearest("rax", ["ray", "raw", "max", "rye"]), ["max", "raw", "ray"]);
    }

    #[test]
    fn rubbish_is_not_compared() {
        let (rubbish, known) = ("x".repeat(1 << 20), "y".repeat(1 << 20));
        assert!(nearest(&rubbish, ["data.view", &known]).is_empty());
    }

    #[test]
    fn nothing_is_near_a_strange_name() {
        assert!(nearest("xyzzy", ["data.view"]).is_empty());
        assert_eq!(suggestion("xyzzy", ["data.view"]), "known here: `data.view`");
    }
}
