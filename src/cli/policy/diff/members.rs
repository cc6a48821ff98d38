//! Writes what the members of tenants gain and lose, as text for a terminal and as Markdown for a document.

use std::fmt::Write as _;

use rollcall_engine::{Effect, Policy};
use rollcall_policy_tools::style::{BOLD, GREEN, RED, paint};

use crate::cli::policy::diff::tenants::{Comparison, TenantDiff};

/// The text for a tenant in which nothing changes.
const NOTHING: &str = "nobody gains or loses anything";

impl TenantDiff {
    pub(super) fn is_empty(&self) -> bool {
        self.incompatibilities.is_none() && self.effects.total == 0
    }

    fn left_out(&self) -> Option<String> {
        let more = self.effects.total - self.effects.first.len() as u64;
        (more > 0).then(|| format!("… and {more} more"))
    }
}

/// The tenants as lines of text for a terminal; with ANSI colours when `styled`.
pub(super) fn text(comparison: &Comparison<'_>, old: &Policy, tenants: &[TenantDiff], styled: bool) -> String {
    let mut text = String::new();
    if tenants.is_empty() {
        writeln!(text, "\n{}", nobody(comparison, old)).ok();
    }
    for tenant_diff in tenants {
        let name = paint(&format!("tenant {}", tenant_diff.tenant), BOLD, styled);
        if tenant_diff.is_empty() {
            writeln!(text, "\n{name}: {NOTHING}").ok();
            continue;
        }
        writeln!(text, "\n{name}").ok();
        if let Some(incompatibilities) = &tenant_diff.incompatibilities {
            writeln!(text, "  {}", paint(incompatibilities, RED, styled)).ok();
        }
        for effect in &tenant_diff.effects.first {
            writeln!(text, "  `{}` {}", effect.member, location(effect)).ok();
            let (gained, lost) = changes(effect);
            for (sign, words, colour) in [('+', gained, GREEN), ('−', lost, RED)] {
                if !words.is_empty() {
                    writeln!(text, "    {}", paint(&format!("{sign} {words}"), colour, styled)).ok();
                }
            }
        }
        if let Some(more) = tenant_diff.left_out() {
            writeln!(text, "  {more}").ok();
        }
    }
    text
}

/// The tenants as Markdown, each under a heading of the second level.
pub(super) fn markdown(comparison: &Comparison<'_>, old: &Policy, tenants: &[TenantDiff]) -> String {
    let mut text = String::new();
    if tenants.is_empty() {
        writeln!(text, "\n{}", nobody(comparison, old)).ok();
    }
    for tenant_diff in tenants {
        writeln!(text, "\n## tenant {}\n", tenant_diff.tenant).ok();
        if let Some(incompatibilities) = &tenant_diff.incompatibilities {
            writeln!(text, "{incompatibilities}\n").ok();
        }
        if tenant_diff.effects.first.is_empty() {
            writeln!(text, "{NOTHING}").ok();
            continue;
        }
        text.push_str("| who | where | + may now | − no longer may |\n| --- | --- | --- | --- |\n");
        for effect in &tenant_diff.effects.first {
            let (gained, lost) = changes(effect);
            writeln!(text, "| `{}` | {} | {gained} | {lost} |", effect.member, location(effect)).ok();
        }
        if let Some(more) = tenant_diff.left_out() {
            writeln!(text, "\n{more}").ok();
        }
    }
    text
}

fn nobody(comparison: &Comparison<'_>, old: &Policy) -> String {
    format!("no tenant in `{}` runs `{}` version {}", comparison.database, old.name(), old.version())
}

fn location(effect: &Effect) -> String {
    match &effect.below {
        None => format!("at `{}`", effect.resource),
        Some(below) => format!("at every other `{}` below `{below}`", effect.resource.kind),
    }
}

/// The actions and writes that are gained, and those that are lost.
fn changes(effect: &Effect) -> (String, String) {
    let listed = |actions: &[String], writes: &[String]| {
        let words: Vec<String> = actions.iter().chain(writes).map(|words| format!("`{words}`")).collect();
        words.join(", ")
    };
    (listed(&effect.gained, &effect.gained_writes), listed(&effect.lost, &effect.lost_writes))
}
