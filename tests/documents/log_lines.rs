//! Every line that the service logs is in the table of docs/operations.md, and every line of that table is logged.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const MACROS: [&str; 3] = ["tracing::info!(", "tracing::warn!(", "tracing::error!("];

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

/// The string literals of a call's arguments, up to its closing parenthesis.
fn literals(arguments: &str) -> Vec<String> {
    let (mut literals, mut depth, mut chars) = (Vec::new(), 1, arguments.chars());
    while let Some(c) = chars.next() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' => {
                let mut literal = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => literal.extend(chars.next().filter(|escaped| *escaped != '\n')),
                        c => literal.push(c),
                    }
                }
                literals.push(literal.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    literals
}

fn logged() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for dir in ["src", "crates/engine/src", "crates/policy-tools/src"] {
        sources(&root.join(dir), &mut files);
    }
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let lines = texts.flat_map(|text| {
        let calls = MACROS.iter().flat_map(|name| text.split(name).skip(1).map(literals).collect::<Vec<_>>());
        calls.filter_map(|mut literals| literals.pop()).collect::<Vec<_>>()
    });
    lines.collect()
}

/// The lines of the table, those in backticks in its first column.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../../docs/operations.md");
    let table = page.split("| line | level | means |").nth(1).unwrap().split("\n\n").next().unwrap();
    let first = table.lines().filter_map(|row| row.strip_prefix("| ")?.split(" | ").next());
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

#[test]
fn every_line_of_the_log_is_documented() {
    let (logged, documented) = (logged(), documented());
    assert!(logged.len() > 15, "{logged:?}");
    let missing: Vec<&String> = logged.difference(&documented).collect();
    assert!(missing.is_empty(), "docs/operations.md does not have: {missing:#?}");
    let gone: Vec<&String> = documented.difference(&logged).collect();
    assert!(gone.is_empty(), "docs/operations.md has lines that nothing logs: {gone:#?}");
}
