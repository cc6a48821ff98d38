//! Mistakes in a file and warnings about it, and how they are shown.

use std::collections::HashSet;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::language::span::{Lines, Span};

/// One mistake in a policy file or a file of cases, or something doubtful there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// The part of the file that is wrong, as a range of bytes.
    pub span: Span,
    /// What was expected of that part; stands below it.
    pub label: String,
    /// What would mend it, if that is known.
    pub help: Option<String>,
}

/// Whether a file can be used in spite of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file can't be used.
    Error,
    /// The file can be used, but hardly says what is meant.
    Warning,
}

/// The mistakes of one file, or the warnings about it, in the order of the file: at most 100, and the number of those
/// beyond.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    severity: Severity,
    path: String,
    text: String,
    list: Vec<Diagnostic>,
    omitted: usize,
}

/// The most mistakes that are reported of one file: the messages of a megabyte of mistakes would come to gigabytes.
const MAX_REPORTED: usize = 100;

/// Collects mistakes while a file is read, so that all are reported at once.
#[derive(Debug, Default)]
pub struct Problems {
    list: Vec<Diagnostic>,
    seen: HashSet<Diagnostic>,
    omitted: usize,
}

/// A part of a file is shown if the lines that it is in are this many bytes at most.
const MAX_SNIPPET_BYTES: usize = 16 * 1024;

impl Diagnostic {
    /// A mistake without a remedy; `label` stands below the span.
    pub fn new(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { message: message.into(), span, label: label.into(), help: None }
    }

    /// The same mistake with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Problems {
    /// Adds a mistake, unless it was added before. Those beyond the first 100 are only counted.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.list.len() == MAX_REPORTED {
            self.omitted += 1;
        } else if self.seen.insert(diagnostic.clone()) {
            self.list.push(diagnostic);
        }
    }

    /// Whether no mistake was added.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds several mistakes, as [`Problems::push`] does.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// The collected mistakes as errors in this file, whose `path` is only shown.
    pub fn into_diagnostics(self, path: &str, text: &str) -> Diagnostics {
        self.ordered(Severity::Error, path, text)
    }

    /// The collected mistakes as warnings about this file, whose `path` is only shown; none when there are none.
    pub fn into_warnings(self, path: &str, text: &str) -> Option<Diagnostics> {
        (!self.is_empty()).then(|| self.ordered(Severity::Warning, path, text))
    }

    /// Orders the mistakes by where they are in the file.
    fn ordered(mut self, severity: Severity, path: &str, text: &str) -> Diagnostics {
        self.list.sort_by_key(|diagnostic| diagnostic.span.start);
        Diagnostics { severity, path: path.to_owned(), text: text.to_owned(), list: self.list, omitted: self.omitted }
    }
}

impl Diagnostics {
    /// Whether these are errors or warnings.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The mistakes, in the order of the file; at least one, and 100 at most.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// The mistakes as a compiler shows them: file, line, column, the part underlined. With `styled`, in colour for a
    /// terminal.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let lines = Lines::new(&self.text);
        let shown = self.list.iter().map(|diagnostic| self.render_one(&renderer, &lines, diagnostic));
        shown.chain(self.omitted()).collect::<Vec<_>>().join("\n\n")
    }

    /// The mistakes in one line each, for a log: where, as `file:line:column`, and what is wrong.
    pub fn in_lines(&self) -> Vec<(String, String)> {
        let lines = Lines::new(&self.text);
        self.list.iter().map(|diagnostic| self.in_line(&lines, diagnostic)).collect()
    }

    fn in_line(&self, lines: &Lines, diagnostic: &Diagnostic) -> (String, String) {
        let start = diagnostic.span.start;
        let column = self.text.get(lines.line_start(start)..start).map_or(0, |before| before.chars().count()) + 1;
        let at = format!("{}:{}:{column}", self.path, lines.line_number(start));
        let help = diagnostic.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
        (at, format!("{}: {}{help}", diagnostic.message, diagnostic.label))
    }

    /// How many mistakes are not shown, if any.
    fn omitted(&self) -> Option<String> {
        (self.omitted > 0).then(|| format!("and {} more", self.omitted))
    }

    /// Only the lines of the part are given to the renderer, for it looks at all that it is given; and none of a length
    /// that nobody wrote by hand.
    fn render_one(&self, renderer: &Renderer, lines: &Lines, diagnostic: &Diagnostic) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let span = &diagnostic.span;
        let (start, end) = (lines.line_start(span.start), lines.line_end(span.end).unwrap_or(self.text.len()));
        let Some(shown) = self.text.get(start..end).filter(|shown| shown.len() <= MAX_SNIPPET_BYTES) else {
            let (at, words) = self.in_line(lines, diagnostic);
            return renderer.render(&[level.primary_title(&words).element(Origin::path(&at))]);
        };
        let annotation = AnnotationKind::Primary.span(span.start - start..span.end - start).label(&diagnostic.label);
        let line = usize::try_from(lines.line_number(span.start)).unwrap_or(usize::MAX);
        let snippet = Snippet::source(shown).line_start(line).path(&self.path).annotation(annotation);
        let mut group = level.primary_title(&diagnostic.message).element(snippet);
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}
