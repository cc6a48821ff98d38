//! Imports run one way, the pure modules stay pure, and files stay small. ARCHITECTURE.md says why.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    iter::Peekable,
    path::{Path, PathBuf},
    slice,
    str::Chars,
};

/// What each module at the root may import, besides itself. A path stands for all below it.
const ALLOWED: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["serve", "config", "telemetry", "policy", "domain", "view", "service", "store"]),
    ("serve", &["grpc", "view", "store", "telemetry", "config", "service", "policy", "domain", "proto"]),
    ("grpc", &["service", "policy", "domain", "proto"]),
    ("service", &["policy", "domain"]),
    ("view", &["policy", "domain", "service::ports"]),
    ("store", &["service::ports", "domain"]),
    ("policy", &["domain"]),
    ("domain", &[]),
    ("proto", &[]),
    ("config", &[]),
    ("telemetry", &[]),
];

/// Modules that know no async, no I/O and no wire format, and the names that would give it away.
const PURE: [&str; 2] = ["domain", "policy"];
const IMPURE: [&str; 6] = ["tonic", "prost", "sea_orm", "tokio", "async", "await"];

const MAX_LINES: usize = 500;

/// What is wrong with one file, `path` being relative to `src`.
fn violations(path: &Path, source: &str) -> Vec<String> {
    let modules = modules(path);
    let [root, ..] = modules.as_slice() else { return Vec::new() };
    let tokens = tokens(source);
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| name == root) else {
        return vec![format!("{}: give `{root}` a row in ALLOWED", path.display())];
    };

    let mut violations = Vec::new();
    for import in imports(&tokens, root, modules.len()) {
        let is_within = |allowed: &str| import == *allowed || import.starts_with(&format!("{allowed}::"));
        if !is_within(root) && !allowed.iter().any(|allowed| is_within(allowed)) {
            violations.push(format!("{}: {root} may not import `{import}`", path.display()));
        }
    }
    if PURE.contains(&root.as_str()) {
        let is_impure = |name: &str| IMPURE.iter().any(|word| name == *word || name.starts_with(&format!("{word}_")));
        let names = tokens.iter().filter_map(Token::name).filter(|name| is_impure(name));
        violations.extend(names.map(|name| format!("{}: {root} may not mention `{name}`", path.display())));
    }
    violations
}

/// The modules that a file stands for: `view/load.rs` is `view`, `load`; `lib.rs` is none.
fn modules(path: &Path) -> Vec<String> {
    let names = path.with_extension("");
    let names = names.iter().map(|name| name.to_str().unwrap().to_owned());
    names.filter(|name| name != "mod" && name != "lib").collect()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Colons,
    Sign(char),
}

impl Token {
    fn name(&self) -> Option<&str> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }
}

/// The paths from the crate's root that the code names, groups taken apart.
fn imports(tokens: &[Token], root: &str, depth: usize) -> Vec<String> {
    // The binary sees the library as a crate of its own.
    let crate_name = if root == "main" { "rollcall" } else { "crate" };
    let mut imports = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let follows_path = at > 0 && tokens[at - 1] == Token::Colons;
        let supers = tokens[at..].iter().step_by(2).take_while(|token| token.name() == Some("super")).count();
        if token.name() == Some(crate_name) && !follows_path {
            tree(&mut tokens[at + 1..].iter().peekable(), "", &mut imports);
        } else if supers >= depth && supers > 0 && !follows_path {
            // As many as there are modules reach the root, unless an inline module takes one: then the name that
            // comes next is hardly that of a module at the root.
            let mut reached = Vec::new();
            tree(&mut tokens[at + 2 * supers - 1..].iter().peekable(), "", &mut reached);
            let is_root = |path: &String| ALLOWED.iter().any(|(name, _)| path.split("::").next() == Some(*name));
            imports.extend(reached.into_iter().filter(is_root));
        }
    }
    imports
}

/// Reads `::a::{b, c::d}` into the paths `a::b` and `a::c::d`.
fn tree(tokens: &mut Peekable<slice::Iter<'_, Token>>, prefix: &str, paths: &mut Vec<String>) {
    let mut path = prefix.to_owned();
    while tokens.next_if_eq(&&Token::Colons).is_some() {
        match tokens.peek() {
            Some(Token::Name(name)) => {
                path = if path.is_empty() { name.clone() } else { format!("{path}::{name}") };
                tokens.next();
            }
            Some(Token::Sign('{')) => {
                tokens.next();
                while let Some(Token::Name(name)) = tokens.next_if(|token| token.name().is_some()) {
                    let inner = if path.is_empty() { name.clone() } else { format!("{path}::{name}") };
                    tree(tokens, &inner, paths);
                    while tokens.next_if(|token| !matches!(token, Token::Sign(',' | '}'))).is_some() {}
                    if tokens.next() == Some(&Token::Sign('}')) {
                        break;
                    }
                }
                return;
            }
            _ => break,
        }
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

/// The code without space, comments and literals.
fn tokens(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next().is_some_and(|c| c != '\n') {},
            '/' if chars.peek() == Some(&'*') => skip_until(&mut chars, "*/"),
            '"' => skip_string(&mut chars),
            'r' if matches!(chars.peek(), Some('"' | '#')) => {
                let mut end = String::from('"');
                while chars.next_if_eq(&'#').is_some() {
                    end.push('#');
                }
                if chars.next_if_eq(&'"').is_some() {
                    skip_until(&mut chars, &end);
                }
            }
            '\'' => skip_char(&mut chars),
            ':' if chars.next_if_eq(&':').is_some() => tokens.push(Token::Colons),
            c if c.is_alphabetic() || c == '_' => {
                let mut name = String::from(c);
                while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                tokens.push(Token::Name(name));
            }
            c if c.is_whitespace() => {}
            // As in `use crate::*`.
            '*' => tokens.push(Token::Name("*".to_owned())),
            c => tokens.push(Token::Sign(c)),
        }
    }
    tokens
}

fn skip_until(chars: &mut Peekable<Chars<'_>>, end: &str) {
    let mut seen = String::new();
    while !seen.ends_with(end) {
        let Some(c) = chars.next() else { return };
        seen.push(c);
    }
}

fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' => return,
            _ => {}
        }
    }
}

/// A character, or the tick of a lifetime.
fn skip_char(chars: &mut Peekable<Chars<'_>>) {
    let mut ahead = chars.clone();
    let length = match (ahead.next(), ahead.next()) {
        (Some('\\'), Some(_)) => 2 + ahead.take_while(|c| *c != '\'').count() + 1,
        (Some(_), Some('\'')) => 2,
        _ => 0,
    };
    for _ in 0..length {
        chars.next();
    }
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

#[test]
fn imports_run_one_way() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&src);
    let check = |file: &PathBuf| violations(file.strip_prefix(&src).unwrap(), &fs::read_to_string(file).unwrap());
    let violations: Vec<String> = files.iter().flat_map(check).collect();
    assert!(files.len() > 10);
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn no_file_is_long() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [root.join("src"), root.join("tests")].into_iter().flat_map(|dir| rust_files(&dir));
    let lines = files.map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file));
    let long: Vec<(usize, PathBuf)> = lines.filter(|(lines, _)| *lines > MAX_LINES).collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines, split by subject: {long:?}");
}

#[test]
fn a_forbidden_import_is_found_in_every_spelling() {
    for (path, source, import) in [
        ("view/mod.rs", "use crate::store::Sqlite;", "store::Sqlite"),
        ("view/mod.rs", "fn f() { crate::store::open() }", "store::open"),
        ("view/mod.rs", "use crate::{domain::Tenant, store};", "store"),
        (
            "view/mod.rs",
            "use crate::{\n    domain::{Tenant as T, Role},\n    service::{ports::Store, invite::{self}},\n};",
            "service::invite::self",
        ),
        ("view/mod.rs", "use crate::service::{self, ports};", "service::self"),
        ("view/mod.rs", "use super::store;", "store"),
        ("view/load.rs", "use super::super::{store::Sqlite};", "store::Sqlite"),
        ("view/mod.rs", "const C: char = '\"'; use crate::store; const D: &str = \"\";", "store"),
        ("policy/parse.rs", "use crate::service::ports::Clock;", "service::ports::Clock"),
        ("domain/mod.rs", "use crate::policy::Policy;", "policy::Policy"),
        ("main.rs", "use rollcall::{cli, store};", "store"),
        ("grpc/mod.rs", "use crate::*;", "*"),
        ("grpc/mod.rs", "use crate::{domain, view::*};", "view::*"),
    ] {
        let found = violations(Path::new(path), source);
        let root = modules(Path::new(path)).remove(0);
        assert_eq!(found, [format!("{path}: {root} may not import `{import}`")], "{source}");
    }
}

#[test]
fn what_is_allowed_passes() {
    for (path, source) in [
        ("main.rs", "use rollcall::cli; fn main() { rollcall::cli::run() }"),
        ("view/load.rs", "use crate::{domain::Tenant, service::ports::{Facts, Store}, view::View};"),
        ("view/load.rs", "use super::store;"),
        ("view/mod.rs", "//! See [`crate::store`].\n/* crate::store */ pub(crate) fn f<'a>(s: &'a str) {}"),
        ("view/mod.rs", "const T: &str = r#\"crate::store \"quoted\"\"#; const U: &str = \"\\\"crate::store\";"),
        ("policy/mod.rs", "// No tokio, no async.\nuse crate::domain::Role;"),
        ("lib.rs", "pub mod view;"),
    ] {
        assert_eq!(violations(Path::new(path), source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn an_impure_word_is_found() {
    for (source, word) in [
        ("use tokio::sync::Mutex;", "tokio"),
        ("async fn f() {}", "async"),
        ("#[async_trait::async_trait] trait T {}", "async_trait"),
        ("fn f() -> tonic_types::ErrorDetails {}", "tonic_types"),
    ] {
        let found = violations(Path::new("domain/role.rs"), source);
        assert!(found.contains(&format!("domain/role.rs: domain may not mention `{word}`")), "{found:?}");
        assert_eq!(violations(Path::new("store/mod.rs"), source), Vec::<String>::new());
    }
}

#[test]
fn a_new_module_needs_a_row() {
    assert_eq!(violations(Path::new("cache/mod.rs"), ""), ["cache/mod.rs: give `cache` a row in ALLOWED"]);
}
