//! Finds the paths that a file names: in `use`, in code, and in the tokens of macros and attributes.

use proc_macro2::{Delimiter, Ident, Spacing, TokenStream, TokenTree};
use syn::{
    Attribute, File, ItemMod, ItemUse, Macro, Meta, Path, UseTree, Visibility,
    visit::{self, Visit},
};

use crate::source::{is_test, name};

/// A path that a file names.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// The names as they are written, `crate`, `self`, `super` and `*` included; groups are taken apart.
    pub(crate) segments: Vec<String>,
    /// The modules written out in the file that it stands in, outermost first.
    pub(crate) inside: Vec<String>,
    /// What a `use` makes of it; `None` when the path stands in code.
    pub(crate) import: Option<Import>,
    /// Whether it begins with `::`, and so with the name of a crate.
    pub(crate) is_global: bool,
    /// Whether it is compiled for tests only.
    pub(crate) is_test: bool,
    /// The line of its first name, or of its last in a `use`.
    pub(crate) line: usize,
}

/// The name that a `use` gives to what it imports.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The name in this module, or `*`.
    pub(crate) name: String,
    /// Whether other modules may use that name too.
    pub(crate) is_public: bool,
}

impl Named {
    /// The path from the root of the crate, for one that stands in `module`; `None` when it begins with a name, or
    /// leaves the crate.
    pub(crate) fn absolute(&self, module: &[String]) -> Option<Vec<String>> {
        let (first, mut rest) = self.segments.split_first()?;
        let mut path = module.to_vec();
        match first.as_str() {
            "crate" => path.clear(),
            "self" => {}
            "super" => drop(path.pop()?),
            _ => return None,
        }
        while let Some((next, after)) = rest.split_first()
            && next == "super"
        {
            path.pop()?;
            rest = after;
        }
        path.extend(rest.iter().cloned());
        Some(path)
    }
}

/// The paths that a file names, in order. Comments and literals name none, nor does `pub(in PATH)`.
pub(crate) fn named(file: &File) -> Vec<Named> {
    let mut collector = Collector::default();
    collector.visit_file(file);
    collector.named
}

#[derive(Default)]
struct Collector {
    named: Vec<Named>,
    inside: Vec<String>,
    is_test: bool,
}

impl Collector {
    fn add(&mut self, segments: Vec<String>, is_global: bool, import: Option<Import>, line: usize) {
        let (inside, is_test) = (self.inside.clone(), self.is_test);
        self.named.push(Named { segments, inside, import, is_global, is_test, line });
    }

    fn add_tree(&mut self, tree: &UseTree, before: &[String], item: &ItemUse) {
        let path = |name: String| [before, &[name]].concat();
        let (segments, new_name, line) = match tree {
            UseTree::Path(tree) => return self.add_tree(&tree.tree, &path(name(&tree.ident)), item),
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.add_tree(tree, before, item)),
            UseTree::Name(tree) => {
                let last = if tree.ident == "self" { before.last().cloned() } else { None };
                (path(name(&tree.ident)), last.unwrap_or_else(|| name(&tree.ident)), tree.ident.span())
            }
            UseTree::Rename(tree) => (path(name(&tree.ident)), name(&tree.rename), tree.ident.span()),
            UseTree::Glob(tree) => (path("*".to_owned()), "*".to_owned(), tree.star_token.span),
        };
        let import = Import { name: new_name, is_public: !matches!(item.vis, Visibility::Inherited) };
        self.add(segments, item.leading_colon.is_some(), Some(import), line.start().line);
    }

    /// Paths among tokens that nobody has parsed.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut rest = tokens.as_slice();
        while let [token, after @ ..] = rest {
            rest = after;
            match token {
                TokenTree::Ident(ident) => rest = self.add_token_path(vec![name(ident)], ident, rest),
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                _ => {}
            }
        }
    }

    /// Reads on from the beginning of a path, `a` of `a::b::{c, d}`, and returns what comes after it.
    fn add_token_path<'t>(
        &mut self,
        mut path: Vec<String>,
        first: &Ident,
        mut rest: &'t [TokenTree],
    ) -> &'t [TokenTree] {
        while let [TokenTree::Punct(colon), TokenTree::Punct(second), next, after @ ..] = rest
            && (colon.as_char(), colon.spacing(), second.as_char()) == (':', Spacing::Joint, ':')
        {
            match next {
                TokenTree::Ident(ident) => path.push(name(ident)),
                TokenTree::Punct(star) if star.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    self.add_token_group(&path, group.stream());
                    return after;
                }
                _ => break,
            }
            rest = after;
        }
        self.add(path, false, None, first.span().start().line);
        rest
    }

    fn add_token_group(&mut self, before: &[String], tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for part in tokens.split(|token| matches!(token, TokenTree::Punct(comma) if comma.as_char() == ',')) {
            if let [TokenTree::Ident(ident), rest @ ..] = part {
                self.add_token_path([before, &[name(ident)]].concat(), ident, rest);
            }
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let Some((_, items)) = &item.content else { return };
        let was_test = self.is_test;
        self.is_test |= is_test(&item.attrs);
        self.inside.push(name(&item.ident));
        for item in items {
            self.visit_item(item);
        }
        self.inside.pop();
        self.is_test = was_test;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let was_test = self.is_test;
        self.is_test |= is_test(&item.attrs);
        self.add_tree(&item.tree, &[], item);
        self.is_test = was_test;
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if let Some(first) = path.segments.first() {
            let segments = path.segments.iter().map(|segment| name(&segment.ident)).collect();
            self.add(segments, path.leading_colon.is_some(), None, first.ident.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.visit_path(&call.path);
        self.add_tokens(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths of more than one name, `as` their new name.
    fn paths(source: &str) -> Vec<String> {
        let named = named(&syn::parse_file(source).unwrap());
        let long = named.iter().filter(|named| named.segments.len() > 1);
        let shown = long.map(|named| {
            let path = named.segments.join("::");
            named.import.as_ref().map_or(path.clone(), |import| format!("{path} as {}", import.name))
        });
        shown.collect()
    }

    #[test]
    fn every_spelling_is_found() {
        for (source, expected) in [
            ("use a::{self, b::{c as d, *}};", vec!["a::self as a", "a::b::c as d", "a::b::* as *"]),
            ("fn f(x: a::B<c::D>) -> e::F { g::h() }", vec!["a::B", "c::D", "e::F", "g::h"]),
            ("fn f() { println!(\"{}\", a::b(c::d)); }", vec!["a::b", "c::d"]),
            ("macro_rules! m { () => { use $crate::{a, b::{c}}; } }", vec!["crate::a", "crate::b::c"]),
            ("m! { use a::*; }", vec!["a::*"]),
            ("#[derive(a::B)] struct S { x: u8 }", vec!["a::B"]),
            ("pub(in crate::a) struct S;", vec![]),
            ("/// See [`a::b`].\nconst S: &str = \"a::b\";", vec![]),
            ("m! { x: ::a::b }", vec!["a::b"]),
        ] {
            assert_eq!(paths(source), expected, "{source}");
        }
    }

    #[test]
    fn a_path_is_followed_from_where_it_stands() {
        for (path, expected) in [
            ("crate::x", Some("x")),
            ("self::x", Some("a::b::x")),
            ("super::x", Some("a::x")),
            ("super::super::x", Some("x")),
            ("self::super::x", Some("a::x")),
            ("super::super::super::x", None),
            ("x::y", None),
        ] {
            let named = named(&syn::parse_file(&format!("use {path};")).unwrap()).remove(0);
            let found = named.absolute(&["a".to_owned(), "b".to_owned()]);
            assert_eq!(found.map(|path| path.join("::")).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn a_path_knows_where_it_stands() {
        let source = "use a::b;\nmod m {\n    #[cfg(test)]\n    mod tests { use c::d; }\n}\nuse\n    e::f;";
        let named = named(&syn::parse_file(source).unwrap());
        let shown = named.iter().map(|named| (named.inside.join("::"), named.is_test, named.line));
        let expected = [(String::new(), false, 1), ("m::tests".to_owned(), true, 4), (String::new(), false, 7)];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }
}
