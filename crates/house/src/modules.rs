//! Finds the crates of the repository, and the modules of each: which file they stand in, what they define and name.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta};

use crate::{
    paths::{Named, named},
    source::{Repository, is_test, name},
};

/// Directories beside `src` of which each file, and each directory with a `main.rs`, is a crate.
const PROGRAMS: [&str; 4] = ["tests", "benches", "examples", "targets"];

/// A module's path from the root of its crate; the root's own is empty.
pub(crate) type ModulePath = Vec<String>;

/// A module, in a file of its own or written out in its parent's.
pub(crate) struct Module {
    /// The file that it stands in.
    pub(crate) file: String,
    /// The names of what it defines, modules excepted.
    pub(crate) definitions: BTreeSet<String>,
    /// The paths that it imports, without those in tests.
    pub(crate) imports: Vec<Named>,
    /// The paths that its code names, without those in tests.
    pub(crate) mentions: Vec<Named>,
}

/// The modules of a crate, without those that are for tests only.
pub(crate) struct Crate {
    /// All of them, the root included.
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

/// The root files of all crates: libraries, programs, tests, benchmarks and examples of every package.
pub(crate) fn roots(repository: &Repository) -> Vec<&str> {
    let manifests = repository.paths.iter().filter_map(|path| path.strip_suffix("Cargo.toml"));
    let packages: Vec<&str> = manifests.filter(|package| package.is_empty() || package.ends_with('/')).collect();
    let is_root = |path: &&str| packages.iter().any(|package| path.strip_prefix(package).is_some_and(is_root));
    repository.sources.keys().map(String::as_str).filter(is_root).collect()
}

/// Whether a file is the root of a crate, by its path within the package.
fn is_root(path: &str) -> bool {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["build.rs"] | ["src", "lib.rs" | "main.rs"] | ["src", "bin", _] | ["src", "bin", _, "main.rs"] => true,
        [directory, _] | [directory, _, "main.rs"] => PROGRAMS.contains(directory),
        _ => false,
    }
}

impl Crate {
    /// The crate whose root is the file `root`.
    pub(crate) fn read(repository: &Repository, root: &str) -> Self {
        let mut found = Self { modules: BTreeMap::new() };
        found.add_file(repository, root, &[], parent(root));
        found
    }

    /// Adds a file and the modules below it, whose files are in `directory`.
    fn add_file(&mut self, repository: &Repository, file: &str, path: &[String], directory: &str) {
        let Some(source) = repository.sources.get(file) else { return };
        let scope = Scope { repository, file, directory: directory.to_owned(), is_inline: false };
        self.add_module(&scope, path, &source.items);
        for mut named in named(source).into_iter().filter(|named| !named.is_test) {
            let stands_in = [path, &named.inside].concat();
            named.inside.clear();
            if let Some(module) = self.modules.get_mut(&stands_in) {
                let list = if named.import.is_some() { &mut module.imports } else { &mut module.mentions };
                list.push(named);
            }
        }
    }

    fn add_module(&mut self, scope: &Scope<'_>, path: &[String], items: &[Item]) {
        let definitions = items.iter().filter_map(defined).collect();
        let module = Module { file: scope.file.to_owned(), definitions, imports: Vec::new(), mentions: Vec::new() };
        // A file that declares itself by `#[path]` would never end.
        if self.modules.insert(path.to_owned(), module).is_some() || path.len() > 20 {
            return;
        }
        for item in items {
            let Item::Mod(item) = item else { continue };
            let child = [path, &[name(&item.ident)]].concat();
            if is_test(&item.attrs) {
                continue;
            }
            if let Some((_, items)) = &item.content {
                self.add_module(&scope.inline(&name(&item.ident)), &child, items);
            } else if let Some((file, directory)) = scope.file_of(item) {
                self.add_file(scope.repository, &file, &child, &directory);
            }
        }
    }
}

/// Where modules are declared.
struct Scope<'r> {
    repository: &'r Repository,
    file: &'r str,
    /// Where the files of the modules are.
    directory: String,
    /// Whether it is a module that is written out.
    is_inline: bool,
}

impl Scope<'_> {
    fn inline(&self, name: &str) -> Self {
        Self { directory: join(&self.directory, name), is_inline: true, ..*self }
    }

    /// The file of a module that is declared here, and the directory of those below it.
    fn file_of(&self, item: &ItemMod) -> Option<(String, String)> {
        let is_file = |file: &String| self.repository.sources.contains_key(file);
        if let Some(path) = item.attrs.iter().find_map(path_attribute) {
            let base = if self.is_inline { &self.directory } else { parent(self.file) };
            let file = join(base, &path);
            return is_file(&file).then(|| (file.clone(), parent(&file).to_owned()));
        }
        let directory = join(&self.directory, &name(&item.ident));
        let files = [format!("{directory}.rs"), format!("{directory}/mod.rs")];
        files.into_iter().find(is_file).map(|file| (file, directory))
    }
}

/// The path that `#[path = "…"]` gives to a module's file.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else { return None };
    let Expr::Lit(value) = &meta.value else { return None };
    let Lit::Str(path) = &value.lit else { return None };
    meta.path.is_ident("path").then(|| path.value())
}

/// The name that an item defines in its module.
fn defined(item: &Item) -> Option<String> {
    let identifier = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name(identifier))
}

/// The directory of a file; empty for one at the root.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// A path below a directory, `.` and `..` taken out of it.
fn join(directory: &str, path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in directory.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_its_crates() {
        let files = [
            "Cargo.toml",
            "build.rs",
            "crates/engine/Cargo.toml",
            "crates/engine/src/lib.rs",
            "crates/engine/src/model/lib.rs",
            "src/cli/main.rs",
            "src/main.rs",
            "tests/log/main.rs",
            "tests/log/watch.rs",
            "tests/races.rs",
            "tests/support/mod.rs",
        ];
        let repository = Repository::from_texts(&files.map(|file| (file, "")));
        let expected = ["build.rs", "crates/engine/src/lib.rs", "src/main.rs", "tests/log/main.rs", "tests/races.rs"];
        assert_eq!(roots(&repository), expected);
    }

    #[test]
    fn every_module_has_its_file() {
        let repository = Repository::from_texts(&[
            ("tests/log/main.rs", "#[path = \"../support/mod.rs\"] mod support; mod watch; mod missing;"),
            ("tests/log/watch.rs", "mod page { mod inner; } #[cfg(test)] mod tests {}"),
            ("tests/log/watch/page/inner.rs", "struct Inner; fn f() {}"),
            ("tests/support/mod.rs", "mod api;"),
            ("tests/support/api.rs", "use super::x; mod m { use super::y; }"),
        ]);
        let found = Crate::read(&repository, "tests/log/main.rs");
        let files = found.modules.iter().map(|(path, module)| (path.join("::"), module.file.as_str()));
        let expected = [
            ("", "tests/log/main.rs"),
            ("support", "tests/support/mod.rs"),
            ("support::api", "tests/support/api.rs"),
            ("support::api::m", "tests/support/api.rs"),
            ("watch", "tests/log/watch.rs"),
            ("watch::page", "tests/log/watch.rs"),
            ("watch::page::inner", "tests/log/watch/page/inner.rs"),
        ];
        assert_eq!(files.collect::<Vec<_>>(), expected.map(|(path, file)| (path.to_owned(), file)));

        let module = |path: &str| found.modules.iter().find(|(found, _)| found.join("::") == path).unwrap().1;
        assert_eq!(module("watch::page::inner").definitions.len(), 2);
        let named = |path| module(path).imports.iter().map(|named| named.segments.join("::")).collect::<Vec<_>>();
        assert_eq!(
            (named("support::api"), named("support::api::m")),
            (vec!["super::x".into()], vec!["super::y".into()])
        );
    }
}
