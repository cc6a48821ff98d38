//! Writes a table as an HTML page that loads nothing and runs no script.

use std::fmt::Write as _;

use crate::table::{
    Entry, Grid, NEVER, Row, Section, Source, Table,
    cell::Cell,
    column::RELATIONS,
    pieces,
    text::{also_when, plain},
};

const STYLE: &str = include_str!("page.css");
/// Before a condition that consists of exceptions only.
const ALREADY: &str = "<span aria-hidden=\"true\">✔ </span><span class=\"heard\">yes, </span>";

impl Table {
    /// As one HTML page in UTF-8, with its style inside. Texts of the policy are escaped.
    pub fn html(&self) -> String {
        let (policy, version) = (escaped(&self.policy), self.version);
        let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n");
        writeln!(page, "<title>{policy}, version {version}: who may do what</title>").ok();
        writeln!(page, "<style>\n{STYLE}</style>\n</head>\n<body>").ok();
        writeln!(page, "<header>\n<p class=\"above\">Who may do what</p>").ok();
        writeln!(page, "<h1>{policy} <small>version {version}</small></h1>").ok();
        if self.sections.len() > 1 {
            let link = |section: &Section| {
                let resource_type = escaped(&section.resource_type);
                format!("<li><a href=\"#{resource_type}\">{resource_type}</a></li>\n")
            };
            let links: String = self.sections.iter().map(link).collect();
            writeln!(page, "<nav aria-label=\"Types\">\n<ul>\n{links}</ul>\n</nav>").ok();
        }
        page.push_str("</header>\n<main>\n");
        list(&mut page, &self.notes);
        for section in &self.sections {
            section.html(&mut page);
        }
        if !self.never.is_empty() {
            // No type can have this id: the language has the word for itself.
            writeln!(page, "<section id=\"never\" aria-labelledby=\"never.heading\">").ok();
            writeln!(page, "<h2 id=\"never.heading\">{NEVER}</h2>").ok();
            list(&mut page, &self.never);
            page.push_str("</section>\n");
        }
        page.push_str("</main>\n");
        self.legend(&mut page);
        page.push_str("</body>\n</html>\n");
        page
    }

    fn legend(&self, page: &mut String) {
        let marks = [
            (mark(&Cell::Yes), "may, whatever else they hold"),
            (mark(&Cell::No), "may not"),
            ("<span class=\"if\">if …</span>".to_owned(), "may under this condition"),
        ];
        page.push_str("<footer>\n<dl>\n");
        let words = self.legend.iter().map(|(word, meaning)| (escaped(word), meaning.as_str()));
        for (term, meaning) in marks.into_iter().chain(words) {
            writeln!(page, "<div><dt>{term}</dt><dd>{}</dd></div>", marked(meaning)).ok();
        }
        page.push_str("</dl>\n</footer>\n");
    }
}

impl Section {
    fn html(&self, page: &mut String) {
        let resource_type = escaped(&self.resource_type);
        writeln!(page, "<section id=\"{resource_type}\" aria-labelledby=\"{resource_type}.heading\">").ok();
        writeln!(page, "<h2 id=\"{resource_type}.heading\">{}</h2>", breakable(&self.resource_type)).ok();
        list(page, &self.notes);
        for grid in self.actions.iter().chain(&self.members) {
            grid.html(page);
        }
        if !self.rules.is_empty() {
            sources(page, &self.rules);
        }
        page.push_str("</section>\n");
    }
}

impl Grid {
    fn html(&self, page: &mut String) {
        let label = escaped(&plain(&self.caption));
        writeln!(page, "<div class=\"grid\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n<table>").ok();
        writeln!(page, "<caption><span>{}</span></caption>\n<thead>\n<tr>", marked(&self.caption)).ok();
        writeln!(page, "<th scope=\"col\" rowspan=\"2\">{}</th>", escaped(self.rows_are)).ok();
        for (group, count) in self.groups_of_columns().into_iter().filter(|(group, _)| *group != RELATIONS) {
            writeln!(page, "<th scope=\"colgroup\" colspan=\"{count}\"><span>{}</span></th>", breakable(group)).ok();
        }
        for column in self.columns.iter().filter(|column| column.group == RELATIONS) {
            writeln!(page, "<th scope=\"col\" rowspan=\"2\" class=\"relation\">{}</th>", escaped(&column.name)).ok();
        }
        page.push_str("</tr>\n<tr>\n");
        for column in self.columns.iter().filter(|column| column.group != RELATIONS) {
            writeln!(page, "<th scope=\"col\">{}</th>", breakable(&column.name_among(&self.columns))).ok();
        }
        page.push_str("</tr>\n</thead>\n<tbody>\n");
        for row in &self.rows {
            row.html(page);
        }
        page.push_str("</tbody>\n</table>\n</div>\n");
    }
}

impl Row {
    fn html(&self, page: &mut String) {
        let also = if self.also_when.is_empty() {
            String::new()
        } else {
            format!(" <small>also when {}</small>", also_when(self))
        };
        writeln!(page, "<tr>\n<th scope=\"row\">{}{also}</th>", marked(&self.name)).ok();
        for entry in &self.cells {
            writeln!(page, "<td>{}</td>", cell(entry)).ok();
        }
        page.push_str("</tr>\n");
    }
}

fn cell(entry: &Entry) -> String {
    match &entry.cell {
        Cell::If(_) => {
            let yes = if entry.lets_through_alone() { ALREADY } else { "" };
            format!("<span class=\"if\">{yes}{}</span>", marked(&entry.words))
        }
        sure => mark(sure),
    }
}

/// A sign to see, and a word for screen readers.
fn mark(cell: &Cell) -> String {
    let (class, sign, word) = if *cell == Cell::Yes { ("yes", '✔', "yes") } else { ("no", '✘', "no") };
    format!("<span class=\"{class}\" aria-hidden=\"true\">{sign}</span><span class=\"heard\">{word}</span>")
}

fn sources(page: &mut String, sources: &[Source]) {
    page.push_str(
        "<details>\n<summary>The rules in the file</summary>\n<div class=\"rules\" tabindex=\"0\">\n<table>\n",
    );
    page.push_str(
        "<thead>\n<tr><th scope=\"col\">line</th><th scope=\"col\">what</th><th scope=\"col\">who</th></tr>\n",
    );
    page.push_str("</thead>\n<tbody>\n");
    for Source { about, text, line } in sources {
        let (about, text) = (marked(about), escaped(text));
        writeln!(page, "<tr><td>{line}</td><th scope=\"row\">{about}</th><td><code>{text}</code></td></tr>").ok();
    }
    page.push_str("</tbody>\n</table>\n</div>\n</details>\n");
}

fn list(page: &mut String, notes: &[String]) {
    if notes.is_empty() {
        return;
    }
    page.push_str("<ul class=\"notes\">\n");
    for note in notes {
        writeln!(page, "<li>{}</li>", marked(note)).ok();
    }
    page.push_str("</ul>\n");
}

/// A text, escaped, whose names in backticks are shown as code.
fn marked(text: &str) -> String {
    let piece = |(is_name, piece): (bool, &str)| {
        if is_name { format!("<code>{}</code>", breakable(piece)) } else { escaped(piece) }
    };
    pieces(text).map(piece).collect()
}

/// A name, escaped, that may be broken after its dots, colons and underscores where there is no room; after a `-` it may
/// be broken anyway.
fn breakable(name: &str) -> String {
    escaped(name).replace('.', ".<wbr>").replace(':', ":<wbr>").replace('_', "_<wbr>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
