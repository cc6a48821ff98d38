//! Parses the expressions of rules: names joined by `|`, `&`, `!` and brackets.

use crate::{
    domain::NameForm,
    language::{
        diagnostic::Diagnostic,
        span::{Located, Span},
    },
};

/// The most bytes that a rule may have.
const MAX_RULE_BYTES: usize = 4096;
/// How deep brackets and `!` may be nested.
const MAX_DEPTH: usize = 32;

/// What other languages write, and what is written here.
const MISTAKEN_SIGNS: [(&[&str], &str); 5] = [
    (&["or", ","], "|"),
    (&["and", "+"], "&"),
    (&[NOT, "~"], "!"),
    (&["-", "but"], "& !"),
    (&[ARROW, ":", "#", "/"], "."),
];
/// Before a role or a relation, in other languages, what is `!` here.
const NOT: &str = "not";
/// Between a type and its role, in other languages, what is `.` here.
const ARROW: &str = "->";

/// What stands where a rule or a part of it begins.
const OPERAND: &str = "a role, a relation, `!` or `(`";
/// What stands behind a name or a bracket.
const OPERATOR: &str = "`|`, `&` or the end of the rule";

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
        Some(_) => Err(parser.unexpected(OPERATOR)),
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
            Some(first) if first.is_ascii_alphabetic() => Expr::Name(self.name_of_operand()?),
            _ => return Err(self.unexpected(OPERAND)),
        };
        self.depth -= 1;
        Ok(expr)
    }

    /// The name of a role or a relation. A role may be called `not`, but nothing that is negated follows it.
    fn name_of_operand(&mut self) -> Result<Located<String>, Diagnostic> {
        let start = self.position;
        let name = self.name();
        let negates = name.value.eq_ignore_ascii_case(NOT)
            && self.peek().is_some_and(|next| next.is_ascii_alphabetic() || "!(".contains(next));
        if negates {
            self.position = start;
            return Err(self.unexpected(OPERAND));
        }
        Ok(name)
    }

    fn name(&mut self) -> Located<String> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let end = rest.find(|sign| !belongs_to_name(sign)).unwrap_or(rest.len());
        // The `-` of an arrow is no letter of the name before it.
        let length =
            if rest.get(end.saturating_sub(1)..).is_some_and(|tail| tail.starts_with(ARROW)) { end - 1 } else { end };
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
            // Where nothing stands before it from which it could be taken away.
            Some((_, "& !")) if expected == OPERAND => diagnostic.help("write `!`"),
            Some((_, sign)) => diagnostic.help(format!("write `{sign}`")),
            None => diagnostic,
        }
    }

    /// The word, or the run of the same sign, that comes next.
    fn next_token(&mut self) -> String {
        let first = self.peek();
        let rest = self.text.get(self.position..).unwrap_or_default();
        let belongs = |sign: char| sign.is_alphanumeric() || belongs_to_name(sign);
        let end = match first {
            Some(_) if rest.starts_with(ARROW) => Some(ARROW.len()),
            Some(first) if belongs(first) && first != '-' => rest.find(|sign| !belongs(sign)),
            Some(first) => rest.find(|letter| letter != first),
            None => Some(0),
        };
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_owned()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        self.text_start.map_or_else(|| self.rule_span.clone(), |offset| offset + start..offset + end)
    }
}

/// Whether it is a letter of a role's name, or what joins that to its type's.
fn belongs_to_name(sign: char) -> bool {
    NameForm::TypeOrRole.has(sign) || sign == '.'
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
    fn names_have_either_case_and_dashes() {
        assert_eq!(
            show(&read("Owner|site-admin & !job-site.dataEditor_2").unwrap()),
            "(Owner|(site-admin&!job-site.dataEditor_2))"
        );
        // None of these is a sign of the language, so each may be the name of a role.
        assert_eq!(show(&read("or | AND | not & Not").unwrap()), "(or|AND|(not&Not))");
    }

    #[test]
    fn what_other_languages_write_is_recognised() {
        for (rule, found, help) in [
            ("a or b", "or", "write `|`"),
            ("a OR b", "OR", "write `|`"),
            ("a AND b", "AND", "write `&`"),
            ("not a", "not", "write `!`"),
            ("NOT a", "NOT", "write `!`"),
            ("a & Not(b)", "Not", "write `!`"),
            ("a - b", "-", "write `& !`"),
            ("(a -b)", "-", "write `& !`"),
            ("a but not b", "but", "write `& !`"),
            ("site->a", "->", "write `.`"),
            ("site:a", ":", "write `.`"),
            ("site#a", "#", "write `.`"),
        ] {
            let error = read(rule).unwrap_err();
            assert_eq!(error.message, format!("`{found}` does not belong here in a rule"), "{rule}");
            assert_eq!(error.help.as_deref(), Some(help), "{rule}");
        }
        let error = read("-a").unwrap_err();
        assert_eq!(
            (error.message.as_str(), error.help.as_deref()),
            ("`-` does not belong here in a rule", Some("write `!`"))
        );
    }

    #[test]
    fn nesting_has_a_limit() {
        let deep = format!("{}a{}", "(".repeat(1000), ")".repeat(1000));
        assert_eq!(read(&deep).unwrap_err().message, "a rule is nested more than 32 deep");
        let deep = "!".repeat(100_000);
        assert!(read(&deep).is_err());
    }
}
