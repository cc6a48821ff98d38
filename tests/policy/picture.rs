//! `docs/lumicon.svg`, the table in the README: drawn from what `rollcall policy table` prints, so that it can say
//! nothing else. With `TEST_GOLDEN=write` in the environment it is drawn anew.

use std::{fmt::Write as _, path::Path};

use rollcall_policy_tools::table::table;

use super::golden::{compare, lumicon};

/// The types that are drawn; more would make the picture too tall.
const DRAWN: [&str; 2] = ["workspace", "job_site"];

const WIDTH: usize = 860;
/// Left and right of everything.
const MARGIN: usize = 24;
/// Where the columns begin, and how wide each is: there is room for five.
const COLUMNS: usize = 346;
const COLUMN: usize = 98;
/// How far the next line of text is below the last.
const TYPE: usize = 40;
const HEAD: usize = 44;
const ROW: usize = 24;
const NOTE: usize = 20;

/// Colours on a background of its own, so that it reads the same on a dark page.
const STYLE: &str = "\
text { font: 13px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif; fill: #1f2328 }
.code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; font-size: 12px }
.title { font-size: 15px; font-weight: 600 }
.type { font-size: 14px; font-weight: 600; fill: #0969da }
.head { font-weight: 600; fill: #59636e }
.role { font-weight: 600; text-anchor: middle }
.of { font-size: 11px; fill: #59636e; text-anchor: middle }
.some { font-size: 12px; fill: #9a6700; text-anchor: middle }
.note { font-size: 12px; fill: #59636e }
.command { fill: #59636e; text-anchor: end }
.card { fill: #ffffff; stroke: #d1d9e0 }
.rule { stroke: #818b98 }
.line { stroke: #e4e8ec }
.yes { fill: none; stroke: #1a7f37; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round }
.no { fill: none; stroke: #c4868b; stroke-width: 1.5; stroke-linecap: round }
";

#[test]
fn the_picture_in_the_readme_is_the_table() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lumicon.svg");
    assert_eq!(compare(&stored, &picture(&table(&lumicon()).markdown())), None);
    assert!(include_str!("../../README.md").contains("](docs/lumicon.svg)"), "the README does not show it");
}

/// A table as `rollcall policy table --format markdown` prints it, as an SVG.
fn picture(markdown: &str) -> String {
    let (mut body, mut y, mut drawn, mut before) = (String::new(), MARGIN + 12, false, "");
    for line in markdown.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            writeln!(body, r#"<text class="title" x="{MARGIN}" y="{y}">{}</text>"#, text(title)).unwrap();
            let (right, command) = (WIDTH - MARGIN, "rollcall policy table policies/lumicon.toml");
            writeln!(body, r#"<text class="command code" x="{right}" y="{y}">{command}</text>"#).unwrap();
        } else if let Some(name) = line.strip_prefix("## ") {
            drawn = DRAWN.contains(&name);
            if drawn {
                y += TYPE;
                writeln!(body, r#"<text class="type code" x="{MARGIN}" y="{y}">{}</text>"#, text(name)).unwrap();
            }
        } else if let Some((word, meaning)) = line.strip_prefix("- **").and_then(|rest| rest.split_once("**")) {
            y += NOTE;
            let note = format!("{word}{meaning}");
            writeln!(body, r#"<text class="note" x="{MARGIN}" y="{}">{}</text>"#, y + 12, text(&note)).unwrap();
        } else if let Some(cells) = cells(line).filter(|_| drawn) {
            if before.is_empty() {
                y += HEAD;
                body.push_str(&head(&cells, y));
            } else if !line.starts_with("| ---") {
                y += ROW;
                body.push_str(&row(&cells, y));
            }
        }
        before = line;
    }
    let (height, width, card) = (y + MARGIN + 8, WIDTH - 1, y + MARGIN + 7);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" role="img"
     viewBox="0 0 {WIDTH} {height}">
<title>Who may do what under the policy lumicon</title>
<style>
{STYLE}</style>
<rect class="card" x="0.5" y="0.5" width="{width}" height="{card}" rx="6"/>
{body}</svg>
"#
    )
}

/// The cells of a row of a table; none of another line.
fn cells(line: &str) -> Option<Vec<&str>> {
    Some(line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect())
}

/// The names of the columns: the type of a role elsewhere stands above the role.
fn head(cells: &[&str], y: usize) -> String {
    let mut head = format!("<text class=\"head\" x=\"{MARGIN}\" y=\"{y}\">{}</text>\n", text(cells[0]));
    for (at, name) in cells[1..].iter().enumerate() {
        let (resource_type, role) = name.split_once('.').unwrap_or(("", *name));
        if !resource_type.is_empty() {
            writeln!(head, r#"<text class="of" x="{}" y="{}">{}</text>"#, middle(at), y - 15, text(resource_type))
                .unwrap();
        }
        writeln!(head, r#"<text class="role" x="{}" y="{y}">{}</text>"#, middle(at), text(role)).unwrap();
    }
    head + &line("rule", y)
}

fn row(cells: &[&str], y: usize) -> String {
    let mut row = format!("<text x=\"{MARGIN}\" y=\"{y}\">{}</text>\n", text(cells[0]));
    for (at, words) in cells[1..].iter().enumerate() {
        let x = middle(at);
        match *words {
            "✔" => writeln!(row, r#"<path class="yes" d="M{} {}l4 4 8-9"/>"#, x - 6, y - 4).unwrap(),
            "✘" => writeln!(row, r#"<path class="no" d="M{} {}l7 7m0-7l-7 7"/>"#, x - 4, y - 8).unwrap(),
            _ => writeln!(row, r#"<text class="some" x="{x}" y="{y}">{}</text>"#, text(words)).unwrap(),
        }
    }
    row + &line("line", y)
}

/// The middle of a column, counted from 0.
fn middle(column: usize) -> usize {
    COLUMNS + COLUMN * column + COLUMN / 2
}

/// A line below the text at `y`.
fn line(class: &str, y: usize) -> String {
    format!("<path class=\"{class}\" d=\"M{MARGIN} {}.5H{}\"/>\n", y + 7, WIDTH - MARGIN)
}

/// Text, with what stands in backticks as code.
fn text(words: &str) -> String {
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let pieces = escaped.split('`').enumerate();
    let text = pieces.map(|(at, piece)| match at % 2 {
        0 => piece.to_owned(),
        _ => format!("<tspan class=\"code\">{piece}</tspan>"),
    });
    text.collect()
}
