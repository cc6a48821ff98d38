//! Writes a difference as Markdown for a document.

use std::fmt::Write as _;

use crate::diff::{
    difference::{Diff, Setting, Sign},
    text::{NOTHING, listed},
};

impl Diff {
    /// As Markdown, with one heading of the first level and one of the second for each type.
    pub fn markdown(&self) -> String {
        let mut text = format!("# {}\n", self.title());
        if self.is_empty() {
            writeln!(text, "\n{NOTHING}").ok();
        }
        let items = |text: &mut String, items: Vec<String>| {
            if !items.is_empty() {
                writeln!(text, "\n- {}", items.join("\n- ")).ok();
            }
        };
        let signed = |(sign, words): &(Sign, String)| format!("**{}** {words}", sign.letter());
        items(&mut text, self.settings.iter().map(Setting::words).chain(self.bounds.iter().map(signed)).collect());
        for type_diff in &self.types {
            writeln!(text, "\n## {}", type_diff.resource_type).ok();
            let parts = type_diff.parts.iter().map(signed);
            items(&mut text, parts.chain(type_diff.settings.iter().map(Setting::words)).collect());
            if !type_diff.decisions.is_empty() {
                text.push_str("\n| what | + may now | − no longer may |\n| --- | --- | --- |\n");
            }
            for decision in &type_diff.decisions {
                let (gains, losses) = (listed(&decision.gains), listed(&decision.losses));
                writeln!(text, "| {} | {gains} | {losses} |", decision.words).ok();
            }
        }
        text
    }
}
