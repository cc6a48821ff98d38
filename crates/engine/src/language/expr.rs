//! Parses the expressions of rules: names joined by `|`, `&`, `!` and brackets.

use crate::language::{
    diagnostic::Diagnostic,
    span::{Located, Span},
};

/// The most bytes that a rule may have.
const MAX_RULE_BYTES: usize = 4096;
/// How deep brackets and `!` may be nested.
const MAX_DEPTH: usize = 32;

/// What other languages write, and what is written here.
const MISTAKEN_SIGNS: [(&[&str], &str); 3] = [(&["or", ","], "|"), (&["and", "+"], "&"), (&["not", "~"], "!")];

/// A rule as it was written.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    /// A role or a relation.
    Name(Located<String>),
    /// Not this.
    Not(Box<Expr>),
    /// All of these.
    All(Vec<Expr>),
    /// At least one of these.
    Any(Vec<Expr>),
}

/// Reads an expression.
///
/// `rule_span` is the span of the whole TOML string. Where its text is in the file as it is (no escapes), mistakes are
/// underlined to the letter; otherwise the whole string is.
pub(crate) fn parse(text: &str, file: &str, rule_span: &Span) -> Result<Expr, Diagnostic> {
    if text.len() > MAX_RULE_BYTES {
        let (message, label) =
            (format!("a rule is {} bytes long", text.len()), format!("expected {MAX_RULE_BYTES} at most"));
        return Err(Diagnostic::new(message, rule_span.clone(), label).help("split it over several roles"));
    }
    let inner = rule_span.start + 1..rule_span.end.saturating_sub(1);
    let exact = file.get(inner.clone()) == Some(text);
    let mut parser = Parser { text, position: 0, depth: 0, rule_span, text_start: exact.then_some(inner.start) };
    let expr = parser.any()?;
    match parser.peek() {
        None => Ok(expr),
        Some(_) => Err(parser.unexpected("`|`, `&` or the end of the rule")),
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
    rule_span: &'a Span,
    /// Where the text begins in the file; none if it is not there as it is.
    text_start: Option<usize>,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Expr, Diagnostic> {
        let mut parts = vec![self.all()?];
        while self.take('|') {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, Diagnostic> {
        let mut parts = vec![self.single()?];
        while self.take('&') {
            parts.push(self.single()?);
        }
        Ok(one_or(parts, Expr::All))
    }

    fn single(&mut self) -> Result<Expr, Diagnostic> {
        if self.depth == MAX_DEPTH {
            let message = format!("a rule is nested more than {MAX_DEPTH} deep");
            return Err(Diagnostic::new(message, self.span(self.position, self.position + 1), "too deep from here on")
                .help("write it with fewer brackets"));
        }
        self.depth += 1;
        let expr = match self.peek() {
            Some('!') => {
                self.take('!');
                Expr::Not(Box::new(self.single()?))
            }
            Some('(') => {
                self.take('(');
                let inner = self.any()?;
                if !self.take(')') {
                    return Err(self.unexpected("`)`"));
                }
                inner
            }
            Some(first) if first.is_ascii_lowercase() => Expr::Name(self.name()),
            _ => return Err(self.unexpected("a role, a relation, `!` or `(`")),
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn name(&mut self) -> Located<String> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let length = rest
            .find(|letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.".contains(letter)))
            .unwrap_or(rest.len());
        let start = self.position;
        self.position += length;
        Located::new(rest.get(..length).unwrap_or_default().to_owned(), self.span(start, self.position))
    }

    fn peek(&mut self) -> Option<char> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        self.position += rest.len() - rest.trim_start().len();
        rest.trim_start().chars().next()
    }

    fn take(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.position += expected.len_utf8();
        }
        found
    }

    fn unexpected(&mut self, expected: &str) -> Diagnostic {
        let found = self.next_token();
        let message = if found.is_empty() {
            "a rule ends too early".to_owned()
        } else {
            format!("`{found}` does not belong here in a rule")
        };
        let diagnostic = Diagnostic::new(
            message,
            self.span(self.position, self.position + found.len()),
            format!("expected {expected}"),
        );
        let before = self.text.get(..self.position).unwrap_or_default();
        if ["|", "&"].iter().any(|sign| found == *sign && before.ends_with(sign)) {
            return diagnostic.help(format!("one `{found}` is enough"));
        }
        let meant = MISTAKEN_SIGNS.iter().find(|(signs, _)| signs.contains(&found.to_ascii_lowercase().as_str()));
        match meant {
            Some((_, sign)) => diagnostic.help(format!("write `{sign}`")),
            None => diagnostic,
        }
    }

    /// The word, or the run of the same sign, that comes next.
    fn next_token(&mut self) -> String {
        let first = self.peek();
        let rest = self.text.get(self.position..).unwrap_or_default();
        let belongs = |letter: char| letter.is_alphanumeric() || "_.".contains(letter);
        let end = match first {
            Some(first) if belongs(first) => rest.find(|letter| !belongs(letter)),
            Some(first) => rest.find(|letter| letter != first),
            None => Some(0),
        };
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_owned()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.text_start.map_or_else(|| self.rule_span.clone(), |offset| offset + start..offset + end)
    }
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Expr, Diagnostic> {
        let file = format!("\"{text}\"");
        parse(text, &file, &(0..file.len()))
    }

    fn show(expr: &Expr) -> String {
        match expr {
            Expr::Name(name) => name.value.clone(),
            Expr::Not(inner) => format!("!{}", show(inner)),
            Expr::All(parts) => format!("({})", parts.iter().map(show).collect::<Vec<_>>().join("&")),
            Expr::Any(parts) => format!("({})", parts.iter().map(show).collect::<Vec<_>>().join("|")),
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(show(&read("a | b & !c | (d | e) & f").unwrap()), "(a|(b&!c)|((d|e)&f))");
    }

    #[test]
    fn mistakes_are_underlined_to_the_letter() {
        let error = read("admin | ").unwrap_err();
        assert_eq!((error.message.as_str(), error.span), ("a rule ends too early", 9..9));
        let error = read("admin editor").unwrap_err();
        assert_eq!((error.label.as_str(), error.span), ("expected `|`, `&` or the end of the rule", 7..13));
        let error = read("(admin").unwrap_err();
        assert_eq!(error.label, "expected `)`");
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = format!("{}a{}", "(".repeat(1000), ")".repeat(1000));
        assert_eq!(read(&deep).unwrap_err().message, "a rule is nested more than 32 deep");
        let deep = "!".repeat(100_000);
        assert!(read(&deep).is_err());
    }
}
