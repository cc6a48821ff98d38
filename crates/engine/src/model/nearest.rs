//! Suggests the known names that are nearest to a mistyped one, whatever their case.

use crate::domain::name::PART_SIGNS;

/// The most bytes that a name may have to be compared: more than any name, id or address that is not refused for its
/// length. What is given may be a megabyte of rubbish, or a file with ten thousand unknown names.
const MAX_COMPARED_BYTES: usize = 256;
/// The most edits between two names that are near, however long they are.
const MAX_EDITS: usize = 6;

/// The known names that a mistyped one may have been meant for, best first: 3 at most.
///
/// First comes a name of which only the case differs. As near as one edit is a name that ends with the given one behind
/// a `.` or `:`, or the other way round (`view` and `data.view`); as near as two, one of which it is another part. Of two
/// that are equally near, the one that is nearer in length comes first, then the first in the order of bytes.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    if name.len() > MAX_COMPARED_BYTES {
        return Vec::new();
    }
    let letters = letters(name);
    let mut scored: Vec<(usize, usize, &str)> = known
        .into_iter()
        .filter(|candidate| *candidate != name && candidate.len() <= MAX_COMPARED_BYTES)
        .filter_map(|candidate| {
            Some((distance(name, &letters, candidate)?, name.len().abs_diff(candidate.len()), candidate))
        })
        .collect();
    scored.sort_unstable();
    scored.dedup();
    // Beside one that is off by a letter, one that is off by three is no help.
    let best = scored.first().map_or(0, |(distance, ..)| *distance);
    let close = scored.into_iter().take_while(|(distance, ..)| *distance <= best + 1);
    close.take(3).map(|(.., candidate)| candidate.to_owned()).collect()
}

/// How far a name of these letters is from a known one, whatever their case; none where the two have nothing to do with
/// each other.
fn distance(name: &str, name_letters: &[char], candidate: &str) -> Option<usize> {
    if ends_with_part(candidate, name) || ends_with_part(name, candidate) {
        return Some(1);
    }
    let limit = tolerance(name.len().max(candidate.len()));
    let may_be_near = name.len().abs_diff(candidate.len()) <= limit && surplus(name, candidate) <= limit;
    let edits = may_be_near.then(|| edits(name_letters, &letters(candidate), limit)).flatten();
    let is_part =
        candidate.len() > name.len() && candidate.split(PART_SIGNS).any(|part| part.eq_ignore_ascii_case(name));
    edits.into_iter().chain((is_part && !name.is_empty()).then_some(2)).min()
}

/// The letters of a name in lower case.
fn letters(name: &str) -> Vec<char> {
    name.chars().map(|letter| letter.to_ascii_lowercase()).collect()
}

/// How many letters one of two names has more than the other, as far as their last five bits tell them apart: so many
/// edits it takes at least to make one of the other.
fn surplus(name: &str, candidate: &str) -> usize {
    let mut counts = [0_i16; 32];
    let mut count = |text: &str, step: i16| {
        for byte in text.bytes().filter(u8::is_ascii) {
            if let Some(count) = counts.get_mut(usize::from(byte & 31)) {
                *count += step;
            }
        }
    };
    count(name, 1);
    count(candidate, -1);
    let (mut more, mut fewer) = (0, 0);
    for count in counts {
        more += usize::from(count.max(0).unsigned_abs());
        fewer += usize::from(count.min(0).unsigned_abs());
    }
    more.max(fewer)
}

/// Whether a name ends with another one, which is the last of its parts or several of them.
fn ends_with_part(whole: &str, ending: &str) -> bool {
    let split = whole.len().checked_sub(ending.len()).and_then(|at| whole.split_at_checked(at));
    split.is_some_and(|(before, end)| {
        !end.is_empty() && end.eq_ignore_ascii_case(ending) && before.ends_with(PART_SIGNS)
    })
}

/// The fewest letters to put in, take out, exchange, or swap with the next one, that make one name of another; none where
/// that takes more than `limit`. Costs the product of the length and the limit.
#[expect(clippy::indexing_slicing, reason = "a row has a cell for each letter of the candidate, and one before them")]
fn edits(name: &[char], candidate: &[char], limit: usize) -> Option<usize> {
    let (too_many, width) = (limit + 1, candidate.len() + 1);
    let mut last_but_one = vec![too_many; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut row = vec![too_many; width];
    for (at, letter) in name.iter().enumerate() {
        // Cells further from the diagonal take too many edits.
        let band = (at + 1).saturating_sub(limit)..(at + 2 + limit).min(width);
        row.fill(too_many);
        for cell in band {
            row[cell] = if cell == 0 {
                at + 1
            } else {
                let exchanged = last[cell - 1] + usize::from(candidate[cell - 1] != *letter);
                let is_swapped =
                    at > 0 && cell > 1 && candidate[cell - 2] == *letter && candidate[cell - 1] == name[at - 1];
                let swapped = if is_swapped { last_but_one[cell - 2] + 1 } else { too_many };
                exchanged.min(swapped).min(last[cell] + 1).min(row[cell - 1] + 1).min(too_many)
            };
        }
        if row.iter().all(|edits| *edits == too_many) {
            return None;
        }
        std::mem::swap(&mut last_but_one, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last.last().copied().filter(|edits| *edits <= limit)
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

/// The most edits between two names that count as close: a third of the length, two for a short name, and no more for a
/// long one than anybody makes.
fn tolerance(length: usize) -> usize {
    (length / 3).clamp(2, MAX_EDITS)
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

    /// Every two words of up to four letters out of three, by an implementation that knows no limit.
    #[test]
    fn edits_are_counted_up_to_the_limit() {
        let mut words: Vec<String> = vec![String::new()];
        for length in 0..4 {
            let longer = words.iter().filter(|word| word.len() == length);
            let longer: Vec<String> =
                longer.flat_map(|word| ["a", "b", "c"].map(|letter| format!("{word}{letter}"))).collect();
            words.extend(longer);
        }
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        for one in &words {
            for other in &words {
                let expected = strsim::osa_distance(one, other);
                for limit in 0..5 {
                    let found = edits(&letters(one), &letters(other), limit);
                    assert_eq!(found, (expected <= limit).then_some(expected), "{one} {other} {limit}");
                }
            }
        }
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
