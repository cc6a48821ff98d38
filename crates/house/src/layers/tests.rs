//! The table holds against every spelling of an import.

use super::*;
use crate::source::Repository;

/// The faults of one file, each up to its remedy.
fn faults(path: &str, source: &str) -> Vec<String> {
    let package = PACKAGES.iter().find(|package| path.starts_with(package.source)).unwrap();
    let faults = violations(package, path, &syn::parse_file(source).unwrap());
    faults.iter().map(|fault| fault.text.split(';').next().unwrap().to_owned()).collect()
}

#[test]
fn imports_run_one_way() {
    let repository = Repository::from_texts(&[
        ("src/lib.rs", "//! All.\npub mod cli; pub mod serve; pub mod service; pub mod store;"),
        ("src/main.rs", "fn main() { rollcall::cli::main() }"),
        ("src/cli/mod.rs", "use rollcall_policy_tools::table; use crate::serve::run;"),
        ("src/serve/mod.rs", "use crate::{edge::grpc, store::SqlStore, service::Service};"),
        ("src/edge/grpc/check.rs", "use crate::service::Service; use rollcall_engine::domain::Role;"),
        ("src/service/ports/store.rs", "use rollcall_engine::{domain, view::View}; use super::super::page::Page;"),
        ("src/store/sql/mod.rs", "use crate::service::ports::{Store, StoreError};"),
        ("src/config/default.rs", "use super::Config; use std::fs;"),
        ("crates/engine/src/domain/role.rs", "use super::Tenant;"),
        ("crates/engine/src/decision/mod.rs", "use crate::{domain::Role, facts::Facts, model::Policy};"),
        ("crates/policy-tools/src/table.rs", "use rollcall_engine::model::Policy;"),
        ("tests/races.rs", "use rollcall::store;"),
    ]);
    assert_eq!(check(&repository).to_string(), "ok    layers: 10 files\n");
}

#[test]
fn a_forbidden_import_is_found_in_every_spelling() {
    for (path, source, import) in [
        ("src/cache/mod.rs", "use crate::store::Sqlite;", "store::Sqlite"),
        ("src/cache/mod.rs", "fn f() { crate::store::open() }", "store::open"),
        ("src/cache/mod.rs", "fn f(x: crate::store::Store) {}", "store::Store"),
        ("src/cache/mod.rs", "use crate::{cache::Tenant, store};", "store"),
        (
            "src/cache/mod.rs",
            "use crate::{\n    cache::{Tenant as T, Role},\n    service::{ports::Store, invite::{self}},\n};",
            "service::invite::self",
        ),
        ("src/cache/mod.rs", "use crate::service::{self, ports};", "service::self"),
        ("src/cache/mod.rs", "use super::store;", "store"),
        ("src/cache/mod.rs", "use self::super::store;", "store"),
        ("src/cache/mod.rs", "mod x { use super::super::store; }", "store"),
        ("src/cache/mod.rs", "use crate as root;", "*"),
        ("src/cache/mod.rs", "fn f() { format!(\"{}\", crate::store::open()); }", "store::open"),
        ("src/cache/mod.rs", "m! { use crate::{service::ports, store::{open}}; }", "store::open"),
        ("src/cache/mod.rs", "#[with(crate::store::Sqlite)] struct S;", "store::Sqlite"),
        ("src/cache/mod.rs", "impl crate::store::Store for () {}", "store::Store"),
        ("src/cache/mod.rs", "#[cfg(test)] mod tests { use crate::store; }", "store"),
        ("src/cache/load.rs", "use super::super::{store::Sqlite};", "store::Sqlite"),
        ("src/cache/mod.rs", "const C: char = '\"'; use crate::store; const D: &str = \"\";", "store"),
        ("src/service/read/check.rs", "use crate::store;", "store"),
        ("src/service/mod.rs", "use rollcall_policy_tools::table;", "rollcall_policy_tools::table"),
        (
            "src/config/mod.rs",
            "fn f() -> ::rollcall_policy_tools::table::Table {}",
            "rollcall_policy_tools::table::Table",
        ),
        ("src/edge/grpc/mod.rs", "use crate::config::Config;", "config::Config"),
        ("src/main.rs", "use rollcall::{cli, store};", "store"),
        ("src/main.rs", "use rollcall;", "*"),
        ("src/edge/mod.rs", "use crate::*;", "*"),
        ("src/edge/mod.rs", "use crate::{service, cache::*};", "cache::*"),
        ("crates/engine/src/domain/mod.rs", "use crate::model::Policy;", "model::Policy"),
        ("crates/engine/src/model/parse.rs", "use crate::facts::Facts;", "facts::Facts"),
    ] {
        let root = modules(path.rsplit_once("src/").unwrap().1).remove(0);
        assert_eq!(faults(path, source), [format!("`{root}` may not import `{import}`")], "{source}");
    }
}

#[test]
fn what_is_allowed_passes() {
    for (path, source) in [
        ("src/main.rs", "use rollcall::cli; fn main() { rollcall::cli::run() }"),
        ("src/cache/load.rs", "use crate::{service::ports::{Facts, Store}, cache::View};"),
        ("src/cache/load.rs", "use super::store;"),
        ("src/cache/mod.rs", "//! See [`crate::store`].\n/* crate::store */ pub(crate) fn f<'a>(s: &'a str) {}"),
        ("src/cache/mod.rs", "const T: &str = r#\"crate::store \"quoted\"\"#; const U: &str = \"\\\"crate::store\";"),
        ("src/cache/mod.rs", "mod x { use super::store; }"),
        ("src/cache/mod.rs", "pub(in crate::store) struct S; use ::store::x; use store::y;"),
        ("src/service/mod.rs", "// No store.\nuse rollcall_engine::domain::Role;"),
        ("src/lib.rs", "pub mod cache; pub use crate::store::Store;"),
        ("crates/engine/src/lib.rs", "pub mod domain;"),
    ] {
        assert_eq!(faults(path, source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn a_new_module_needs_a_row() {
    assert_eq!(faults("src/billing/mod.rs", ""), ["`billing` has no row"]);
    assert_eq!(faults("crates/engine/src/billing.rs", ""), ["`billing` has no row"]);
    let package = &PACKAGES[1];
    let fault = &violations(package, "crates/engine/src/billing.rs", &syn::parse_file("").unwrap())[0];
    assert!(fault.text.starts_with("`billing` has no row; give it one in `ENGINE` of `crates/"), "{fault}");
}

#[test]
fn a_fault_says_where_and_what_to_do() {
    let package = &PACKAGES[0];
    let source = syn::parse_file("//! Load.\nuse std::io;\nuse crate::store::{\n    Row,\n};").unwrap();
    let found = violations(package, "src/cache/load.rs", &source);
    let text = "`cache` may not import `store::Row`; it imports only `service::ports`, `rollcall_engine`, so move this \
                or take it as a parameter";
    assert_eq!(found, [Fault::new("src/cache/load.rs", 4, text.to_owned())]);
}
