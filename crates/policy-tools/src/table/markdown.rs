//! Writes a table as Markdown for a document.

use std::fmt::Write as _;

use crate::table::{
    Grid, NEVER, Table,
    text::{also_when, shown},
};

impl Table {
    /// As Markdown, with one heading of the first level and one of the second for each type.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}, version {}\n\n", self.policy, self.version);
        list(&mut text, &self.notes);
        for section in &self.sections {
            writeln!(text, "\n## {}\n", section.resource_type).ok();
            list(&mut text, &section.notes);
            for grid in section.actions.iter().chain(&section.members) {
                text.push('\n');
                text.push_str(&grid.markdown(&section.resource_type));
            }
        }
        if !self.never.is_empty() {
            writeln!(text, "\n## {NEVER}\n").ok();
            list(&mut text, &self.never);
        }
        if !self.legend.is_empty() {
            text.push('\n');
            for (word, meaning) in &self.legend {
                writeln!(text, "- **{word}**: {meaning}").ok();
            }
        }
        text
    }
}

impl Grid {
    fn markdown(&self, resource_type: &str) -> String {
        let marked = self.rows.iter().any(|row| !row.also_when.is_empty());
        let last = |text: &str| marked.then(|| text.to_owned());
        let names = self.columns.iter().map(|column| column.full_name(resource_type));
        let mut text = line(std::iter::once(self.rows_are.to_owned()).chain(names).chain(last("also when")));
        let rules = std::iter::once("---").chain(self.columns.iter().map(|_| ":-:")).map(str::to_owned);
        text.push_str(&line(rules.chain(last("---"))));
        for row in &self.rows {
            let cells = row.cells.iter().map(shown);
            text.push_str(&line(std::iter::once(row.name.clone()).chain(cells).chain(last(&also_when(row)))));
        }
        text
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn list(text: &mut String, notes: &[String]) {
    for note in notes {
        writeln!(text, "- {note}").ok();
    }
}
