//! What changes for whom, for a terminal and for a document.

use std::fmt::Write as _;

use rollcall_engine::{Effect, Policy};
use rollcall_policy_tools::style::{BOLD, GREEN, RED, paint};

use crate::cli::policy::diff::tenants::{Comparison, TenantDiff};

/// Said of a tenant in which nothing changes.
const NOTHING: &str = "nobody gains or loses anything";

impl TenantDiff {
    pub(super) fn is_empty(&self) -> bool {
        self.misfits.is_none() && self.effects.total == 0
    }

    fn left_out(&self) -> Option<String> {
        let more = self.effects.total - self.effects.first.len() as u64;
        (more > 0).then(|| format!("… and {more} more"))
    }
}

/// As text for a terminal; with colours when `styled`.
pub(super) fn text(asked: &Comparison<'_>, old: &Policy, tenants: &[TenantDiff], styled: bool) -> String {
    let mut text = String::new();
    if tenants.is_empty() {
        writeln!(text, "\n{}", nobody(asked, old)).ok();
    }
    for of in tenants {
        let name = paint(&format!("tenant {}", of.tenant), BOLD, styled);
        if of.is_empty() {
            writeln!(text, "\n{name}: {NOTHING}").ok();
            continue;
        }
        writeln!(text, "\n{name}").ok();
        if let Some(misfits) = &of.misfits {
            writeln!(text, "  {}", paint(misfits, RED, styled)).ok();
        }
        for effect in &of.effects.first {
            writeln!(text, "  `{}` {}", effect.member, place(effect)).ok();
            let (gained, lost) = changes(effect);
            for (sign, words, colour) in [('+', gained, GREEN), ('−', lost, RED)] {
                if !words.is_empty() {
                    writeln!(text, "    {}", paint(&format!("{sign} {words}"), colour, styled)).ok();
                }
            }
        }
        if let Some(more) = of.left_out() {
            writeln!(text, "  {more}").ok();
        }
    }
    text
}

/// As Markdown, with headings of the second level.
pub(super) fn markdown(asked: &Comparison<'_>, old: &Policy, tenants: &[TenantDiff]) -> String {
    let mut text = String::new();
    if tenants.is_empty() {
        writeln!(text, "\n{}", nobody(asked, old)).ok();
    }
    for of in tenants {
        writeln!(text, "\n## tenant {}\n", of.tenant).ok();
        if let Some(misfits) = &of.misfits {
            writeln!(text, "{misfits}\n").ok();
        }
        if of.effects.first.is_empty() {
            writeln!(text, "{NOTHING}").ok();
            continue;
        }
        text.push_str("| who | where | + may now | − no longer may |\n| --- | --- | --- | --- |\n");
        for effect in &of.effects.first {
            let (gained, lost) = changes(effect);
            writeln!(text, "| `{}` | {} | {gained} | {lost} |", effect.member, place(effect)).ok();
        }
        if let Some(more) = of.left_out() {
            writeln!(text, "\n{more}").ok();
        }
    }
    text
}

fn nobody(asked: &Comparison<'_>, old: &Policy) -> String {
    format!("no tenant in `{}` runs `{}` version {}", asked.database, old.name(), old.version())
}

fn place(effect: &Effect) -> String {
    match &effect.below {
        None => format!("at `{}`", effect.resource),
        Some(below) => format!("at every other `{}` below `{below}`", effect.resource.kind),
    }
}

/// What is gained, and what is lost.
fn changes(effect: &Effect) -> (String, String) {
    let listed = |actions: &[String], writes: &[String]| {
        let words: Vec<String> = actions.iter().chain(writes).map(|words| format!("`{words}`")).collect();
        words.join(", ")
    };
    (listed(&effect.gained, &effect.gained_writes), listed(&effect.lost, &effect.lost_writes))
}
