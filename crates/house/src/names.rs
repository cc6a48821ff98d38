//! Follows the paths that a module names to the module that defines what they mean.

use std::slice;

use crate::{
    modules::{Crate, Module, ModulePath},
    paths::Named,
};

/// How many imports are followed from one name; a chain of more leads back to itself.
const HOPS: usize = 8;

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A module of the crate.
    Module(ModulePath),
    /// Something that this module defines, or that could be found no further than to it.
    Item(ModulePath),
    /// Something outside the crate, or a name that stands for no item: a variable, a parameter.
    Elsewhere,
}

impl Crate {
    /// What `named` leads to, which stands in `module`. Re-exports are followed to the definition.
    pub(crate) fn resolve(&self, module: &[String], named: &Named) -> Found {
        self.follow(module, named, HOPS)
    }

    fn follow(&self, module: &[String], named: &Named, hops: usize) -> Found {
        if named.is_global || hops == 0 {
            return Found::Elsewhere;
        }
        if let Some(path) = named.absolute(module) {
            return self.walk(&[], &path, hops).unwrap_or_else(Found::Item);
        }
        // The first name need not be one of this crate; those behind a module of the crate are.
        let found = self.walk(module, &named.segments, hops);
        found.unwrap_or_else(|stuck| if stuck == module { Found::Elsewhere } else { Found::Item(stuck) })
    }

    /// What `segments` lead to from the module `start`; an error is the module in which a name was not found.
    fn walk(&self, start: &[String], segments: &[String], hops: usize) -> Result<Found, ModulePath> {
        let Some((first, rest)) = segments.split_first() else { return Ok(Found::Module(start.to_owned())) };
        let Some(module) = self.modules.get(start) else { return Ok(Found::Elsewhere) };
        if first == "self" || hops == 0 {
            return Ok(Found::Module(start.to_owned()));
        }
        // One name may be that of a module and of an item; only the module has something behind it.
        let child = [start, slice::from_ref(first)].concat();
        let is_module = self.modules.contains_key(&child);
        if is_module && !rest.is_empty() {
            return self.walk(&child, rest, hops);
        }
        if first == "*" || module.definitions.contains(first) {
            return Ok(Found::Item(start.to_owned()));
        }
        if let Some(import) = imports(module).find(|(name, _)| name == first).map(|(_, named)| named) {
            return match self.follow(start, import, hops - 1) {
                Found::Module(module) => self.walk(&module, rest, hops - 1),
                found => Ok(found),
            };
        }
        if is_module {
            return Ok(Found::Module(child));
        }
        let globs = imports(module).filter(|(name, _)| *name == "*");
        let mut found = globs.filter_map(|(_, named)| self.look_in(start, named, segments, hops - 1));
        found.next().ok_or_else(|| start.to_owned())
    }

    /// What `segments` lead to through `glob`, a `use` of all that is in a module.
    fn look_in(&self, start: &[String], glob: &Named, segments: &[String], hops: usize) -> Option<Found> {
        let mut opened = glob.clone();
        opened.segments.pop();
        let Found::Module(module) = self.follow(start, &opened, hops) else { return None };
        self.walk(&module, segments, hops).ok().filter(|found| *found != Found::Elsewhere)
    }
}

/// The names that a module imports, each with its path.
fn imports(module: &Module) -> impl Iterator<Item = (&str, &Named)> {
    module.imports.iter().filter_map(|named| named.import.as_ref().map(|import| (import.name.as_str(), named)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Repository;

    fn small() -> Crate {
        let repository = Repository::from_texts(&[
            ("src/lib.rs", "mod store; mod view;"),
            (
                "src/store/mod.rs",
                "mod rows; mod error; pub use rows::{Row, Row as Line}; pub(crate) use self::error::*; use std::io;
                 pub(crate) use crate::view as seen; pub struct Store;",
            ),
            ("src/store/rows.rs", "pub struct Row; pub mod kind { pub const A: u8 = 1; }"),
            ("src/store/error.rs", "pub enum Error { A } pub fn fail() {} use self::Error::*;"),
            ("src/view.rs", "pub struct View; use crate::store; use rollcall_engine::domain; use view::view;"),
        ]);
        Crate::read(&repository, "src/lib.rs")
    }

    #[test]
    fn a_path_leads_to_the_definition() {
        let small = small();
        for (path, expected) in [
            ("crate::store::Store", "item in store"),
            ("crate::store::Row", "item in store::rows"),
            ("crate::store::Line::new", "item in store::rows"),
            ("crate::store::Error::A", "item in store::error"),
            ("crate::store::fail", "item in store::error"),
            ("crate::store::seen::View", "item in view"),
            ("crate::store::rows::kind::A", "item in store::rows::kind"),
            ("crate::store::macro_made", "item in store"),
            ("crate::store::io::Error", "elsewhere"),
            ("crate::store", "module store"),
            ("crate::store::self", "module store"),
            ("crate::store::*", "item in store"),
            ("super::store::Row", "item in store::rows"),
            ("self::View", "item in view"),
            ("store::Row", "item in store::rows"),
            ("store::made_by_macro", "item in store"),
            ("domain::Role", "elsewhere"),
            ("view::x", "elsewhere"),
            ("::store::Row", "elsewhere"),
            ("variable", "elsewhere"),
        ] {
            let source = syn::parse_file(&format!("use {path};")).unwrap();
            let named = crate::paths::named(&source).remove(0);
            let found = match small.resolve(&["view".to_owned()], &named) {
                Found::Module(module) => format!("module {}", module.join("::")),
                Found::Item(module) => format!("item in {}", module.join("::")),
                Found::Elsewhere => "elsewhere".to_owned(),
            };
            assert_eq!(found, expected, "{path}");
        }
    }
}
