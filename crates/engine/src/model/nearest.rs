//! Suggests the known names that are nearest to a mistyped one, whatever their case.

use crate::domain::name::PART_SIGNS;

/// The most bytes that a name may have to be compared: more than any name, id or address that is not refused for its
/// length. A comparison costs the product of the lengths, and what is given may be a megabyte of rubbish.
const MAX_COMPARED_BYTES: usize = 256;

/// The known names that a mistyped one may have been meant for, best first: 3 at most.
///
/// First comes a name of which only the case differs. As near as one edit is a name that ends with the given one behind
/// a `.` or `:`, or the other way round (`view` and `data.view`); as near as two, one of which it is another part. Of two
/// that are equally near, the one that is nearer in length comes first, then the first in the order of bytes.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    if name.len() > MAX_COMPARED_BYTES {
        return Vec::new();
    }
    let name_in_lower_case = name.to_ascii_lowercase();
    let mut scored: Vec<(usize, usize, &str)> = known
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len() <= MAX_COMPARED_BYTES)
        .filter_map(|candidate| {
            let distance = distance(&name_in_lower_case, &candidate.to_ascii_lowercase())?;
            Some((distance, name.len().abs_diff(candidate.len()), candidate))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    // Beside one that is off by a letter, one that is off by three is no help.
    let best = scored.first().map_or(0, |(distance, ..)| *distance);
    let close = scored.into_iter().take_while(|(distance, ..)| *distance <= best + 1);
    close.take(3).map(|(.., candidate)| candidate.to_owned()).collect()
}

/// How far a name is from a known one, both in lower case; none where the two have nothing to do with each other.
fn distance(name: &str, candidate: &str) -> Option<usize> {
    if ends_with_part(candidate, name) || ends_with_part(name, candidate) {
        return Some(1);
    }
    let tolerance = tolerance(name.len().max(candidate.len()));
    let edits = (name.len().abs_diff(candidate.len()) <= tolerance)
        .then(|| strsim::damerau_levenshtein(name, candidate))
        .filter(|edits| *edits <= tolerance);
    let is_part =
        !name.is_empty() && candidate.len() > name.len() && candidate.split(PART_SIGNS).any(|part| part == name);
    edits.into_iter().chain(is_part.then_some(2)).min()
}

/// Whether a name ends with another one, which is the last of its parts or several of them.
fn ends_with_part(whole: &str, ending: &str) -> bool {
    !ending.is_empty() && whole.strip_suffix(ending).is_some_and(|before| before.ends_with(PART_SIGNS))
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
    fn case_does_not_matter() {
        assert_eq!(nearest("Data.View", ["data.edit", "data.view"]), ["data.view"]);
        assert_eq!(nearest("get", ["GET", "PUT", "POST"]), ["GET"]);
        assert_eq!(nearest("viewreservation", ["viewReservation", "editReservation"]), ["viewReservation"]);
        assert_eq!(nearest("VIEW", ["data.View"]), ["data.View"]);
    }

    #[test]
    fn relatives_are_found() {
        assert_eq!(nearest("asset_category", ["asset-category", "asset"]), ["asset-category"]);
        assert_eq!(nearest("documents", ["document", "folder"]), ["document"]);
        assert_eq!(nearest("job-sites", ["job_site", "workspace"]), ["job_site"]);
    }

    #[test]
    fn a_part_finds_the_whole() {
        let known = ["project.view", "project.edit", "data.view", "documents:read"];
        assert_eq!(nearest("view", known), ["data.view", "project.view"]);
        assert_eq!(nearest("read", known), ["documents:read"]);
        assert_eq!(nearest("project", known), ["project.edit", "project.view"]);
        assert_eq!(nearest("site.view", ["job.site.view", "job.site"]), ["job.site.view"]);
        assert_eq!(nearest("editor", ["job_site.editor", "workspace.admin"]), ["job_site.editor"]);
    }

    #[test]
    fn the_whole_finds_its_last_part() {
        assert_eq!(nearest("job_site.editor", ["editor", "viewer", "job_site"]), ["editor"]);
        assert_eq!(nearest("documents:read", ["read", "write"]), ["read"]);
    }

    #[test]
    fn what_is_written_whole_comes_before_a_part() {
        assert_eq!(nearest("View", ["data.view", "view"]), ["view", "data.view"]);
        assert_eq!(nearest("project", ["project.view", "projects"]), ["projects", "project.view"]);
        let many: Vec<String> = (0..9).map(|number| format!("kind{number}.view")).collect();
        let found = nearest("view", many.iter().rev().map(String::as_str));
        assert_eq!(found, ["kind0.view", "kind1.view", "kind2.view"], "three, whatever the order");
    }

    #[test]
    fn rubbish_is_not_compared() {
        let (rubbish, known) = ("x".repeat(1 << 20), "y".repeat(1 << 20));
        assert!(nearest(&rubbish, ["data.view", &known]).is_empty());
        assert!(nearest("data.view", [&format!("{rubbish}.data.view")[..]]).is_empty());
        assert!(nearest("", ["data.view", "a."]).len() < 3, "nothing is a part of everything");
    }

    #[test]
    fn nothing_is_near_a_strange_name() {
        assert!(nearest("xyzzy", ["data.view"]).is_empty());
        assert!(nearest("iew", ["data.view"]).is_empty(), "half a part is none");
        assert_eq!(suggestion("xyzzy", ["data.view"]), "known here: `data.view`");
    }
}
