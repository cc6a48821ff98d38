use std::collections::HashSet;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::span::{Lines, Span};

/// One mistake in a policy file or a file of cases.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// The piece of the file that is wrong, in bytes.
    pub span: Span,
    /// What was expected of that piece.
    pub label: String,
    /// What would mend it.
    pub help: Option<String>,
}

/// Whether a file can be used all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It can't.
    Error,
    /// It can, but what it says is hardly what is meant.
    Warning,
}

/// Every mistake of one file, or everything doubtful in it, in the order of the file.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    severity: Severity,
    path: String,
    text: String,
    list: Vec<Diagnostic>,
}

/// Collects mistakes while a file is read, so that all are reported at once.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Diagnostic>,
}

impl Diagnostic {
    pub(crate) fn new(message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { message: message.into(), span, label: label.into(), help: None }
    }

    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Problems {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.list.extend(diagnostics);
    }

    /// What was collected, as mistakes.
    pub(crate) fn into_diagnostics(self, path: &str, text: &str) -> Diagnostics {
        self.ordered(Severity::Error, path, text)
    }

    /// What was collected, as warnings; none when there are none.
    pub(crate) fn into_warnings(self, path: &str, text: &str) -> Option<Diagnostics> {
        (!self.is_empty()).then(|| self.ordered(Severity::Warning, path, text))
    }

    /// Orders what was collected by its place in the file.
    fn ordered(mut self, severity: Severity, path: &str, text: &str) -> Diagnostics {
        self.list.sort_by_key(|diagnostic| diagnostic.span.start);
        let mut told = HashSet::new();
        self.list.retain(|diagnostic| told.insert(diagnostic.clone()));
        Diagnostics { severity, path: path.to_owned(), text: text.to_owned(), list: self.list }
    }
}

impl Diagnostics {
    /// Whether the file can be used all the same.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The mistakes, in the order of the file; at least one.
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// The mistakes as a compiler shows them: file, line, column, the piece underlined. With `styled`, in colour
    /// for a terminal.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> = self.list.iter().map(|diagnostic| self.render_one(&renderer, diagnostic)).collect();
        shown.join("\n\n")
    }

    /// The mistakes in one line each, for a log: where, as `file:line:column`, and what is wrong.
    pub fn in_lines(&self) -> Vec<(String, String)> {
        let lines = Lines::new(&self.text);
        let line = |diagnostic: &Diagnostic| {
            let start = diagnostic.span.start;
            let column = self.text.get(lines.start(start)..start).map_or(0, |before| before.chars().count()) + 1;
            let at = format!("{}:{}:{column}", self.path, lines.of(start));
            let help = diagnostic.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
            (at, format!("{}: {}{help}", diagnostic.message, diagnostic.label))
        };
        self.list.iter().map(line).collect()
    }

    fn render_one(&self, renderer: &Renderer, diagnostic: &Diagnostic) -> String {
        let annotation = AnnotationKind::Primary.span(diagnostic.span.clone()).label(&diagnostic.label);
        let snippet = Snippet::source(&self.text).path(&self.path).annotation(annotation);
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level.primary_title(&diagnostic.message).element(snippet);
        if let Some(help) = &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group])
    }
}
