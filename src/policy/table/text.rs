//! The table for a terminal.

use std::fmt::Write as _;

use super::{Cell, Entry, Grid, RELATIONS, Row, Section, Table, pieces};

/// Between two columns.
const GAP: &str = "  ";

impl Table {
    /// As text for a terminal; with colours when `styled`.
    pub fn text(&self, styled: bool) -> String {
        let mut text = format!("{}, version {}\n\n", self.policy, self.version);
        for note in &self.notes {
            writeln!(text, "- {note}").ok();
        }
        for section in &self.sections {
            text.push('\n');
            section.write(&mut text, styled);
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
        writeln!(text, "{}\n", paint(&format!("── {} ──", self.of), BOLD, styled)).ok();
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
        let marks: Vec<String> = self.rows.iter().map(also_when).collect();
        let names: Vec<String> = self.rows.iter().map(|row| plain(&row.name)).collect();
        let first = width(names.iter().map(String::as_str).chain([self.rows_are]));
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let cells = self.rows.iter().filter_map(|row| row.cells.get(at)).map(shown);
                cells.map(|cell| cell.chars().count()).chain([column.name.len()]).max().unwrap_or(0)
            })
            .collect();
        let groups = self.groups(&widths);
        let mut lines = vec![format!("{:first$}{GAP}{}", "", groups.0)];
        let widths = groups.1;
        let heads: Vec<String> =
            self.columns.iter().zip(&widths).map(|(column, width)| format!("{:width$}", column.name)).collect();
        let marked = marks.iter().any(|mark| !mark.is_empty());
        let last = if marked { format!("{GAP}also when") } else { String::new() };
        lines.push(format!("{:first$}{GAP}{}{last}", self.rows_are, heads.join(GAP)));
        for ((row, name), mark) in self.rows.iter().zip(&names).zip(&marks) {
            let cells: Vec<String> =
                row.cells.iter().zip(&widths).map(|(entry, width)| painted(entry, *width, styled)).collect();
            lines.push(format!("{name:first$}{GAP}{}{GAP}{mark}", cells.join(GAP)));
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
            let taken: usize = columns.iter().sum::<usize>() + GAP.len() * (count - 1);
            if let Some(last) = columns.last_mut() {
                *last += name.len().saturating_sub(taken);
            }
            let room = taken.max(name.len());
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

const BOLD: &str = "1";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const DIM: &str = "2";

/// A cell as text: a mark, or a condition.
pub(crate) fn shown(entry: &Entry) -> String {
    match &entry.cell {
        Cell::Yes => "✔".to_owned(),
        Cell::No => "✘".to_owned(),
        Cell::If(_) if entry.lets_through_alone() => format!("✔ {}", entry.words),
        Cell::If(_) => entry.words.clone(),
    }
}

fn painted(entry: &Entry, width: usize, styled: bool) -> String {
    let colour = match entry.cell {
        Cell::Yes => GREEN,
        Cell::No => DIM,
        Cell::If(_) => YELLOW,
    };
    paint(&format!("{:width$}", shown(entry)), colour, styled)
}

fn paint(text: &str, style: &str, styled: bool) -> String {
    if styled { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
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
