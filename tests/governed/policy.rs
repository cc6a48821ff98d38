//! A policy as its file says it, with nothing made of it.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};

/// What a type's table may say here. A policy that says more needs a model that knows more.
const KNOWN: [&str; 9] =
    ["parent", "owned", "member_records", "creator_role", "create_actions", "roles", "actions", "members", "joins_as"];

/// A role's type and name.
pub type RoleName = (String, String);

/// A policy file.
pub struct Policy {
    pub name: String,
    pub version: u32,
    pub root: String,
    /// Whether to invite a deactivated member lets them back in.
    pub reactivates: bool,
    pub types: BTreeMap<String, Type>,
}

/// A `[TYPE]`.
#[derive(Default)]
pub struct Type {
    pub parent: Option<String>,
    pub owned: bool,
    pub member_records: bool,
    pub creator_role: Option<String>,
    pub create_actions: Vec<String>,
    pub joins_as: Option<String>,
    pub roles: BTreeMap<String, Role>,
    pub actions: BTreeMap<String, Action>,
    pub rules: Vec<Rule>,
}

/// A role, but for its name.
pub struct Role {
    pub implies: Vec<String>,
    pub protected_below: bool,
    pub at_least: usize,
}

/// An action, but for its name.
pub struct Action {
    pub rule: Expr,
    pub when_archived: bool,
}

/// A rule of `[TYPE.members]`.
pub struct Rule {
    pub verb: String,
    pub by: Expr,
    pub from: Vec<String>,
    pub to: Vec<String>,
}

/// A rule's expression.
#[derive(Debug, PartialEq)]
pub enum Expr {
    Name(String),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
}

impl Policy {
    /// Reads a file; panics at what it does not know.
    pub fn read(text: &str) -> Self {
        let table = DeTable::parse(text).expect("the policy is TOML");
        let table = table.get_ref();
        let version = number(&table["version"]).try_into().expect("a version is small");
        let reactivates = table.get("invitations").and_then(|of| of.get_ref().get("reactivates"));
        let mut policy = Self {
            name: string(&table["policy"]),
            version,
            root: string(&table["root"]),
            reactivates: reactivates.is_some_and(|value| value.get_ref().as_bool() == Some(true)),
            types: BTreeMap::new(),
        };
        for (name, value) in table {
            if let DeValue::Table(of) = value.get_ref()
                && name.get_ref() != "invitations"
            {
                policy.types.insert(name.get_ref().to_string(), Type::read(name.get_ref(), of));
            }
        }
        policy
    }

    /// The type of this name.
    pub fn of(&self, name: &str) -> &Type {
        self.types.get(name).unwrap_or_else(|| panic!("the policy has no type `{name}`"))
    }

    /// A type's ways up to the root, itself first.
    fn above<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        std::iter::successors(Some(name), |name| self.of(name).parent.as_deref())
    }

    /// The role that a name stands for in a rule at a type: the type's own, or else the only one above.
    fn meant(&self, at: &str, name: &str) -> RoleName {
        if let Some((of, role)) = name.split_once('.') {
            return (of.to_owned(), role.to_owned());
        }
        let of = self.above(at).find(|of| self.of(of).roles.contains_key(name));
        (of.unwrap_or_else(|| panic!("no role `{name}` at `{at}`")).to_owned(), name.to_owned())
    }

    /// Whether whoever is bound as one role has the role that a rule at a type names.
    pub fn gives(&self, bound: &RoleName, at: &str, named: &str) -> bool {
        let (wanted, mut seen) = (self.meant(at, named), BTreeSet::new());
        let mut left = vec![bound.clone()];
        while let Some(role) = left.pop() {
            if role == wanted {
                return true;
            }
            if seen.insert(role.clone()) {
                let implied = &self.of(&role.0).roles[&role.1].implies;
                left.extend(implied.iter().map(|implied| self.meant(&role.0, implied)));
            }
        }
        false
    }
}

impl Type {
    fn read(name: &str, table: &DeTable<'_>) -> Self {
        for (key, _) in table {
            assert!(KNOWN.contains(&&**key.get_ref()), "the model knows no `{}` of `{name}`", key.get_ref());
        }
        let mut of = Self {
            parent: table.get("parent").map(string),
            owned: table.get("owned").is_some_and(flag),
            member_records: table.get("member_records").is_some_and(flag),
            creator_role: table.get("creator_role").map(string),
            create_actions: table.get("create_actions").map_or_else(|| vec![format!("{name}.create")], strings),
            ..Self::default()
        };
        for (role, value) in entries(table, "roles") {
            let role_table = as_table(value);
            let role_is = Role {
                implies: role_table.get("implies").map(strings).unwrap_or_default(),
                protected_below: role_table.get("protected_below").is_some_and(flag),
                at_least: role_table.get("at_least").map_or(0, number),
            };
            of.roles.insert(role, role_is);
        }
        for (action, value) in entries(table, "actions") {
            let action_is = match value {
                DeValue::Table(said) => Action {
                    rule: parse(&string(&said["rule"])),
                    when_archived: said.get("when_archived").is_some_and(flag),
                },
                _ => Action { rule: parse(&text(value)), when_archived: false },
            };
            of.actions.insert(action, action_is);
        }
        for (verb, value) in entries(table, "members") {
            let DeValue::Array(rules) = value else {
                assert_eq!(verb, "joins_as", "the rules of a verb are a list");
                of.joins_as = Some(text(value));
                continue;
            };
            for rule in rules.iter().map(|rule| as_table(rule.get_ref())) {
                let side = |key: &str| rule.get(key).map(strings).unwrap_or_default();
                let by = parse(&string(&rule["by"]));
                of.rules.push(Rule { verb: verb.clone(), by, from: side("from"), to: side("to") });
            }
        }
        of
    }
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

type Value<'a> = toml::Spanned<DeValue<'a>>;

fn entries<'t, 'a>(table: &'t DeTable<'a>, key: &str) -> Vec<(String, &'t DeValue<'a>)> {
    let found = table.get(key).map(|value| as_table(value.get_ref()));
    found
        .into_iter()
        .flat_map(|table| table.iter())
        .map(|(key, value)| (key.get_ref().to_string(), value.get_ref()))
        .collect()
}

fn as_table<'t, 'a>(value: &'t DeValue<'a>) -> &'t DeTable<'a> {
    value.as_table().expect("a table")
}

fn text(value: &DeValue<'_>) -> String {
    value.as_str().expect("a text").to_owned()
}

fn string(value: &Value<'_>) -> String {
    text(value.get_ref())
}

fn strings(value: &Value<'_>) -> Vec<String> {
    value.get_ref().as_array().expect("a list").iter().map(string).collect()
}

fn flag(value: &Value<'_>) -> bool {
    value.get_ref().as_bool().expect("a flag")
}

fn number(value: &Value<'_>) -> usize {
    value.get_ref().as_integer().expect("a number").as_str().parse().expect("a small one")
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
