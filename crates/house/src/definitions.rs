//! Finds the names that a file defines: items, fields, variants, parameters and variables.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    ConstParam, Field, File, ForeignItemFn, Ident, ImplItemConst, ImplItemFn, ImplItemType, ItemConst, ItemEnum,
    ItemFn, ItemImpl, ItemMacro, ItemMod, ItemStatic, ItemStruct, ItemTrait, ItemType, ItemUnion, Macro, PatIdent,
    TraitItemConst, TraitItemFn, TraitItemType, TypeParam, UseRename, Variant,
    visit::{self, Visit},
};

use crate::source::name;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A variable or a parameter.
    Binding,
    /// A named field of a struct, a union or a variant.
    Field,
    /// A function, a method or a macro.
    Function,
    /// A type, a trait or a parameter for one.
    Type,
    /// A variant of an enum.
    Variant,
    /// A constant, a static or a parameter for one.
    Constant,
    /// A module that is declared.
    Module,
    /// A file in Rust, or a directory of such files.
    File,
}

impl Role {
    /// How an error line calls it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Binding => "variable",
            Self::Field => "field",
            Self::Function => "function",
            Self::Type => "type",
            Self::Variant => "variant",
            Self::Constant => "constant",
            Self::Module => "module",
            Self::File => "file",
        }
    }
}

/// A name, where it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The name itself, without the `r#` of a raw one.
    pub(crate) name: String,
    /// What it is the name of.
    pub(crate) role: Role,
    /// Its line in the file, counted from 1.
    pub(crate) line: usize,
}

/// The names that a file defines, in order. Not those that a trait prescribes for what implements it, nor any use.
pub(crate) fn definitions(file: &File) -> Vec<Definition> {
    let mut collector = Collector::default();
    collector.visit_file(file);
    collector.definitions
}

#[derive(Default)]
struct Collector {
    definitions: Vec<Definition>,
    /// Whether the names of methods are a trait's.
    implements_trait: bool,
}

impl Collector {
    fn add(&mut self, identifier: &Ident, role: Role) {
        self.definitions.push(Definition { name: name(identifier), role, line: identifier.span().start().line });
    }

    /// What follows a keyword among tokens that nobody has parsed.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut role = None;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if ident == "mut" || ident == "ref" => {}
                TokenTree::Ident(ident) => match role.take() {
                    Some(role) => self.add(&ident, role),
                    None => role = announced(&ident.to_string()),
                },
                TokenTree::Group(group) => {
                    role = None;
                    self.add_tokens(group.stream());
                }
                _ => role = None,
            }
        }
    }
}

/// What a keyword says of the name behind it.
fn announced(keyword: &str) -> Option<Role> {
    match keyword {
        "let" | "for" => Some(Role::Binding),
        "fn" => Some(Role::Function),
        "struct" | "enum" | "union" | "trait" | "type" => Some(Role::Type),
        "const" | "static" => Some(Role::Constant),
        "mod" => Some(Role::Module),
        _ => None,
    }
}

/// Visits a node of the syntax: adds its name, then looks at what is in it.
macro_rules! named {
    ($($visit:ident($node:ty) => $role:expr, $($path:ident).+;)*) => {
        $(fn $visit(&mut self, node: &'ast $node) {
            self.add(&node.$($path).+, $role);
            visit::$visit(self, node);
        })*
    };
}

impl<'ast> Visit<'ast> for Collector {
    named! {
        visit_item_const(ItemConst) => Role::Constant, ident;
        visit_item_enum(ItemEnum) => Role::Type, ident;
        visit_item_fn(ItemFn) => Role::Function, sig.ident;
        visit_item_mod(ItemMod) => Role::Module, ident;
        visit_item_static(ItemStatic) => Role::Constant, ident;
        visit_item_struct(ItemStruct) => Role::Type, ident;
        visit_item_trait(ItemTrait) => Role::Type, ident;
        visit_item_type(ItemType) => Role::Type, ident;
        visit_item_union(ItemUnion) => Role::Type, ident;
        visit_foreign_item_fn(ForeignItemFn) => Role::Function, sig.ident;
        visit_trait_item_const(TraitItemConst) => Role::Constant, ident;
        visit_trait_item_fn(TraitItemFn) => Role::Function, sig.ident;
        visit_trait_item_type(TraitItemType) => Role::Type, ident;
        visit_variant(Variant) => Role::Variant, ident;
        visit_type_param(TypeParam) => Role::Type, ident;
        visit_const_param(ConstParam) => Role::Constant, ident;
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let before = self.implements_trait;
        self.implements_trait = item.trait_.is_some();
        visit::visit_item_impl(self, item);
        self.implements_trait = before;
    }

    fn visit_impl_item_const(&mut self, item: &'ast ImplItemConst) {
        if !self.implements_trait {
            self.add(&item.ident, Role::Constant);
        }
        visit::visit_impl_item_const(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !self.implements_trait {
            self.add(&item.sig.ident, Role::Function);
        }
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_impl_item_type(&mut self, item: &'ast ImplItemType) {
        if !self.implements_trait {
            self.add(&item.ident, Role::Type);
        }
        visit::visit_impl_item_type(self, item);
    }

    fn visit_field(&mut self, field: &'ast Field) {
        field.ident.iter().for_each(|ident| self.add(ident, Role::Field));
        visit::visit_field(self, field);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        // A pattern in capitals is a constant or a variant that is used.
        if !name(&pattern.ident).starts_with(char::is_uppercase) {
            self.add(&pattern.ident, Role::Binding);
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_use_rename(&mut self, rename: &'ast UseRename) {
        let is_type = name(&rename.rename).starts_with(char::is_uppercase);
        self.add(&rename.rename, if is_type { Role::Type } else { Role::Function });
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        item.ident.iter().for_each(|ident| self.add(ident, Role::Function));
        visit::visit_item_macro(self, item);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.add_tokens(call.tokens.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let definitions = definitions(&syn::parse_file(source).unwrap());
        definitions.iter().map(|definition| format!("{} {}", definition.role.noun(), definition.name)).collect()
    }

    #[test]
    fn every_definition_is_found() {
        for (source, expected) in [
            (
                "fn f(a: u8, (b, _): (u8, u8)) { let mut c = |d| e; }",
                "function f, variable a, variable b, variable c, variable d",
            ),
            ("struct S<T, const N: usize> { a: T }", "type S, type T, constant N, field a"),
            ("enum E { A, B(u8), C { c: u8 } }", "type E, variant A, variant B, variant C, field c"),
            ("trait T { type A; const B: u8; fn c(&self); }", "type T, type A, constant B, function c"),
            ("impl S { const A: u8 = 1; fn b(r#type: u8) {} }", "constant A, function b, variable type"),
            (
                "mod m { const A: u8 = 1; static B: u8 = 1; type C = u8; union U { d: u8 } }",
                "module m, constant A, constant B, type C, type U, field d",
            ),
            (
                "fn f() { match x { S { a, b: c } => d, None => e, g @ 1 => h } }",
                "function f, variable a, variable c, variable g",
            ),
            ("use a::{B as C, d as e};", "type C, function e"),
            (
                "macro_rules! m { () => { fn f(a: u8) { let mut b = 1; } struct S; } }",
                "function m, function f, variable b, type S",
            ),
            ("fn f() { if let Some(a) = b { for c in d {} } }", "function f, variable a, variable c"),
        ] {
            assert_eq!(shown(source).join(", "), expected, "{source}");
        }
    }

    #[test]
    fn a_use_defines_nothing() {
        for (source, expected) in [
            ("use a::b; const A: B = c::d(e.f, G { h: 1 }).cast();", "constant A"),
            ("impl T for S { type A = u8; const B: u8 = 1; fn c(&self, d: u8) {} }", "variable d"),
            ("impl T for S { fn c() { impl S { fn e() {} } } }", "function e"),
        ] {
            assert_eq!(shown(source).join(", "), expected, "{source}");
        }
    }
}
