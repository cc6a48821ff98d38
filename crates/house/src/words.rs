//! Words that the code once had for things with an established name are not used again.

mod table;

use std::collections::BTreeSet;

use crate::{
    definitions::{Definition, Role, definitions},
    report::{Check, Fault},
    source::Repository,
};

use self::table::{NAMES, OldName, PHRASES};

/// Where the old words may stand: in their own table, and in the history of changes.
const EXEMPT: [&str; 2] = ["crates/house/src/words", "CHANGELOG.md"];

/// Looks at the names that the code defines, and at the texts of code and documents.
pub(crate) fn check(repository: &Repository) -> Check {
    let is_exempt = |path: &str| EXEMPT.iter().any(|exempt| path.starts_with(exempt));
    let mut faults = Vec::new();
    let (mut names, mut texts, mut directories) = (0, 0, BTreeSet::new());
    for (path, source) in repository.sources.iter().filter(|(path, _)| !is_exempt(path)) {
        let mut defined = definitions(source);
        defined.extend(file_names(path, &mut directories));
        names += defined.len();
        faults.extend(defined.iter().filter_map(|definition| name_fault(path, definition)));
    }
    for (path, text) in repository.texts.iter().filter(|(path, _)| !is_exempt(path)) {
        texts += 1;
        faults.extend(phrase_faults(path, text));
    }
    Check::new("words", format!("{names} names and {texts} texts"), faults)
}

/// The names of a file and of those of its directories that were not seen before.
fn file_names(path: &str, directories: &mut BTreeSet<String>) -> Vec<Definition> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let ends = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
    let new = ends.filter(|directory| directories.insert((*directory).to_owned())).chain([path]);
    let names = new.map(|path| path.rsplit('/').next().unwrap_or(path).to_owned());
    names.map(|name| Definition { name, role: Role::File, line: 1 }).collect()
}

/// What is wrong with a name, if it is an old one where that is banned.
fn name_fault(path: &str, definition: &Definition) -> Option<Fault> {
    let bans = |old: &&OldName| {
        let is_below = old.below.iter().any(|directory| path.starts_with(directory));
        old.name == definition.name && old.roles.contains(&definition.role) && is_below
    };
    let old = NAMES.iter().find(bans)?;
    let (noun, name) = (definition.role.noun(), &definition.name);
    let text = format!("{noun} `{name}` is a name that is no longer used; say {}", old.instead);
    Some(Fault::new(path, definition.line, text))
}

/// The old phrases in a text, wherever its lines are broken.
fn phrase_faults(path: &str, text: &str) -> Vec<Fault> {
    let (joined, starts) = joined(text);
    let mut faults = Vec::new();
    for (old, instead) in PHRASES {
        for (at, _) in joined.match_indices(old) {
            let line = starts.partition_point(|start| *start <= at).max(1);
            let text = format!("\"{old}\" is a phrase that is no longer used; say {instead}");
            faults.push(Fault::new(path, line, text));
        }
    }
    faults
}

/// A text as one line without the marks of comments and quotations, and where in it each line of the text begins.
fn joined(text: &str) -> (String, Vec<usize>) {
    let mut joined = String::with_capacity(text.len());
    let starts = text.lines().map(|line| {
        let start = joined.len();
        let line = line.trim().trim_start_matches(['/', '!', '#', '>', '*']).trim_start();
        joined.push_str(line.strip_suffix('\\').unwrap_or(line).trim_end());
        joined.push(' ');
        start
    });
    let starts = starts.collect();
    (joined, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let report = check(&Repository::from_texts(&[(path, text)])).to_string();
        report.lines().skip(1).map(|line| line.split(" is a ").next().unwrap().to_owned()).collect()
    }

    #[test]
    fn an_old_name_is_found_where_it_is_defined() {
        for (path, source, expected) in [
            ("src/a.rs", "fn f(of: u8) {}", vec!["src/a.rs:1: variable `of`"]),
            ("src/a.rs", "struct S {\n    held: u8,\n}", vec!["src/a.rs:2: field `held`"]),
            ("src/a.rs", "struct Shelf;", vec!["src/a.rs:1: type `Shelf`"]),
            ("src/a.rs", "enum E { Parted }", vec!["src/a.rs:1: variant `Parted`"]),
            ("src/a.rs", "const PIECE: u8 = 1;", vec!["src/a.rs:1: constant `PIECE`"]),
            ("src/a.rs", "fn f() { g(|told| told) }", vec!["src/a.rs:1: variable `told`"]),
            ("src/service/a.rs", "struct Session;", vec!["src/service/a.rs:1: type `Session`"]),
            ("src/service/freshness.rs", "", vec!["src/service/freshness.rs:1: file `freshness`"]),
            ("tests/storm/main.rs", "", vec!["tests/storm/main.rs:1: file `storm`"]),
        ] {
            assert_eq!(faults(path, source), expected, "{source}");
        }
    }

    #[test]
    fn uses_and_other_senses_pass() {
        for (path, source) in [
            ("src/a.rs", "impl S { pub fn of(x: u8) -> S { x.cast().held.told() } }"),
            ("src/a.rs", "use b::Shelf; fn f(x: Shelf) -> Parted { Verb::A }"),
            ("src/a.rs", "struct PolicyOffer { effective_held: u8 }"),
            ("src/a.rs", "use std::ops::Bound; fn f() { Bound::Unbounded }"),
            ("src/telemetry/a.rs", "struct Session;"),
            ("crates/house/src/words/table.rs", "const PIECE: &str = \"WHICH_ROLE\";"),
            ("CHANGELOG.md", "`WHICH_ROLE` is `ROLE_AMBIGUOUS`"),
        ] {
            assert_eq!(faults(path, source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn a_directory_is_said_once() {
        let mut directories = BTreeSet::new();
        let mut names = |path| file_names(path, &mut directories).into_iter().map(|d| d.name).collect::<Vec<_>>();
        assert_eq!(names("tests/storm/main.rs"), ["tests", "storm", "main"]);
        assert_eq!(names("tests/storm/more.rs"), ["more"]);
    }

    #[test]
    fn an_old_phrase_is_found_over_lines() {
        for (path, text, line) in [
            ("docs/a.md", "# What happens by itself\n", 1),
            ("docs/a.md", "\n\nIt is of a revision that the\nstore has not got.\n", 3),
            ("docs/a.txt", "one\ntwo: it counts all the same", 2),
            ("proto/a.proto", "// A reason:\n// NO_ROLE_HERE.\n", 2),
            ("src/a.rs", "//! A.\n\n/// Whom a new\n/// policy meets.\nfn f() {}", 3),
            ("src/a.rs", "const A: &str = \"of a revision that the \\\n    store has not got\";", 1),
        ] {
            let found = faults(path, text);
            assert!(found.len() == 1 && found[0].starts_with(&format!("{path}:{line}: \"")), "{found:?}");
        }
    }

    #[test]
    fn every_row_says_what_to_say_instead() {
        for old in NAMES {
            let is_same = old.instead.contains(&format!("`{}`", old.name));
            assert!(
                old.instead.contains('`') && !old.roles.is_empty() && !old.below.is_empty() && !is_same,
                "{}",
                old.name
            );
        }
        assert!(PHRASES.iter().all(|(old, instead)| !old.is_empty() && !instead.is_empty()));
    }
}
