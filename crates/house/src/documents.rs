//! Paths that the documents name exist, and ARCHITECTURE.md says where to start.

use std::collections::BTreeSet;

use crate::{
    markdown::{code_spans, entries, section},
    report::{Check, Fault},
    source::Repository,
};

/// Documents whose paths have to exist. A document that is missing is no fault.
const DOCUMENTS: [&str; 4] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "tests/README.md"];
/// A name with one of these endings is a file's, wherever it is.
const ENDINGS: [&str; 7] = [".rs", ".md", ".toml", ".proto", ".yaml", ".svg", ".lock"];
/// Files of others that a document may name.
const FOREIGN: [&str; 1] = ["timestamp.proto"];
/// Names that stand for any other.
const PLACEHOLDERS: [&str; 5] = ["NAME", "TARGET", "FILE", "VERSION", "*"];

const GUIDE: &str = "ARCHITECTURE.md";
const GUIDE_SECTION: &str = "Where to start";
const MIN_ENTRIES: usize = 6;

/// Looks for every path in backticks in the documents for those who work on the code.
pub(crate) fn check(repository: &Repository) -> Check {
    let tree = Tree::of(repository);
    let mut seen = 0;
    let mut faults = Vec::new();
    for document in DOCUMENTS {
        let Some(text) = repository.texts.get(document) else { continue };
        for (line, path) in code_spans(text).iter().flat_map(|(line, span)| paths(span).map(move |path| (*line, path)))
        {
            let Some(exists) = tree.has(&path) else { continue };
            seen += 1;
            if !exists {
                let text = format!("`{path}` does not exist; name the path as it is now, or take it out");
                faults.push(Fault::new(document, line, text));
            }
        }
    }
    faults.extend(guide_faults(repository.texts.get(GUIDE).map_or("", String::as_str), &tree));
    Check::new("documents", format!("{seen} paths"), faults)
}

/// What is wrong with the section for newcomers.
fn guide_faults(text: &str, tree: &Tree<'_>) -> Vec<Fault> {
    let Some((line, lines)) = section(text, GUIDE_SECTION) else {
        let text = format!("has no section \"{GUIDE_SECTION}\"; write one of {MIN_ENTRIES} rows or more");
        return vec![Fault::new(GUIDE, 1, text)];
    };
    let entries = entries(&lines);
    let mut faults = Vec::new();
    if entries.len() < MIN_ENTRIES {
        let found = entries.len();
        let text = format!("\"{GUIDE_SECTION}\" has {found} rows; it takes {MIN_ENTRIES}, each with a path");
        faults.push(Fault::new(GUIDE, line, text));
    }
    for (at, entry) in entries {
        let spans = code_spans(&entry);
        if !spans.iter().flat_map(|(_, span)| paths(span)).any(|path| tree.has(&path) == Some(true)) {
            let text = "this row names no path that exists; name in backticks the file to open".to_owned();
            faults.push(Fault::new(GUIDE, line + 1 + at, text));
        }
    }
    faults
}

/// The paths that a code span may stand for: `src/{a,b}` is two, and `dev test` is none.
fn paths(span: &str) -> impl Iterator<Item = String> + use<> {
    let span = span.strip_prefix("./").unwrap_or(span);
    let span = span.split(['#', '(']).next().unwrap_or_default();
    let span = span.split_once(':').map_or(span, |(path, _)| path).trim_end_matches('/');
    let paths = match span.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (names, after))) => names.split(',').map(|name| [before, name.trim(), after].concat()).collect(),
        None => vec![span.to_owned()],
    };
    paths.into_iter().filter(|path| !path.is_empty() && !path.contains(char::is_whitespace))
}

/// All that a document may name.
struct Tree<'r> {
    /// Files and directories, by path.
    paths: BTreeSet<&'r str>,
    /// The names of all files, wherever they are.
    names: BTreeSet<&'r str>,
    /// What git ignores below the root, and so builds leave there.
    ignored: Vec<&'r str>,
}

impl<'r> Tree<'r> {
    fn of(repository: &'r Repository) -> Self {
        let (mut paths, mut names) = (BTreeSet::new(), BTreeSet::new());
        for path in &repository.paths {
            names.insert(path.rsplit('/').next().unwrap_or(path));
            paths.insert(path.as_str());
            paths.extend(path.match_indices('/').filter_map(|(at, _)| path.get(..at)));
        }
        let ignored = repository.texts.get(".gitignore").map_or("", String::as_str).lines();
        let ignored = ignored.filter_map(|line| line.trim_end_matches('/').strip_prefix('/')).collect();
        Self { paths, names, ignored }
    }

    /// Whether there is such a file or directory; `None` for what looks like no path of the repository.
    fn has(&self, path: &str) -> Option<bool> {
        let is_left = |ignored: &&str| path == *ignored || path.starts_with(&format!("{ignored}/"));
        if FOREIGN.contains(&path) || self.ignored.iter().any(is_left) {
            return None;
        }
        if let Some((first, _)) = path.split_once('/') {
            let exists = || self.paths.contains(path) || self.paths.iter().any(|found| matches(path, found));
            return self.paths.contains(first).then(exists);
        }
        let exists = || self.paths.contains(path) || self.names.iter().any(|found| matches(path, found));
        let is_file = ENDINGS.iter().any(|ending| path.ends_with(ending) && path.len() > ending.len());
        (is_file || self.paths.contains(path)).then(exists)
    }
}

/// Whether a path is `pattern`, in which some names stand for any: `policies/NAME.toml`.
fn matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if pattern == name || stands_for(pattern, name) => {}
            _ => return false,
        }
    }
}

fn stands_for(pattern: &str, name: &str) -> bool {
    let (stem, ending) = pattern.split_at(pattern.find('.').unwrap_or(pattern.len()));
    PLACEHOLDERS.contains(&stem) && name.len() > ending.len() && name.ends_with(ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small(guide: &str) -> Repository {
        Repository::from_texts(&[
            (".gitignore", "/target\n/fuzz/target\n"),
            ("ARCHITECTURE.md", guide),
            ("CHANGELOG.md", "`src/gone.rs`"),
            ("dev", ""),
            ("fuzz/words.txt", ""),
            ("policies/lume.toml", ""),
            ("src/config/default.toml", ""),
            ("src/store/mod.rs", ""),
            ("tests/README.md", "`support/api.rs`, `src/gone.rs`"),
        ])
    }

    #[test]
    fn a_path_that_is_gone_is_found() {
        let repository = small("");
        let tree = Tree::of(&repository);
        for (span, expected) in [
            ("src/store/mod.rs", Some(true)),
            ("src/store/mod.rs::open", Some(true)),
            ("src/store/mod.rs:12", Some(true)),
            ("src/store/mod.rs(open)", Some(true)),
            ("src/store/", Some(true)),
            ("./dev", Some(true)),
            ("src/{store,config}", Some(true)),
            ("default.toml", Some(true)),
            ("policies/NAME.toml", Some(true)),
            ("src/*/mod.rs", Some(true)),
            ("src/gone.rs", Some(false)),
            ("src/{store,gone}", Some(false)),
            ("gone.md", Some(false)),
            ("policies/NAME.md", Some(false)),
            ("SECURITY.md", Some(false)),
            ("fuzz/target/found", None),
            ("timestamp.proto", None),
            ("support/api.rs", None),
            ("./dev test", None),
            ("https://example.com/src", None),
            ("PLACE/store", None),
            ("store", None),
            (".rs", None),
        ] {
            let found: Vec<Option<bool>> = paths(span).map(|path| tree.has(&path)).collect();
            let all = if found.contains(&Some(false)) { Some(false) } else { found.first().copied().flatten() };
            assert_eq!(all, expected, "{span}");
        }
    }

    #[test]
    fn the_line_of_a_path_is_said() {
        let report = check(&small("")).to_string();
        let expected = "tests/README.md:1: `src/gone.rs` does not exist; name the path as it is now, or take it out";
        assert!(report.lines().any(|line| line == expected) && !report.contains("CHANGELOG"), "{report}");
    }

    #[test]
    fn newcomers_are_told_where_to_start() {
        let row = "| a change | `src/store/mod.rs`, then `dev` |\n";
        let head = "# Map\n\n## Where to start\n\n| you want | open |\n|---|---|\n";
        for (guide, expected) in [
            (format!("{head}{}", row.repeat(6)), vec![]),
            (format!("{head}{}", row.repeat(5)), vec!["3: \"Where to start\" has 5 rows"]),
            (format!("{head}{}| x | `store` |\n", row.repeat(6)), vec!["13: this row names no path that exists"]),
            ("# Map\n".to_owned(), vec!["1: has no section \"Where to start\""]),
        ] {
            let repository = small(&guide);
            let faults = guide_faults(&guide, &Tree::of(&repository));
            let shown = faults.iter().map(|fault| format!("{}: {}", fault.line, fault.text.split(';').next().unwrap()));
            assert_eq!(shown.collect::<Vec<_>>(), expected, "{guide}");
        }
    }
}
