//! Writes a table as text for a terminal.

use std::fmt::Write as _;

use crate::style::{BOLD, DIM, GREEN, YELLOW, paint};
use crate::table::{Entry, Grid, NEVER, Row, Section, Table, cell::Cell, column::RELATIONS, pieces};

/// Between two columns.
const GAP: &str = "  ";
/// The most characters of the first column, and of each other, before texts are wrapped.
const MAX_NAME: usize = 44;
const MAX_CELL: usize = 18;

impl Table {
    /// As lines of text for a terminal, the last one ended too; with ANSI colours when `styled`.
    pub fn text(&self, styled: bool) -> String {
        let mut text = format!("{}, version {}\n\n", self.policy, self.version);
        for note in &self.notes {
            writeln!(text, "- {note}").ok();
        }
        for section in &self.sections {
            text.push('\n');
            section.write(&mut text, styled);
        }
        if !self.never.is_empty() {
            writeln!(text, "\n{}\n", paint(&format!("── {NEVER} ──"), BOLD, styled)).ok();
            for note in &self.never {
                writeln!(text, "- {note}").ok();
            }
        }
        if !self.legend.is_empty() {
            let width = self.legend.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
            text.push('\n');
            for (word, meaning) in &self.legend {
                writeln!(text, "{word:width$}{GAP}{meaning}").ok();
            }
        }
        text
    }
}

impl Section {
    fn write(&self, text: &mut String, styled: bool) {
        writeln!(text, "{}\n", paint(&format!("── {} ──", self.resource_type), BOLD, styled)).ok();
        for note in &self.notes {
            writeln!(text, "- {note}").ok();
        }
        for grid in self.actions.iter().chain(&self.members) {
            text.push('\n');
            text.push_str(&grid.text(styled));
        }
    }
}

impl Grid {
    fn text(&self, styled: bool) -> String {
        // A continued line is indented, or it would pass for a row of its own.
        let name = |row: &Row| wrapped(&plain(&row.name), MAX_NAME).join("\n  ").lines().map(str::to_owned).collect();
        let names: Vec<Vec<String>> = self.rows.iter().map(name).collect();
        let first = width(names.iter().flatten().map(String::as_str).chain([self.rows_are]));
        let cells: Vec<Vec<Vec<String>>> = self
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|entry| wrapped(&shown(entry), MAX_CELL)).collect())
            .collect();
        let heads: Vec<String> = self.columns.iter().map(|column| column.name_among(&self.columns)).collect();
        let widths: Vec<usize> = heads
            .iter()
            .enumerate()
            .map(|(at, head)| {
                let cells = cells.iter().filter_map(|row| row.get(at)).flatten();
                width(cells.map(String::as_str).chain([head.as_str()]))
            })
            .collect();
        let (groups, widths) = self.groups(&widths);
        let heads: Vec<String> = heads.iter().zip(&widths).map(|(head, width)| format!("{head:width$}")).collect();
        let marked = self.rows.iter().any(|row| !row.also_when.is_empty());
        let last = if marked { "also when" } else { "" };
        let mut lines = vec![
            format!("{:first$}{GAP}{groups}", ""),
            format!("{:first$}{GAP}{}{GAP}{last}", self.rows_are, heads.join(GAP)),
        ];
        for ((row, name), cells) in self.rows.iter().zip(&names).zip(&cells) {
            let height = cells.iter().map(Vec::len).chain([name.len()]).max().unwrap_or(1);
            for at in 0..height {
                let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
                let cells: Vec<String> = cells
                    .iter()
                    .zip(&row.cells)
                    .zip(&widths)
                    .map(|((lines, entry), width)| painted(entry, &line(lines), *width, styled))
                    .collect();
                let mark = if at == 0 { also_when(row) } else { String::new() };
                lines.push(format!("{:first$}{GAP}{}{GAP}{mark}", line(name), cells.join(GAP)));
            }
        }
        lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
    }

    /// The line of the groups' names above the columns, and the widths that leave room for them.
    fn groups(&self, widths: &[usize]) -> (String, Vec<usize>) {
        let mut widths = widths.to_vec();
        let mut line = String::new();
        let mut at = 0;
        for (group, count) in self.groups_of_columns() {
            let name = if group == RELATIONS { "" } else { group };
            let Some(columns) = widths.get_mut(at..at + count) else { break };
            let used: usize = columns.iter().sum::<usize>() + GAP.len() * (count - 1);
            if let Some(last) = columns.last_mut() {
                *last += name.len().saturating_sub(used);
            }
            let room = used.max(name.len());
            write!(line, "{name:room$}{GAP}").ok();
            at += count;
        }
        (line, widths)
    }

    /// The groups of the columns, and how many columns each has.
    pub(crate) fn groups_of_columns(&self) -> Vec<(&str, usize)> {
        let mut groups: Vec<(&str, usize)> = Vec::new();
        for column in &self.columns {
            match groups.last_mut() {
                Some((group, count)) if *group == column.group => *count += 1,
                _ => groups.push((&column.group, 1)),
            }
        }
        groups
    }
}

/// A cell as text: a mark, or a condition.
pub(crate) fn shown(entry: &Entry) -> String {
    match &entry.cell {
        Cell::Yes => "✔".to_owned(),
        Cell::No => "✘".to_owned(),
        Cell::If(_) if entry.lets_through_alone() => format!("✔ {}", entry.words),
        Cell::If(_) => entry.words.clone(),
    }
}

fn painted(entry: &Entry, text: &str, width: usize, styled: bool) -> String {
    let colour = match entry.cell {
        Cell::Yes => GREEN,
        Cell::No => DIM,
        Cell::If(_) => YELLOW,
    };
    paint(&format!("{text:width$}"), colour, styled)
}

/// A text in lines of at most so many characters; a longer word has a line of its own.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

pub(crate) fn also_when(row: &Row) -> String {
    row.also_when.join(", ")
}

/// A text without its backticks.
pub(crate) fn plain(text: &str) -> String {
    pieces(text).map(|(_, piece)| piece).collect()
}

fn width<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}
