//! Writes a difference as text for a terminal.

use std::fmt::Write as _;

use crate::{
    diff::{
        difference::{Diff, Setting, Sign},
        holding::Holding,
    },
    style::{BOLD, GREEN, RED, YELLOW, paint},
};

/// The text of an empty difference.
pub(crate) const NOTHING: &str = "no decision changes";

impl Diff {
    /// As lines of text for a terminal, the last one ended too; with ANSI colours when `styled`.
    pub fn text(&self, styled: bool) -> String {
        if self.is_empty() {
            return format!("{NOTHING}\n");
        }
        let mut text = format!("{}\n", self.title());
        let line = |text: &mut String, depth: usize, sign: char, words: &str| {
            let colour = match sign {
                '+' => GREEN,
                '−' => RED,
                _ => YELLOW,
            };
            writeln!(text, "{:depth$}{}", "", paint(&format!("{sign} {words}"), colour, styled)).ok();
        };
        if !(self.settings.is_empty() && self.bounds.is_empty()) {
            text.push('\n');
        }
        for setting in &self.settings {
            line(&mut text, 0, '~', &setting.words());
        }
        for (sign, words) in &self.bounds {
            line(&mut text, 0, sign.letter(), words);
        }
        for type_diff in &self.types {
            writeln!(text, "\n{}", paint(&type_diff.resource_type, BOLD, styled)).ok();
            for (sign, part) in &type_diff.parts {
                line(&mut text, 2, sign.letter(), part);
            }
            for setting in &type_diff.settings {
                line(&mut text, 2, '~', &setting.words());
            }
            for decision in &type_diff.decisions {
                writeln!(text, "  {}", decision.words).ok();
                for (sign, holdings) in [(Sign::Added, &decision.gains), (Sign::Removed, &decision.losses)] {
                    if !holdings.is_empty() {
                        line(&mut text, 4, sign.letter(), &listed(holdings));
                    }
                }
            }
        }
        text
    }

    /// The two policies in one line.
    pub(crate) fn title(&self) -> String {
        let ((old, from), (new, to)) = (&self.old, &self.new);
        if old == new && from == to {
            format!("{old}, version {from}")
        } else if old == new {
            format!("{old}, version {from} → {to}")
        } else {
            format!("{old}, version {from} → {new}, version {to}")
        }
    }
}

/// Holdings in words, separated by commas.
pub(crate) fn listed(holdings: &[Holding]) -> String {
    holdings.iter().map(|holding| holding.words.as_str()).collect::<Vec<_>>().join(", ")
}

impl Sign {
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Added => '+',
            Self::Removed => '−',
        }
    }
}

impl Setting {
    pub(crate) fn words(&self) -> String {
        format!("{}: {} → {}", self.about, self.old, self.new)
    }
}
