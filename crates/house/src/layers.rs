//! Imports run one way: what each module at the root of a crate may import. ARCHITECTURE.md says why.

use std::collections::BTreeSet;

use crate::{
    paths::{Named, named},
    report::{Check, Fault},
    source::Repository,
};

/// What the modules at the root of the crate `rollcall` may import besides themselves: other modules, and crates of
/// the workspace. A path stands for all below it.
const ROLLCALL: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    ("cli", &["serve", "config", "telemetry", "cache", "service", "store", "rollcall_engine", "rollcall_policy_tools"]),
    ("serve", &["edge", "cache", "store", "telemetry", "config", "service", "proto", "rollcall_engine"]),
    ("edge", &["service", "proto", "rollcall_engine"]),
    ("cache", &["service::ports", "rollcall_engine"]),
    ("store", &["service::ports", "kept_forms", "rollcall_engine"]),
    ("service", &["kept_forms", "rollcall_engine"]),
    // Part of tests alone.
    ("kept_forms", &[]),
    ("proto", &[]),
    ("config", &["edge", "cache", "service", "store", "telemetry", "rollcall_engine"]),
    ("telemetry", &[]),
];

/// The modules at the root of the crate `rollcall_engine`. Each may import those before it.
const ENGINE: &[&str] = &["domain", "model", "language", "facts", "decision", "membership", "view"];

/// The crates of the workspace that a row has to name.
const CRATES: [&str; 2] = ["rollcall_engine", "rollcall_policy_tools"];

/// Where the tables are.
const TABLE_FILE: &str = "crates/house/src/layers.rs";

const PACKAGES: [Package; 2] = [
    Package { source: "src/", library: "rollcall", rules: Rules::Rows(ROLLCALL) },
    Package { source: "crates/engine/src/", library: "rollcall_engine", rules: Rules::InOrder(ENGINE) },
];

/// A package whose modules have an order. Between packages Cargo keeps it.
struct Package {
    /// The directory of its sources.
    source: &'static str,
    /// The name under which its program sees its library.
    library: &'static str,
    rules: Rules,
}

enum Rules {
    /// Modules, and what each may import.
    Rows(&'static [(&'static str, &'static [&'static str])]),
    /// Modules, each of which may import those before it.
    InOrder(&'static [&'static str]),
}

impl Rules {
    /// The name of the table, and what a module may import; `None` for one that the table does not know.
    fn allowed(&self, module: &str) -> (&'static str, Option<&'static [&'static str]>) {
        match self {
            Self::Rows(rows) => {
                ("ROLLCALL", rows.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed))
            }
            Self::InOrder(rooms) => {
                let position = rooms.iter().position(|room| *room == module);
                ("ENGINE", position.and_then(|position| rooms.get(..position)))
            }
        }
    }
}

/// Holds the imports of every file against the tables.
pub(crate) fn check(repository: &Repository) -> Check {
    let mut faults = Vec::new();
    let mut files = 0;
    for (path, source) in &repository.sources {
        if let Some(package) = PACKAGES.iter().find(|package| path.starts_with(package.source)) {
            files += 1;
            faults.extend(violations(package, path, source));
        }
    }
    Check::new("layers", format!("{files} files"), faults)
}

/// What is wrong with one file of a package.
fn violations(package: &Package, path: &str, source: &syn::File) -> Vec<Fault> {
    let modules = modules(path.strip_prefix(package.source).unwrap_or(path));
    let Some(root) = modules.first() else { return Vec::new() };
    let (table, allowed) = package.rules.allowed(root);
    let Some(allowed) = allowed else {
        let text = format!("`{root}` has no row; give it one in `{table}` of `{TABLE_FILE}`");
        return vec![Fault::new(path, 1, text)];
    };

    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for named in named(source) {
        let Some(import) = imported(package, &modules, &named) else { continue };
        let is_within = |allowed: &str| import == *allowed || import.starts_with(&format!("{allowed}::"));
        let is_allowed = is_within(root) || allowed.iter().any(|allowed| is_within(allowed));
        if !is_allowed && seen.insert((named.line, import.clone())) {
            let text = format!("`{root}` may not import `{import}`; {}", remedy(allowed));
            faults.push(Fault::new(path, named.line, text));
        }
    }
    faults
}

fn remedy(allowed: &[&str]) -> String {
    let allowed: Vec<String> = allowed.iter().map(|allowed| format!("`{allowed}`")).collect();
    match allowed.as_slice() {
        [] => "it imports nothing of ours, so move this to where both may be used".to_owned(),
        allowed => format!("it imports only {}, so move this or take it as a parameter", allowed.join(", ")),
    }
}

/// The modules that a file stands for: `cache/load.rs` is `cache`, `load`; `lib.rs` is none.
fn modules(path: &str) -> Vec<String> {
    let names = path.strip_suffix(".rs").unwrap_or(path).split('/');
    names.filter(|name| *name != "mod" && *name != "lib").map(str::to_owned).collect()
}

/// The path from the root of the crate that is named, or of another crate of the workspace; `None` for all others.
fn imported(package: &Package, modules: &[String], named: &Named) -> Option<String> {
    let first = named.segments.first()?.as_str();
    let is_program = modules.first().is_some_and(|root| root == "main");
    let path = if CRATES.contains(&first) && first != package.library {
        named.segments.clone()
    } else if is_program {
        // The program sees the library as a crate of its own.
        named.segments.strip_prefix(&[package.library.to_owned()])?.to_vec()
    } else {
        let stands_in = [modules, &named.inside].concat();
        named.absolute(&stands_in).filter(|_| !named.is_global)?
    };
    match path.as_slice() {
        // `use crate as root` would open all of it.
        [] => named.import.as_ref().map(|_| "*".to_owned()),
        path => Some(path.join("::")),
    }
}

#[cfg(test)]
mod tests;
