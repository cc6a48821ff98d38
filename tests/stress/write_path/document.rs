//! Holds the table in ARCHITECTURE.md against what the histories come to.

use std::{fs, path::Path};

use super::{
    histories::HISTORIES,
    table::{HEAD, markdown},
};

const HEADING: &str = "## What becomes of a write\n";

#[test]
fn the_table_of_what_becomes_of_a_write_is_right() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let section = page.split_once(HEADING).map_or("", |(_, section)| section);
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut lines = section.lines().filter(|line| line.starts_with('|')).map(cells);
    let head = lines.next().unwrap_or_default();
    let rows = lines.skip(1).collect::<Vec<_>>();
    let expected = HISTORIES.outcomes.rows();
    assert!(
        head == HEAD && rows == expected,
        "ARCHITECTURE.md, under \"{}\", should have:\n{}",
        HEADING.trim(),
        markdown(&expected)
    );
}

/// The cells of a row.
fn cells(row: &str) -> Vec<String> {
    row.trim_matches(['|', ' ']).split(" | ").map(|cell| cell.trim().to_owned()).collect()
}
