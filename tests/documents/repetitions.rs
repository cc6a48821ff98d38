//! The table of repetitions in tests/README.md has every call of `repetitions`, with both of its numbers.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::markdown::{quoted, rows};

/// The name of a number of repetitions, and the number in the quick and in the full profile.
type Row = (String, u64, u64);

fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A number as people or programs write it: `30000`, `30,000` or `30_000`.
fn number(text: &str) -> u64 {
    let digits: String = text.trim().chars().filter(|letter| !",_".contains(*letter)).collect();
    digits.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// The calls in a source: the name is a literal, and so are both numbers.
fn calls(source: &str) -> Vec<Row> {
    let name = ["repetitions", "("].concat();
    let arguments = source.split(&name).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let call = |arguments: &str| {
        let (name, numbers) = arguments.split_once('"').expect("a literal ends");
        let (numbers, _) = numbers.split_once(')').expect("a call ends");
        let [quick, full] = numbers.trim_matches([',', ' ', '\n']).split(',').map(number).collect::<Vec<_>>()[..]
        else {
            panic!("`{name}` has a quick and a full number");
        };
        (name.to_owned(), quick, full)
    };
    arguments.map(call).collect()
}

#[test]
fn the_table_of_repetitions_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("tests"), &mut files);
    for package in fs::read_dir(root.join("crates")).unwrap() {
        let tests = package.unwrap().path().join("tests");
        if tests.is_dir() {
            sources(&tests, &mut files);
        }
    }
    let found: BTreeSet<Row> = files.iter().flat_map(|file| calls(&fs::read_to_string(file).unwrap())).collect();
    let names: BTreeSet<&String> = found.iter().map(|(name, ..)| name).collect();
    assert_eq!(names.len(), found.len(), "a name has two pairs of numbers: {found:?}");
    assert!(!found.is_empty());
    let is_number = |cell: &String| cell.starts_with(|letter: char| letter.is_ascii_digit());
    let listed = rows("tests/README.md").into_iter().filter(|row| row.len() == 4 && row[1..3].iter().all(is_number));
    let listed: Vec<Row> = listed.map(|row| (quoted(&row[0]).remove(0), number(&row[1]), number(&row[2]))).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), found, "tests/README.md and the calls differ");
    assert_eq!(listed.len(), found.len(), "a name is in the table twice");
}
