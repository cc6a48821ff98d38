//! Every method of the contract goes through the one way to the service, which knows who calls.
//!
//! The compiler keeps a method from the service itself: it is private to the file of the ways. This check keeps a method
//! from answering without one, out of nothing or from the request alone, and finds every method of the contract.

use syn::{Expr, ImplItem, Item, LocalInit, Stmt, Type};

use crate::{
    report::{Check, Fault},
    source::Repository,
};

/// The directory of the handlers.
const HANDLERS: &str = "src/edge/grpc/";
/// The directory of the contract.
const CONTRACT: &str = "proto/rollcall/";
/// The type that has the ways.
const HANDLER: &str = "Handler";
/// The ways: methods of the handler that find the caller, validate, and answer.
const WAYS: [&str; 3] = ["question", "stream", "write"];

/// Looks at every method of every service of the contract.
pub(crate) fn check(repository: &Repository) -> Check {
    let mut faults = Vec::new();
    let mut count = 0;
    for (path, file) in repository.sources.iter().filter(|(path, _)| path.starts_with(HANDLERS)) {
        for method in service_methods(file) {
            count += 1;
            if !is_one_way(&method.block) {
                let line = method.sig.ident.span().start().line;
                let text = format!(
                    "`{}` does not end in `self.{}(…).await`; answer through it, for it finds out who calls",
                    method.sig.ident,
                    WAYS.join("`, `self."),
                );
                faults.push(Fault::new(path, line, text));
            }
        }
    }
    let rpcs = rpcs(repository);
    if count != rpcs {
        let text = format!(
            "holds {count} methods of services implemented for `{HANDLER}`, and the contract has {rpcs} RPCs; implement \
             each once, at the top of a file"
        );
        faults.push(Fault::new(HANDLERS, 0, text));
    }
    Check::new("handlers", format!("{count} methods"), faults)
}

/// How many RPCs the contract has.
fn rpcs(repository: &Repository) -> usize {
    let files = repository.texts.iter().filter(|(path, _)| path.starts_with(CONTRACT));
    files.flat_map(|(_, text)| text.lines()).filter(|line| line.trim_start().starts_with("rpc ")).count()
}

/// The methods of the services of the contract, whose traits are named so, of the type that has the ways.
fn service_methods(file: &syn::File) -> impl Iterator<Item = &syn::ImplItemFn> {
    let services = file.items.iter().filter_map(|item| match item {
        Item::Impl(block) => {
            let name = block.trait_.as_ref()?.1.segments.last()?.ident.to_string();
            (name.ends_with("Service") && name != "Service" && is_path(&block.self_ty, HANDLER)).then_some(block)
        }
        _ => None,
    });
    services.flat_map(|block| &block.items).filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method),
        _ => None,
    })
}

fn is_path(kind: &Type, name: &str) -> bool {
    matches!(kind, Type::Path(path) if path.path.is_ident(name))
}

/// Whether a body is the call of a way with the request, behind nothing but a name for its message.
fn is_one_way(body: &syn::Block) -> bool {
    let Some((last, before)) = body.stmts.split_last() else { return false };
    let Stmt::Expr(Expr::Await(awaited), None) = last else { return false };
    let Expr::MethodCall(call) = &*awaited.base else { return false };
    let has_request = match call.args.first() {
        Some(Expr::Reference(reference)) => is_named(&reference.expr, "request"),
        _ => false,
    };
    let is_way = is_named(&call.receiver, "self") && WAYS.iter().any(|way| call.method == way);
    is_way && has_request && before.iter().all(names_message)
}

/// Whether a statement is `let NAME = request.get_ref();`. Anything more could answer by itself.
fn names_message(statement: &Stmt) -> bool {
    let Stmt::Local(local) = statement else { return false };
    let Some(LocalInit { expr, diverge: None, .. }) = &local.init else { return false };
    match &**expr {
        Expr::MethodCall(call) => {
            call.method == "get_ref" && call.args.is_empty() && is_named(&call.receiver, "request")
        }
        _ => false,
    }
}

fn is_named(expression: &Expr, name: &str) -> bool {
    matches!(expression, Expr::Path(path) if path.path.is_ident(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(body: &str) -> String {
        let text = format!(
            "//! A.\nimpl TenantService for Handler {{\n    async fn get_tenant(&self, request: R) -> A {{\n{body}\n    }}\n}}\n"
        );
        let contract = ("proto/rollcall/a.proto", "service TenantService {\n  rpc GetTenant(A) returns (B);\n}\n");
        check(&Repository::from_texts(&[contract, ("src/edge/grpc/a.rs", &text)])).to_string()
    }

    #[test]
    fn a_method_answers_through_one_of_the_ways() {
        for body in [
            "self.question(&request, read, answer).await",
            "let message = request.get_ref(); self.write(&request, read, respond).await",
            "self.stream(&request, read, open).await",
        ] {
            assert_eq!(report(body), "ok    handlers: 1 methods\n", "{body}");
        }
    }

    #[test]
    fn a_method_that_skips_them_is_named() {
        for body in [
            "",
            "Ok(Response::new(A::default()))",
            "self.other(&request).await",
            "other.question(&request).await",
            "self.question(&request, read, answer)",
            "self.question(&request, read, answer).await?",
            "let x = 1; Ok(x)",
            "self.question(&other, read, answer).await",
            "self.question(read, &request, answer).await",
            "let x = { return Ok(fast()) }; self.question(&request, read, answer).await",
            "let x = fast()?; self.question(&request, read, answer).await",
            "let x = fast!(); self.question(&request, read, answer).await",
            "let request = other.get_ref(); self.question(&request, read, answer).await",
            "if request.is_fast() { return Ok(fast()) } self.question(&request, read, answer).await",
            "let Some(x) = request.fast() else { return Ok(fast()) }; self.question(&request, read, answer).await",
            "return self.service.tenant(&request).await;",
        ] {
            let report = report(body);
            assert!(
                report.starts_with("FAIL  handlers: 1 methods; 1 fault\nsrc/edge/grpc/a.rs:3: "),
                "{body}: {report}"
            );
        }
    }

    #[test]
    fn other_blocks_and_files_are_free() {
        let text =
            "//! A.\nimpl Handler { fn add(&self) -> u8 { 1 } }\nimpl Service<R> for Layer { fn call(&self) {} }\n";
        let repository = Repository::from_texts(&[("src/edge/other/a.rs", text), ("src/edge/grpc/a.rs", text)]);
        assert!(check(&repository).passed());
    }

    #[test]
    fn a_method_that_no_one_sees_is_missed() {
        let contract = ("proto/rollcall/a.proto", "  rpc GetTenant(A) returns (B);\n");
        let body = "{ async fn get_tenant(&self) -> A { fast() } }";
        for text in [
            format!("//! A.\nimpl TenantService for Other {body}\n"),
            format!("//! A.\nmod within {{ impl TenantService for Handler {body} }}\n"),
        ] {
            let report = check(&Repository::from_texts(&[contract, ("src/edge/grpc/a.rs", &text)])).to_string();
            assert!(report.contains("holds 0 methods") && report.contains("has 1 RPCs"), "{report}");
        }
    }
}
