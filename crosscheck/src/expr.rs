//! The expressions of rules, read without Rollcall's parser.

/// A rule as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A role or a relation.
    Name(String),
    /// Not this.
    Not(Box<Expr>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// At least one.
    Or(Box<Expr>, Box<Expr>),
}

/// Reads a rule: `!` binds tightest, then `&`, then `|`.
///
/// # Errors
/// When it is not a whole expression, with the rule.
pub fn parse(rule: &str) -> Result<Expr, String> {
    let tokens = tokens(rule);
    match or(&tokens) {
        Some((expr, [])) => Ok(expr),
        _ => Err(format!("`{rule}` is no rule")),
    }
}

fn tokens(rule: &str) -> Vec<&str> {
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let mut rest = rule.trim_start();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let end = if belongs(first) { rest.find(|letter| !belongs(letter)) } else { Some(first.len_utf8()) };
        let (token, after) = rest.split_at(end.unwrap_or(rest.len()));
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// What was read, and the tokens after it.
type Read<'t> = Option<(Expr, &'t [&'t str])>;

fn or<'t>(tokens: &'t [&'t str]) -> Read<'t> {
    let (left, rest) = and(tokens)?;
    match rest {
        ["|", rest @ ..] => or(rest).map(|(right, rest)| (Expr::Or(Box::new(left), Box::new(right)), rest)),
        _ => Some((left, rest)),
    }
}

fn and<'t>(tokens: &'t [&'t str]) -> Read<'t> {
    let (left, rest) = single(tokens)?;
    match rest {
        ["&", rest @ ..] => and(rest).map(|(right, rest)| (Expr::And(Box::new(left), Box::new(right)), rest)),
        _ => Some((left, rest)),
    }
}

fn single<'t>(tokens: &'t [&'t str]) -> Read<'t> {
    match tokens {
        ["!", rest @ ..] => single(rest).map(|(inner, rest)| (Expr::Not(Box::new(inner)), rest)),
        ["(", rest @ ..] => match or(rest)? {
            (inner, [")", rest @ ..]) => Some((inner, rest)),
            _ => None,
        },
        [name, rest @ ..] if name.starts_with(|letter: char| letter.is_ascii_alphabetic()) => {
            Some((Expr::Name((*name).to_owned()), rest))
        }
        _ => None,
    }
}
