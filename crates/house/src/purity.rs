//! The engine knows no async: Cargo keeps runtimes and databases out of it, and this the words.

use syn::{
    ExprAsync, ExprAwait, Signature,
    visit::{self, Visit},
};

use crate::{
    report::{Check, Fault},
    source::Repository,
};

/// The crates that are pure, by the directories of their sources.
const PURE: [&str; 2] = ["crates/engine/src/", "crates/policy-tools/src/"];

/// Looks at every function and block of the pure crates.
pub(crate) fn check(repository: &Repository) -> Check {
    let sources = repository.sources.iter().filter(|(path, _)| PURE.iter().any(|dir| path.starts_with(dir)));
    let mut faults = Vec::new();
    let mut files = 0;
    for (path, source) in sources {
        files += 1;
        let mut lines = AsyncLines::default();
        lines.visit_file(source);
        faults.extend(lines.0.into_iter().map(|line| {
            Fault::new(path, line, "is async, in a crate that any program can embed; let the caller wait".to_owned())
        }));
    }
    Check::new("purity", format!("{files} files"), faults)
}

/// The lines on which something is async.
#[derive(Default)]
struct AsyncLines(Vec<usize>);

impl<'ast> Visit<'ast> for AsyncLines {
    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.0.extend(signature.asyncness.as_ref().map(|word| word.span.start().line));
        visit::visit_signature(self, signature);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.0.push(block.async_token.span.start().line);
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_await(&mut self, expression: &'ast ExprAwait) {
        self.0.push(expression.await_token.span.start().line);
        visit::visit_expr_await(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impure_word_is_found() {
        for (path, text, passes) in [
            ("crates/engine/src/a.rs", "//! No async here.\nfn f() {}\n", true),
            ("crates/engine/src/a.rs", "async fn f() {}\n", false),
            ("crates/engine/src/a.rs", "fn f() { let later = async { 1 }; }\n", false),
            ("src/service/a.rs", "async fn f() { g().await }\n", true),
        ] {
            let check = check(&Repository::from_texts(&[(path, text)]));
            assert_eq!(check.passed(), passes, "{path}: {text}");
        }
    }
}
