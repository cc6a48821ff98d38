//! The expressions of a policy's rules: a parser written for the oracle, and what they say of operators.

/// An expression over names of roles and relations.
#[derive(Debug, PartialEq)]
pub enum Expr {
    Name(String),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
}

/// Reads an expression: `|` binds loosest, then `&`, then `!`.
pub fn parse(text: &str) -> Expr {
    let mut signs = String::new();
    for letter in text.chars() {
        if "|&!()".contains(letter) {
            signs.extend([' ', letter, ' ']);
        } else {
            signs.push(letter);
        }
    }
    let words = signs.split_whitespace().collect::<Vec<_>>();
    let mut rest = words.as_slice();
    let expr = any(&mut rest);
    assert!(rest.is_empty(), "`{text}` goes on with {rest:?}");
    expr
}

fn any(rest: &mut &[&str]) -> Expr {
    let mut parts = vec![all(rest)];
    while take(rest, "|") {
        parts.push(all(rest));
    }
    if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts) }
}

fn all(rest: &mut &[&str]) -> Expr {
    let mut parts = vec![single(rest)];
    while take(rest, "&") {
        parts.push(single(rest));
    }
    if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts) }
}

fn single(rest: &mut &[&str]) -> Expr {
    if take(rest, "!") {
        return Expr::Not(Box::new(single(rest)));
    }
    if take(rest, "(") {
        let inner = any(rest);
        assert!(take(rest, ")"), "a bracket is open before {rest:?}");
        return inner;
    }
    let (name, after) = rest.split_first().expect("a rule does not end here");
    *rest = after;
    Expr::Name((*name).to_owned())
}

fn take(rest: &mut &[&str], sign: &str) -> bool {
    let found = rest.first() == Some(&sign);
    if found {
        *rest = &rest[1..];
    }
    found
}

/// What a rule says of an operator, who has no other relation to the tenant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperatorAccess {
    /// It excludes them.
    Excluded,
    /// It would allow them for what they are not, which is not enough.
    Unnamed,
    /// It allows them by name.
    Named,
}

/// What a rule says of an operator; under `!`, an expression is not `positive`.
pub fn operator_access(rule: &Expr, positive: bool) -> OperatorAccess {
    let parts = |parts: &[Expr], all: bool| {
        let found = parts.iter().map(|part| operator_access(part, positive)).collect::<Vec<_>>();
        let most = found.iter().copied().max().unwrap_or(OperatorAccess::Excluded);
        if all && found.contains(&OperatorAccess::Excluded) { OperatorAccess::Excluded } else { most }
    };
    match rule {
        Expr::Name(name) if name == "operator" && positive => OperatorAccess::Named,
        Expr::Name(name) if name == "operator" || positive => OperatorAccess::Excluded,
        Expr::Name(_) => OperatorAccess::Unnamed,
        Expr::Not(inner) => operator_access(inner, !positive),
        Expr::All(inner) => parts(inner, positive),
        Expr::Any(inner) => parts(inner, !positive),
    }
}

#[test]
fn the_signs_bind_as_the_language_says() {
    let name = |name: &str| Expr::Name(name.to_owned());
    let both = Expr::All(vec![name("b"), Expr::Not(Box::new(name("c.d")))]);
    assert_eq!(parse("a | b&!c.d"), Expr::Any(vec![name("a"), both]));
    assert_eq!(
        parse("!(a|b) & c"),
        Expr::All(vec![Expr::Not(Box::new(Expr::Any(vec![name("a"), name("b")]))), name("c")])
    );
}
