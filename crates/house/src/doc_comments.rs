//! The doc comments of public items are of four words or more: "Its name." says nothing.

use syn::{
    Attribute, Expr, Field, Fields, Ident, ImplItem, Item, ItemImpl, ItemTrait, Lit, Meta, TraitItem, Visibility,
};

use crate::{
    report::{Check, Fault},
    source::{Repository, is_test, name},
};

/// No doc comment of a public item has fewer words than this.
const MIN_WORDS: usize = 4;

/// Looks at the public items of the service and of the crates. That there is a doc comment is checked by the compiler.
pub(crate) fn check(repository: &Repository) -> Check {
    let mut seen = 0;
    let mut faults = Vec::new();
    for (path, source) in repository.sources.iter().filter(|(path, _)| is_source(path)) {
        let mut docs = Docs::default();
        docs.add_items(&source.items);
        seen += docs.0.len();
        let short = docs.0.iter().filter(|doc| (1..MIN_WORDS).contains(&words(&doc.text)));
        faults.extend(short.map(|doc| {
            let text = "say its format, its range, or what it refuses";
            let text = format!("the doc comment of `{}` says only \"{}\"; {text}", doc.name, doc.text.trim());
            Fault::new(path, doc.line, text)
        }));
    }
    Check::new("doc comments", format!("{seen} of public items"), faults)
}

fn is_source(path: &str) -> bool {
    path.starts_with("src/") || path.strip_prefix("crates/").is_some_and(|path| path.contains("/src/"))
}

/// The words of a doc comment; of a link those that are shown.
fn words(doc: &str) -> usize {
    let lines = doc.lines().filter(|line| !is_link_target(line));
    let words = lines.flat_map(|line| line.split_whitespace().map(shown));
    words.filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// A word without the target of a link that ends in it: `view](https://…)` without the address.
fn shown(word: &str) -> &str {
    word.split_once("](").map_or(word, |(word, _)| word)
}

/// `[name]: target`, which shows nothing.
fn is_link_target(line: &str) -> bool {
    line.trim_start().starts_with('[') && line.contains("]: ")
}

/// The doc comment of a public item.
struct Doc {
    name: String,
    text: String,
    line: usize,
}

#[derive(Default)]
struct Docs(Vec<Doc>);

impl Docs {
    /// Adds the doc comment of `name`, if there is one that is shown and written out.
    fn add(&mut self, identifier: &Ident, attributes: &[Attribute]) {
        let lines: Option<Vec<String>> = attributes.iter().filter(|a| a.path().is_ident("doc")).map(line).collect();
        if let Some(lines) = lines.filter(|lines| !lines.is_empty()) {
            let text = lines.join("\n");
            self.0.push(Doc { name: name(identifier), text, line: identifier.span().start().line });
        }
    }

    fn add_public(&mut self, visibility: &Visibility, identifier: &Ident, attributes: &[Attribute]) {
        if matches!(visibility, Visibility::Public(_)) {
            self.add(identifier, attributes);
        }
    }

    fn add_items(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Const(item) => self.add_public(&item.vis, &item.ident, &item.attrs),
                Item::Fn(item) => self.add_public(&item.vis, &item.sig.ident, &item.attrs),
                Item::Static(item) => self.add_public(&item.vis, &item.ident, &item.attrs),
                Item::Type(item) => self.add_public(&item.vis, &item.ident, &item.attrs),
                Item::Struct(item) if matches!(item.vis, Visibility::Public(_)) => {
                    self.add(&item.ident, &item.attrs);
                    self.add_fields(item.fields.iter().filter(|f| matches!(f.vis, Visibility::Public(_))));
                }
                Item::Union(item) if matches!(item.vis, Visibility::Public(_)) => {
                    self.add(&item.ident, &item.attrs);
                    self.add_fields(item.fields.named.iter().filter(|f| matches!(f.vis, Visibility::Public(_))));
                }
                Item::Enum(item) if matches!(item.vis, Visibility::Public(_)) => {
                    self.add(&item.ident, &item.attrs);
                    for variant in &item.variants {
                        self.add(&variant.ident, &variant.attrs);
                        if let Fields::Named(fields) = &variant.fields {
                            self.add_fields(fields.named.iter());
                        }
                    }
                }
                Item::Trait(item) if matches!(item.vis, Visibility::Public(_)) => self.add_trait(item),
                Item::Impl(item) if item.trait_.is_none() => self.add_impl(item),
                Item::Mod(item) if !is_test(&item.attrs) => {
                    self.add_public(&item.vis, &item.ident, &item.attrs);
                    self.add_items(item.content.as_ref().map_or(&[], |(_, items)| items.as_slice()));
                }
                Item::Macro(item) if item.attrs.iter().any(|a| a.path().is_ident("macro_export")) => {
                    item.ident.iter().for_each(|ident| self.add(ident, &item.attrs));
                }
                _ => {}
            }
        }
    }

    fn add_fields<'f>(&mut self, fields: impl Iterator<Item = &'f Field>) {
        for field in fields {
            field.ident.iter().for_each(|ident| self.add(ident, &field.attrs));
        }
    }

    fn add_trait(&mut self, item: &ItemTrait) {
        self.add(&item.ident, &item.attrs);
        for item in &item.items {
            match item {
                TraitItem::Const(item) => self.add(&item.ident, &item.attrs),
                TraitItem::Fn(item) => self.add(&item.sig.ident, &item.attrs),
                TraitItem::Type(item) => self.add(&item.ident, &item.attrs),
                _ => {}
            }
        }
    }

    fn add_impl(&mut self, item: &ItemImpl) {
        for item in &item.items {
            match item {
                ImplItem::Const(item) => self.add_public(&item.vis, &item.ident, &item.attrs),
                ImplItem::Fn(item) => self.add_public(&item.vis, &item.sig.ident, &item.attrs),
                ImplItem::Type(item) => self.add_public(&item.vis, &item.ident, &item.attrs),
                _ => {}
            }
        }
    }
}

/// The text of a line of a doc comment; `None` for one that is hidden, or taken from somewhere else.
fn line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else { return None };
    let Expr::Lit(value) = &meta.value else { return None };
    if let Lit::Str(text) = &value.lit { Some(text.value()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items of a source whose doc comments say too little.
    fn short(source: &str) -> Vec<String> {
        let repository = Repository::from_texts(&[("crates/engine/src/a.rs", source)]);
        let report = check(&repository).to_string();
        let named = report.lines().skip(1).filter_map(|line| line.split('`').nth(1));
        named.map(str::to_owned).collect()
    }

    #[test]
    fn every_kind_of_public_item_is_looked_at() {
        for (source, expected) in [
            ("/// Whom.\npub fn f() {}", vec!["f"]),
            ("/// A.\npub struct S { /// Its name.\npub name: u8, /// X.\nhidden: u8 }", vec!["S", "name"]),
            ("/// A.\npub enum E { /// One.\nA { /// X.\nx: u8 }, /// Two of a kind.\nB }", vec!["E", "A", "x"]),
            ("/// A.\npub trait T { /// B.\nconst B: u8; /// C.\ntype C; /// D.\nfn d(); }", vec!["T", "B", "C", "d"]),
            (
                "struct S; impl S { /// A.\npub fn a() {} /// B.\nfn b() {} /// C.\npub const C: u8 = 1; }",
                vec!["a", "C"],
            ),
            (
                "/// A.\npub const A: u8 = 1; /// B.\npub static B: u8 = 1; /// C.\npub type C = u8;",
                vec!["A", "B", "C"],
            ),
            ("/// A.\npub mod a { /// B.\npub fn b() {} }", vec!["a", "b"]),
            ("/// M.\n#[macro_export]\nmacro_rules! m { () => {} }", vec!["m"]),
        ] {
            assert_eq!(short(source), expected, "{source}");
        }
    }

    #[test]
    fn what_nobody_sees_may_be_short() {
        for source in [
            "/// Whom.\nfn f() {} /// Whom.\npub(crate) fn g() {}",
            "/// A.\nstruct S { /// B.\npub b: u8 }",
            "struct S; impl Clone for S { /// A.\nfn clone(&self) -> S { S } }",
            "#[cfg(test)] mod tests { /// A.\npub fn a() {} }",
            "#[doc(hidden)]\n/// A.\npub fn f() {}",
            "#[doc = include_str!(\"a.md\")]\npub mod a {}",
            "pub fn f() {}",
        ] {
            assert_eq!(short(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn words_are_those_that_are_shown() {
        for (doc, expected) in [
            (" Its name.", 2),
            (" As [`Self::open`] does -- 1 more.", 5),
            (" See [the view](https://example.com/a%20b) of it.", 5),
            (" Its name.\n\n # Errors\n When empty.", 5),
            (" Of [it].\n\n [it]: crate::view::View", 2),
        ] {
            assert_eq!(words(doc), expected, "{doc}");
        }
    }

    #[test]
    fn only_sources_are_looked_at() {
        assert!(is_source("src/cli/mod.rs") && is_source("crates/house/src/main.rs"));
        assert!(!is_source("tests/support/mod.rs") && !is_source("crates/engine/tests/a.rs"));
    }
}
