//! The difference for a document.

use std::fmt::Write as _;

use crate::diff::{
    Diff, Setting, Sign,
    text::{NOTHING, listed},
};

impl Diff {
    /// As Markdown, with a heading of the first level.
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
        for of in &self.types {
            writeln!(text, "\n## {}", of.of).ok();
            let parts = of.parts.iter().map(signed);
            items(&mut text, parts.chain(of.settings.iter().map(Setting::words)).collect());
            if !of.decisions.is_empty() {
                text.push_str("\n| what | + may now | − no longer may |\n| --- | --- | --- |\n");
            }
            for decision in &of.decisions {
                let (gains, losses) = (listed(&decision.gains), listed(&decision.losses));
                writeln!(text, "| {} | {gains} | {losses} |", decision.words).ok();
            }
        }
        text
    }
}
