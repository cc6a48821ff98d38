//! Reads as much Markdown as the checks of documents need: code spans, headings, and the entries of a section.

/// The text of each code span outside fenced blocks, with the line that it begins in.
pub(crate) fn code_spans(text: &str) -> Vec<(usize, String)> {
    let text = without_fences(text);
    let mut spans = Vec::new();
    let (mut rest, mut line) = (text.as_str(), 1);
    while let Some((before, after)) = rest.split_once('`') {
        line += newlines(before);
        let more = after.len() - after.trim_start_matches('`').len();
        let ticks = "`".repeat(more + 1);
        let opened = after.get(more..).unwrap_or_default();
        rest = opened;
        // A span ends within its paragraph.
        let paragraph = opened.split("\n\n").next().unwrap_or_default();
        if let Some((span, _)) = paragraph.split_once(&ticks) {
            spans.push((line, span.split_whitespace().collect::<Vec<_>>().join(" ")));
            line += newlines(span);
            rest = opened.get(span.len() + ticks.len()..).unwrap_or_default();
        }
    }
    spans
}

/// The section under a heading, with the line of the heading: up to the next heading that is not below it.
pub(crate) fn section<'t>(text: &'t str, title: &str) -> Option<(usize, Vec<&'t str>)> {
    let mut lines = text.lines().enumerate();
    let (at, level) =
        lines.find_map(|(at, line)| heading(line).filter(|(_, found)| *found == title).map(|h| (at, h.0)))?;
    let inside = lines.map(|(_, line)| line);
    Some((at + 1, inside.take_while(|line| heading(line).is_none_or(|(found, _)| found > level)).collect()))
}

/// The rows of tables, without their heads, and the entries of lists, each with its line, counted from 0.
pub(crate) fn entries(lines: &[&str]) -> Vec<(usize, String)> {
    let mut entries: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (at, line) in lines.iter().enumerate() {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        if line.starts_with('|') {
            is_open = false;
            if !is_rule(line) && !is_rule(next) {
                entries.push((at, (*line).to_owned()));
            }
        } else if is_item(line) {
            is_open = true;
            entries.push((at, (*line).to_owned()));
        } else if line.trim().is_empty() {
            is_open = false;
        } else if let Some((_, entry)) = entries.last_mut().filter(|_| is_open) {
            entry.push('\n');
            entry.push_str(line);
        }
    }
    entries
}

/// The level and the title of a heading.
fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let level = line.len() - title.len();
    (level > 0).then_some(title.strip_prefix(' ')?).map(|title| (level, title.trim()))
}

/// The line between the head of a table and its rows.
fn is_rule(line: &str) -> bool {
    line.starts_with('|') && line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn is_item(line: &str) -> bool {
    let is_numbered = |line: &str| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u16>().is_ok());
    line.starts_with("- ") || line.starts_with("* ") || is_numbered(line)
}

/// The text with the lines of fenced blocks left empty.
fn without_fences(text: &str) -> String {
    let mut is_fenced = false;
    let lines = text.lines().map(|line| {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        if is_fenced || is_fence { "" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_are_found_outside_blocks() {
        let text = "# `a`\n\nSee `b` and ``c ` d``, `e\nf`.\n\n```rust\nlet x = `g`;\n```\n\nOne ` alone.\n\n`h`";
        let expected = [(1, "a"), (3, "b"), (3, "c ` d"), (3, "e f"), (12, "h")];
        assert_eq!(code_spans(text), expected.map(|(line, span)| (line, span.to_owned())));
    }

    #[test]
    fn a_section_ends_at_its_like() {
        let text = "# A\nx\n## Where to start\n1\n### Below\n2\n## B\n3";
        assert_eq!(section(text, "Where to start"), Some((3, vec!["1", "### Below", "2"])));
        assert_eq!(section(text, "B"), Some((7, vec!["3"])));
        assert_eq!(section(text, "Where"), None);
    }

    #[test]
    fn rows_and_items_are_entries() {
        let lines =
            ["| a | b |", "|---|:--|", "| 1 | 2 |", "| - | 3 |", "", "- one", "  goes on", "", "Text.", "2. two"];
        let found = entries(&lines);
        let expected = [(2, "| 1 | 2 |"), (3, "| - | 3 |"), (5, "- one\n  goes on"), (9, "2. two")];
        assert_eq!(found, expected.map(|(at, entry)| (at, entry.to_owned())));
    }
}
