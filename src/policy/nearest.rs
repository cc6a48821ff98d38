/// The known names that a mistyped one may have meant, best first, three at most.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(usize, &str)> = known
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance(name.len().max(candidate.len())))
        .collect();
    scored.sort_unstable();
    scored.dedup();
    // Next to a clear winner the others are noise.
    let best = scored.first().map_or(0, |(distance, _)| *distance);
    scored.retain(|(distance, _)| *distance <= best + 1);
    scored.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// "did you mean `x`?", or what there is to choose from.
pub(crate) fn suggestion<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let near = nearest(name, known.iter().copied());
    if near.is_empty() {
        format!("known here: {}", quoted(known))
    } else {
        format!("did you mean {}?", near.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "))
    }
}

/// `a`, `b`, `c`.
pub(crate) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

/// A third of a name's letters may be wrong, and two of a short one's.
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
    fn nothing_is_near_a_strange_name() {
        assert!(nearest("xyzzy", ["data.view"]).is_empty());
        assert_eq!(suggestion("xyzzy", ["data.view"]), "known here: `data.view`");
    }
}
